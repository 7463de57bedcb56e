"""The least that an import can be: lines of CSV into a table with one key, nothing read, checked or told.

What a machine does of these says what a rate of lines a second is worth on it.
"""

import csv
import sqlite3
import sys
from itertools import islice
from pathlib import Path
from typing import Final

AT_A_TIME: Final = 10_000
PRAGMAS: Final = ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA cache_size = -65536")
TABLE: Final = """
CREATE TABLE bare (recipient TEXT PRIMARY KEY, effective_at TEXT NOT NULL, reason TEXT NOT NULL)
"""


def bring_in(source: Path, database: Path) -> None:
    """Bring a list into a database that is made for it."""
    with source.open(newline="") as file, sqlite3.connect(database, isolation_level=None) as connection:
        for statement in (*PRAGMAS, TABLE):
            connection.execute(statement)
        lines = csv.reader(file)
        next(lines)
        while some := list(islice(lines, AT_A_TIME)):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO bare VALUES (?, ?, ?)", some)
            connection.execute("COMMIT")


if __name__ == "__main__":
    bring_in(Path(sys.argv[1]), Path(sys.argv[2]))
