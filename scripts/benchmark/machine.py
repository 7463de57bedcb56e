"""What the benchmark needs of the machine: processes on a core of their own, and the CPU they have used."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

START_SECONDS: Final = 60.0
END_SECONDS: Final = 10.0
CLOCK_SHIFT: Final = 3  # how Linux makes a clock's number of a process's
SCHEDULER_CLOCK: Final = 2
KIB: Final = 1024
SBIN: Final = "/usr/sbin"  # where Debian keeps nginx, outside an ordinary user's PATH
MODULES: Final = Path("/usr/lib/nginx/modules")  # Debian's
LUA_MODULES: Final = ("ndk_http_module.so", "ngx_http_lua_module.so")
LOAD_LUA: Final = "".join(f"load_module {MODULES / module}; " for module in LUA_MODULES)
"""The lines of nginx's configuration that bring Lua."""


def found(program: str) -> str | None:
    """Where a program is, or None."""
    return shutil.which(program) or shutil.which(program, path=SBIN)


def has_lua() -> bool:
    """Whether nginx's Lua module is there."""
    return all((MODULES / module).exists() for module in LUA_MODULES)


def free_port() -> int:
    """A port of loopback on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cores() -> list[int]:
    """The cores that may be used."""
    return sorted(os.sched_getaffinity(0))


def processor() -> str:
    """What the processor is called, as far as Linux says."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"


def core_of_proxy() -> set[int]:
    """The core that belongs to the side that is measured."""
    return set(cores()[:1])


def cores_of_others() -> set[int]:
    """The cores of upstream and load: all others, or the same one where there is no other."""
    return set(cores()[1:]) or core_of_proxy()


class NotStarted(Exception):
    """A program ended at once or does not answer; the text has the end of its log."""


class Process:
    """A program with all its descendants, pinned to cores, its output in a file."""

    def __init__(self, command: Sequence[str], on: set[int], log: Path, environment: Mapping[str, str]) -> None:
        self._log = log
        self._log_begins = log.stat().st_size if log.exists() else 0
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                env=dict(environment),
                start_new_session=True,
                preexec_fn=lambda: os.sched_setaffinity(0, on),  # noqa: PLW1509 - nothing else runs in threads here
            )

    def wait_for(self, port: int, said: bytes = b"") -> None:
        """Wait until it listens, and has said something in its log. Raises `NotStarted`."""
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
                if said in self._log.read_bytes()[self._log_begins :]:
                    return
            if self._popen.poll() is not None or time.monotonic() > give_up_at:
                raise NotStarted(self._log.read_text(errors="replace")[-2_000:])
            time.sleep(0.05)

    @property
    def pids(self) -> list[int]:
        """It and its descendants."""
        return [self._popen.pid, *_descendants(self._popen.pid)]

    def cpu_seconds(self) -> float:
        """CPU that all of its threads have used so far."""
        return sum(_cpu_seconds(pid) for pid in self.pids)

    def memory(self) -> int:
        """Bytes that it alone holds in memory, and its part of what it shares with others (PSS)."""
        return sum(_memory(pid) for pid in self.pids)

    def end(self) -> None:
        """End it and its descendants."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGTERM)
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._popen.pid, signal.SIGKILL)
            self._popen.wait()


def _descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            yield int(child)
            yield from _descendants(int(child))


def _cpu_seconds(pid: int) -> float:
    """All of its threads', by the process's own clock (clock_getcpuclockid); /proc counts in steps of 10 ms."""
    return time.clock_gettime((~pid << CLOCK_SHIFT) | SCHEDULER_CLOCK)


def _memory(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * KIB
    return 0


@contextlib.contextmanager
def on_cores(these: set[int]) -> Iterator[None]:
    """Have this process, and the threads and programs that it starts, work on these cores alone."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, these)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Make a certificate for ``localhost`` with its key, which is its own authority."""
    made, key = folder / "certificate.pem", folder / "key.pem"
    openssl = found("openssl")
    if openssl is None:
        raise NotStarted("there is no openssl command to make a certificate with (Debian: apt-get install openssl)")
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    command = [openssl, "req", "-x509", *kind, *named, "-keyout", str(key), "-out", str(made)]
    subprocess.run(command, check=True, capture_output=True)
    return made, key
