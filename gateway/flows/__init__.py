"""What happens to a message: each journey is a column of named steps and ends in an `Outcome` with its reason."""
