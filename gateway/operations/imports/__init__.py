"""Importing lists of opt-outs from files: which column means what, what a line means, and bringing it into force."""
