"""``gateway serve``: run the gateway until it is told to stop.

Nothing but logs is printed, save for the admin token that the first start makes. SIGTERM or SIGINT: what is under way
is finished, and the process ends within ten seconds. A second one ends it at once: what was acknowledged is on the
disk, so that nothing is lost by it.
"""

import asyncio
import gc
import os
import signal
import sys
from pathlib import Path
from typing import Any, Final

import structlog
import uvloop

from gateway import logs
from gateway.cli.config import usable
from gateway.cli.failures import Failed
from gateway.service import Service
from gateway.settings import Settings

log: Final = structlog.get_logger()

STOP_WITHIN_SECONDS: Final = 8.5
BY_SIGNAL: Final = 128  # a shell's exit status for a process that a signal ended is this and the signal's number


def run(config: Path | None) -> None:
    """Run the gateway until SIGTERM or SIGINT. Raises `SettingsError`, `Failed`, `StoreError`."""
    settings = usable(config)
    logs.set_up(settings.logs.format, settings.logs.level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    told_to_stop = _stop_by_signal()
    service = Service(settings)
    await _start(service, settings)
    gc.collect()
    gc.freeze()  # what lives as long as the process is not looked at again
    log.info("started", accounts=len(settings.accounts), **_addresses(service, settings))
    await told_to_stop.wait()
    await _stop(service)


async def _start(service: Service, settings: Settings) -> None:
    try:
        await service.start()
    except OSError as error:
        key, address = _not_listening(service, settings)
        raise Failed(
            f"{key}: cannot listen on {address} ({os.strerror(error.errno or 0)}); free it or set {key}"
        ) from None
    finally:
        # Also when a later step failed: the token is kept as a hash by then and cannot be shown again.
        if service.new_admin_token is not None:
            line = f"gateway: the admin token, shown this once and kept only as a hash: {service.new_admin_token}"
            print(line, file=sys.stderr, flush=True)


async def _stop(service: Service) -> None:
    stopping = asyncio.ensure_future(service.stop())
    _, late = await asyncio.wait({stopping}, timeout=STOP_WITHIN_SECONDS)
    log.info("stopped", in_time=not late)
    if late:
        _end_at_once(0)
    stopping.result()


def _stop_by_signal() -> asyncio.Event:
    """An event that the first signal sets; the second ends the process."""
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_tell_by_name)
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


def _tell_by_name(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what nobody caught; its name alone, as its text may hold a number."""
    log.error("failed_unseen", error=type(context.get("exception")).__name__)


def _addresses(service: Service, settings: Settings) -> dict[str, str]:
    """Where each listener listens, by its key, with the port that it got."""
    webhook = settings.webhook_listen or settings.listen
    listening = {
        "listen": (settings.listen, service.traffic_port),
        "webhook_listen": (webhook, service.webhook_port),
        "admin_listen": (settings.admin_listen, service.admin_port),
    }
    return {key: f"{address.rpartition(':')[0]}:{port}" for key, (address, port) in listening.items()}


def _not_listening(service: Service, settings: Settings) -> tuple[str, str]:
    """The first listener that has no port yet: the service starts them in this order."""
    if not service.traffic_port:
        return "listen", settings.listen
    if settings.webhook_listen is not None and not service.webhook_port:
        return "webhook_listen", settings.webhook_listen
    return "admin_listen", settings.admin_listen
