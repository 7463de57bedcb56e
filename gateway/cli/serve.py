"""``gateway serve``: run the gateway until it is told to stop, in this process or in several workers.

Nothing but logs is printed, save for the admin token that the first start makes. SIGTERM or SIGINT: what is under way
is finished, and the process ends within ten seconds. A second one ends it at once: what was acknowledged is on the
disk, so that nothing is lost by it.
"""

import asyncio
import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Final

import structlog
import typer
import uvloop

from gateway import garbage, logs
from gateway.cli.config import usable
from gateway.cli.failures import Failed
from gateway.service import Service, prepare
from gateway.settings import Settings
from gateway.sockets import CannotListen, Sockets
from gateway.workers import BY_SIGNAL, Work, WorkerFailed, Workers

log: Final = structlog.get_logger()


def run(config: Path | None, workers: int | None) -> None:
    """Run the gateway until SIGTERM or SIGINT. Raises `SettingsError`, `Failed`, `StoreError`, `typer.Exit`."""
    settings = usable(config)
    logs.set_up(settings.logs.format, settings.logs.level)
    count = workers or settings.workers
    try:
        if count == 1:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(_serve(settings))
        else:
            raise typer.Exit(asyncio.run(_serve_by(count, settings)))
    except (CannotListen, WorkerFailed) as error:
        raise Failed(str(error)) from None


# One process


async def _serve(settings: Settings) -> None:
    told_to_stop = _stop_by_signal()
    service = Service(settings)
    try:
        await service.start()
    finally:
        # Also when a later step failed: the token is kept as a hash by then and cannot be shown again.
        _show(service.new_admin_token)
    garbage.expect_little()
    log.info("started", accounts=len(settings.accounts), **_addresses(service.ports, settings))
    await told_to_stop.wait()
    in_time = await service.stop_in_time()
    log.info("stopped", in_time=in_time)
    if not in_time:
        _end_at_once(0)


def _stop_by_signal() -> asyncio.Event:
    """An event that the first signal sets; the second ends the process."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(logs.tell_by_name)
    told = asyncio.Event()

    def on_signal(number: int) -> None:
        if told.is_set():
            _end_at_once(BY_SIGNAL + number)
        told.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return told


def _end_at_once(status: int) -> None:
    sys.stderr.flush()
    os._exit(status)  # waits for no thread and no connection


# Several


async def _serve_by(count: int, settings: Settings) -> int:
    """Prepare once what all workers share, and keep them until a signal; gives the exit status."""
    asyncio.get_running_loop().set_exception_handler(logs.tell_by_name)
    _show(await prepare(settings))
    sockets = Sockets.bind(settings)
    addresses = _addresses(sockets.ports, settings)

    def tell() -> None:
        log.info("started", accounts=len(settings.accounts), workers=count, **addresses)

    with tempfile.TemporaryDirectory(prefix="gateway-metrics-") as folder:
        work = Work(
            settings,
            traffic=tuple(given.fileno() for given in sockets.traffic),
            webhook=tuple(given.fileno() for given in sockets.webhook),
            admin=tuple(given.fileno() for given in sockets.admin),
            metrics_folder=Path(folder),
        )
        try:
            return await Workers(work, count, on_started=tell, on_stop=sockets.close).run()
        finally:
            sockets.close()


# Both


def _show(new_admin_token: str | None) -> None:
    if new_admin_token is not None:
        line = f"gateway: the admin token, shown this once and kept only as a hash: {new_admin_token}"
        print(line, file=sys.stderr, flush=True)


def _addresses(ports: dict[str, int], settings: Settings) -> dict[str, str]:
    """Where each listener listens, by its key, with the port that it got."""
    given = {
        "listen": settings.listen,
        "webhook_listen": settings.webhook_listen or settings.listen,
        "admin_listen": settings.admin_listen,
    }
    return {key: f"{address.rpartition(':')[0]}:{ports[key]}" for key, address in given.items()}
