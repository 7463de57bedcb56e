"""Events out: what sinks are owed, told in order for each recipient, by each kind of sink in its own way."""
