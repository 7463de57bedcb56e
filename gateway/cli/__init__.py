"""The command line: ``gateway``.

Exit status 0: done; 1: it failed (the store is away, an address is in use); 2: what was given cannot be used. Every
error is one line on standard error. Data goes to standard output, with ``--json`` as JSON.
"""

import sys

from gateway.cli.app import status_of

__all__ = ["main", "status_of"]


def main() -> None:
    """Run the command of this process and end it."""
    sys.exit(status_of(sys.argv[1:]))
