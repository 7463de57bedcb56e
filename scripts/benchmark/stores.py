"""Stores with as many opt-outs as are asked for, each its own copy, so that what one gateway writes meets no other.

Large ones are filled once and kept in ``.benchmark/stores``, under the schema that they have.
"""

import contextlib
import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from gateway.store.upgrade import prepare
from scripts.benchmark.deadline import Deadline
from scripts.benchmark.machine import cores_of_others, on_cores
from scripts.campaigns.check_cost import fill
from scripts.campaigns.fleet import progress
from tests.postgres_server import PostgresServer

KEEP_FROM: Final = 100_000  # opt-outs
FILLED_A_SECOND: Final = 50_000  # a careful guess, of opt-outs
MEASURE_SECONDS: Final = 90.0  # to be left when a large store is filled, or it would be of no use in this run
KEPT: Final = Path(__file__).parents[2] / ".benchmark" / "stores"
MIGRATIONS: Final = Path(__file__).parents[2] / "gateway" / "store" / "migrations"


class TooLate(Exception):
    """There is no time left to fill a store."""


def schema() -> str:
    """A name for the schema as it is: another one after each new migration."""
    made = hashlib.sha256()
    for path in sorted(MIGRATIONS.rglob("*.py")):
        made.update(path.read_bytes())
    return made.hexdigest()[:12]


class SqliteStores:
    """Files, copied from one that is filled once."""

    engine: Final = "sqlite"

    def __init__(self, folder: Path, keep: Path, deadline: Deadline) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._keep = keep
        self._deadline = deadline
        self._made = 0

    def fresh(self, opt_outs: int) -> str:
        """The address of a store of one's own. Raises `TooLate`."""
        self._made += 1
        path = self._folder / f"store-{self._made}.db"
        _copy(self._filled(opt_outs), path)
        return f"sqlite:///{path}"

    def dispose(self, url: str) -> None:
        """Remove a store that nobody needs any more."""
        for path in self._folder.glob(f"{Path(url).name}*"):
            path.unlink()

    def _filled(self, opt_outs: int) -> Path:
        kept = (self._keep if opt_outs >= KEEP_FROM else self._folder) / f"filled-{opt_outs}.db"
        if not kept.exists():
            _demand_time(self._deadline, self.engine, opt_outs)
            kept.parent.mkdir(parents=True, exist_ok=True)
            making = kept.with_suffix(".making")  # beside it, so that what is kept is whole
            making.unlink(missing_ok=True)
            url = f"sqlite:///{making}"
            prepare(url)
            fill(self.engine, url, 0, opt_outs)
            making.rename(kept)
        return kept


class PostgresStores:
    """Databases of a server that is started for them, copied from one that is filled once.

    Its files are kept with all filled databases in them, and copied to where the server may read them.
    """

    engine: Final = "postgresql"

    def __init__(self, keep: Path, deadline: Deadline) -> None:
        self._keep = keep / "postgresql"
        self._deadline = deadline
        self._server = PostgresServer()
        self._made = 0
        if self._keep.exists():
            shutil.rmtree(self._server.data)
            _copy(self._keep, self._server.data)
        self._start()

    def fresh(self, opt_outs: int) -> str:
        """The address of a store of one's own. Raises `TooLate`."""
        self._made += 1
        filled, name = f"filled_{opt_outs}", f"store_{self._made}"
        if self._server.psql(f"SELECT 1 FROM pg_database WHERE datname = '{filled}'") != "1":  # noqa: S608 - a number
            self._fill(filled, opt_outs)
        # A server whose files were kept has those stores in it that were in use then.
        self._server.psql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {filled} STRATEGY file_copy")
        return self._server.url(name)

    def dispose(self, url: str) -> None:
        """Remove a store that nobody needs any more."""
        self._server.psql(f"DROP DATABASE IF EXISTS {urlsplit(url).path.removeprefix('/')} WITH (FORCE)")

    def end(self) -> None:
        """End the server."""
        self._server.remove()

    def _start(self) -> None:
        with on_cores(cores_of_others()):
            self._server.start()

    def _fill(self, name: str, opt_outs: int) -> None:
        _demand_time(self._deadline, self.engine, opt_outs)
        self._server.psql("DROP DATABASE IF EXISTS making WITH (FORCE)")
        self._server.psql("CREATE DATABASE making")
        prepare(self._server.url("making"))
        fill(self.engine, self._server.url("making"), 0, opt_outs)
        self._server.psql(f"ALTER DATABASE making RENAME TO {name}")
        if opt_outs >= KEEP_FROM:
            self._server.stop()
            making = self._keep.with_suffix(".making")
            shutil.rmtree(making, ignore_errors=True)
            _copy(self._server.data, making)
            shutil.rmtree(self._keep, ignore_errors=True)
            making.rename(self._keep)
            self._start()


def _demand_time(deadline: Deadline, engine: str, opt_outs: int) -> None:
    seconds = opt_outs / FILLED_A_SECOND + (MEASURE_SECONDS if opt_outs >= KEEP_FROM else 0.0)
    if not deadline.allows(seconds):
        raise TooLate(f"{opt_outs:,} opt-outs on {engine}: to fill them in takes longer than is left")
    if opt_outs >= KEEP_FROM:
        progress(f"filling in {opt_outs:,} opt-outs on {engine}, kept for the next run")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(source), str(target)], check=True)
    os.sync()  # or what is measured next waits for the disk to write gigabytes


Stores = SqliteStores | PostgresStores


@contextlib.contextmanager
def stores(engine: str, folder: Path, deadline: Deadline, keep: Path | None = None) -> Iterator[Stores]:
    """Stores on an engine, for as long as they are needed."""
    kept = (keep or KEPT) / schema()
    if engine == "sqlite":
        yield SqliteStores(folder, kept, deadline)
        return
    server = PostgresStores(kept, deadline)
    try:
        yield server
    finally:
        server.end()
