"""The tables of a run, each measured by a module of its own."""
