"""Captures from the command line: scripts/capture makes them, scripts/replay plays them."""
