"""Several worker processes on the same sockets, and the parent that keeps them: ``gateway serve --workers N``.

The parent serves nothing. Each worker is a process of its own, ``python -m gateway.workers NUMBER``, that talks with
the parent by its standard streams: on its input it gets what it works with, and the end of that input tells it to drain
and end, so that no worker outlives its parent by more than that; on its output it says once how its start went.
Connections that nobody has taken yet wait in the shared sockets, so a worker that dies takes only its own along.

A start that fails ends everything, as it does with one process. Later a worker that cannot start is tried again, with
pauses, as long as the same may work later; an error that only an operator can mend ends everything.
"""

import asyncio
import contextlib
import os
import pickle
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

import orjson
import structlog
import uvloop
from prometheus_client import values
from prometheus_client.multiprocess import mark_process_dead

from gateway import garbage, logs
from gateway.settings import Settings
from gateway.sockets import Sockets
from gateway.store import StoreError
from gateway.store.errors import SchemaUnknown, StoreUnavailable

log: Final = structlog.get_logger()

BY_SIGNAL: Final = 128  # a shell's exit status for a process that a signal ended is this and the signal's number
KILL_AFTER_SECONDS: Final = 9.2  # a worker ends by itself before that
STEADY_AFTER_SECONDS: Final = 10.0  # who lived that long is replaced at once
LONGEST_PAUSE_SECONDS: Final = 10.0
SIZE_BYTES: Final = 8
METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"  # prometheus_client's own variable
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class WorkerFailed(Exception):
    """The first start of the workers did not succeed, for a reason that one of them has logged."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker gets from its parent: the settings as they were read once, and the sockets by their numbers."""

    settings: Settings
    traffic: tuple[int, ...]
    webhook: tuple[int, ...]
    admin: tuple[int, ...]
    metrics_folder: Path

    @property
    def file_numbers(self) -> tuple[int, ...]:
        """The numbers of all sockets."""
        return (*self.traffic, *self.webhook, *self.admin)


# The parent


class Workers:
    """As many workers as are wanted, for as long as nobody says otherwise; `run` them once.

    ``on_started`` is called when all of them serve, ``on_stop`` when they are to end.
    """

    def __init__(self, work: Work, count: int, *, on_started: Callable[[], None], on_stop: Callable[[], None]) -> None:
        self._work = work
        self._count = count
        self._on_started = on_started
        self._on_stop = on_stop
        self._processes: dict[int, asyncio.subprocess.Process] = {}
        self._ready: set[int] = set()
        self._has_started = False
        self._stopping = asyncio.Event()
        self._status = 0

    async def run(self) -> int:
        """Keep the workers until SIGTERM or SIGINT; gives the exit status. Raises `StoreError`, `WorkerFailed`."""
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, number)
        keepers = [asyncio.create_task(self._keep(number)) for number in range(1, self._count + 1)]
        told = asyncio.create_task(self._stopping.wait())
        await asyncio.wait({*keepers, told}, return_when=asyncio.FIRST_COMPLETED)
        self._stop()
        _, late = await asyncio.wait(keepers, timeout=KILL_AFTER_SECONDS)
        self._kill()
        await asyncio.wait({*keepers, told})
        log.info("stopped", in_time=not late)
        for keeper in keepers:
            keeper.result()
        return self._status

    def _on_signal(self, number: int) -> None:
        """The first tells all workers to drain, the second ends them at once."""
        if self._stopping.is_set():
            self._status = BY_SIGNAL + number
            self._kill()
        self._stop()

    def _stop(self) -> None:
        self._stopping.set()
        self._on_stop()
        for process in self._processes.values():
            _tell_to_end(process)

    def _kill(self) -> None:
        for process in self._processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    async def _keep(self, number: int) -> None:
        """Have a worker of this number until told to stop. Raises what no further worker would change."""
        quick_ends = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            await self._have(number)
            quick_ends = quick_ends + 1 if time.monotonic() - began < STEADY_AFTER_SECONDS else 0
            await self._pause(pause_seconds(quick_ends))

    async def _have(self, number: int) -> None:
        """Have one worker of this number, from its start to its end."""
        try:
            process = await self._start(number)
        except OSError as error:
            if not self._has_started:
                raise WorkerFailed(f"no worker process can be started ({error.strerror})") from None
            log.warning("worker_failed", worker=number, error=type(error).__name__)
            return
        failure = await self._failure_of(process)
        if failure is None and process.returncode is None and not self._stopping.is_set():
            self._note_ready(number, process.pid)
        status = await self._end_of(number, process)
        if not self._stopping.is_set():
            why = str(failure) if failure is not None else None
            log.warning("worker_died", worker=number, pid=process.pid, status=status, why=why)
            self._demand_another_try(failure, status)

    async def _start(self, number: int) -> asyncio.subprocess.Process:
        command = [sys.executable, "-P", "-m", "gateway.workers", str(number)]
        environment = os.environ | {
            METRICS_FOLDER: str(self._work.metrics_folder),
            "PYTHONPATH": os.pathsep.join(sys.path),  # the worker finds what the parent found, and nothing else
        }
        process = self._processes[number] = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=self._work.file_numbers,
            process_group=0,  # Ctrl-C at the terminal is for the parent alone
        )
        content = pickle.dumps(self._work)
        if process.stdin is not None:  # it never is, as a pipe was asked for
            process.stdin.write(len(content).to_bytes(SIZE_BYTES) + content)
        if self._stopping.is_set():  # it was not there yet when all others were told
            _tell_to_end(process)
        return process

    @staticmethod
    async def _failure_of(process: asyncio.subprocess.Process) -> StoreError | None:
        """Wait for what a worker says of its start, or for its end if it says nothing; why it cannot serve."""
        said = await process.stdout.readline() if process.stdout is not None else b""
        if not said:
            await process.wait()
            return None
        report = orjson.loads(said)
        if report["failed"] is None:
            return None
        return (StoreUnavailable if report["retryable"] else SchemaUnknown)(report["failed"])

    async def _end_of(self, number: int, process: asyncio.subprocess.Process) -> int:
        """Wait for a worker's end; its status as a shell gives it. Its counts stay, what it measured goes."""
        status = await process.wait()
        del self._processes[number]
        mark_process_dead(number, str(self._work.metrics_folder))  # type: ignore[no-untyped-call]
        return status if status >= 0 else BY_SIGNAL - status

    def _note_ready(self, number: int, pid: int) -> None:
        if number in self._ready:
            log.info("worker_replaced", worker=number, pid=pid)
            return
        log.info("worker_started", worker=number, pid=pid)
        self._ready.add(number)
        if len(self._ready) == self._count:
            self._has_started = True
            self._on_started()

    def _demand_another_try(self, failure: StoreError | None, status: int) -> None:
        if failure is not None and not (self._has_started and failure.retryable):
            raise failure
        if not self._has_started:
            raise WorkerFailed(f"a worker ended while it was started (exit status {status}); the log may say why")

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()


def pause_seconds(quick_ends: int) -> float:
    """How long to wait before a worker is replaced, after so many in a row that ended soon: not at all after the
    first, then doubling from half a second.
    """
    return 0.0 if quick_ends <= 1 else min(0.5 * 2 ** min(quick_ends - 2, 30), LONGEST_PAUSE_SECONDS)


def _tell_to_end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()


# A worker


def main() -> None:
    """Serve as the worker whose number is the argument, until the standard input ends or SIGTERM or SIGINT comes."""
    number = int(sys.argv[1])
    # A dead worker's successor goes on in its files. To be said before the first metric is made.
    values.ValueClass = values.MultiProcessValue(lambda: number)  # type: ignore[no-untyped-call]
    size = int.from_bytes(sys.stdin.buffer.read(SIZE_BYTES))
    if not size:
        return  # the parent has gone already
    work: Work = pickle.loads(sys.stdin.buffer.read(size))  # noqa: S301 - from the parent, by a pipe of its own
    logs.set_up(work.settings.logs.format, work.settings.logs.level, worker=number)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(work, number))


async def _serve(work: Work, number: int) -> None:
    from gateway.service import Service, Shared  # not before, as its metrics are made when it is imported

    told_to_stop = _told_to_stop()
    sockets = Sockets(_sockets(work.traffic), _sockets(work.webhook), _sockets(work.admin))
    service = Service(work.settings, shared=Shared(sockets, work.metrics_folder, number))
    try:
        await service.start()
    except StoreError as error:
        _report(str(error), retryable=error.retryable)
        _end_at_once(1)
    except Exception as error:
        # Its name alone, as its text may hold anything.
        log.error("worker_failed", error=type(error).__name__)  # noqa: TRY400 - a traceback may hold a number
        _end_at_once(1)
    _report(None)
    garbage.expect_little()
    await told_to_stop.wait()
    in_time = await service.stop_in_time()
    log.info("stopped", in_time=in_time)
    if not in_time:
        _end_at_once(0)


def _told_to_stop() -> asyncio.Event:
    """An event that a signal sets, or the end of the standard input: the parent says so, or has gone."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.tell_by_name)
    told = asyncio.Event()

    def on_input() -> None:
        with contextlib.suppress(OSError):
            if os.read(sys.stdin.fileno(), 1):
                return
        loop.remove_reader(sys.stdin.fileno())
        loop.call_later(KILL_AFTER_SECONDS, _end_at_once, 0)  # even in the middle of a start
        told.set()

    loop.add_reader(sys.stdin.fileno(), on_input)
    for number in SIGNALS:
        loop.add_signal_handler(number, told.set)
    return told


def _sockets(numbers: tuple[int, ...]) -> tuple[socket.socket, ...]:
    return tuple(socket.socket(fileno=number) for number in numbers)


def _report(failed: str | None, *, retryable: bool = False) -> None:
    """Say to the parent how the start went; whatever is printed later goes to standard error."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), orjson.dumps({"failed": failed, "retryable": retryable}) + b"\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())


def _end_at_once(status: int) -> NoReturn:
    sys.stderr.flush()
    os._exit(status)  # waits for no thread and no connection


if __name__ == "__main__":
    from gateway.workers import main as run  # under its own name, as what the parent sends is of classes of that name

    run()
