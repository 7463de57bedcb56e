"""The stage: sandbox, sample app and gateway, started in order on loopback and stopped in reverse."""

import contextlib
import dataclasses
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Final

from twilio.rest import Client

from gateway.demo.operator import Operator
from gateway.sandbox import DEFAULT_SEEDS, AppSide, SampleApp, Sandbox
from gateway.sdk import GatewayHttpClient
from gateway.service import Service
from gateway.settings import Settings
from gateway.store.upgrade import prepare

HOST: Final = "127.0.0.1"
GATEWAY_PORT: Final = 8080
ADMIN_PORT: Final = 8081
SANDBOX_PORT: Final = 8090
APP_PORT: Final = 8091

ACCOUNT: Final = DEFAULT_SEEDS.accounts[0]
SERVICE: Final = DEFAULT_SEEDS.services[0]


@dataclass(frozen=True, slots=True)
class Stage:
    """What a demo plays on; ``twilio`` is the SDK's client, pointed at the gateway."""

    sandbox: Sandbox
    app: SampleApp
    gateway_url: str
    admin_url: str
    database: Path
    admin_token: str
    twilio: Client


@contextlib.asynccontextmanager
async def staged(seed: int | None = None) -> AsyncIterator[Stage]:
    """Set the stage; the store is in a temporary folder that goes with it. ``seed`` settles the SIDs of messages."""
    async with contextlib.AsyncExitStack() as undo:
        folder = Path(undo.enter_context(tempfile.TemporaryDirectory(prefix="gateway-demo-")))
        seeds = dataclasses.replace(DEFAULT_SEEDS, sid_seed=seed)
        sandbox = await undo.enter_async_context(Sandbox(seeds, host=HOST, port=_port(SANDBOX_PORT)))
        app = await undo.enter_async_context(SampleApp(ACCOUNT.auth_tokens[0], host=HOST, port=_port(APP_PORT)))
        gateway_url = f"http://{HOST}:{_port(GATEWAY_PORT)}"
        prepare(f"sqlite:///{folder / 'gateway.db'}")  # an empty store is nothing to warn of here
        service = Service(_settings(gateway_url, sandbox, app, folder / "gateway.db"))
        await service.start()
        undo.push_async_callback(service.stop)
        admin_url, token = f"http://{HOST}:{service.admin_port}", service.new_admin_token or ""
        operator = await undo.enter_async_context(Operator(admin_url, token))
        await operator.import_services(resources.files("gateway.demo").joinpath("services.toml").read_bytes())
        sandbox.connect(AppSide(gateway_url, f"{gateway_url}/inbound", app, operator.evidence))
        transport = GatewayHttpClient(gateway_url)
        undo.callback(lambda: transport.session.close() if transport.session else None)
        yield Stage(
            sandbox,
            app,
            gateway_url,
            admin_url,
            folder / "gateway.db",
            token,
            Client(ACCOUNT.sid, ACCOUNT.auth_tokens[0], http_client=transport),
        )


def _settings(gateway_url: str, sandbox: Sandbox, app: SampleApp, database: Path) -> Settings:
    return Settings.model_validate(
        {
            "listen": gateway_url.removeprefix("http://"),
            "admin_listen": f"{HOST}:{_port(ADMIN_PORT)}",
            "public_url": gateway_url,
            "database_url": f"sqlite:///{database}",
            "twilio": {
                "api_url": sandbox.url,
                "messaging_url": sandbox.url,
                "accounts_url": sandbox.url,
                "product_url": f"{sandbox.url}/{{product}}",  # nothing leaves the machine
            },
            "apps": {"allow_private": [f"{HOST}/32"], "allow_ports": [app.url.rpartition(":")[2]]},
            "accounts": [
                {
                    "sid": ACCOUNT.sid,
                    "auth_tokens": list(ACCOUNT.auth_tokens),
                    "twilio_handling": "off",
                    "default_region": "US",
                    "app_url": app.sms_url,
                    "lead_status_callbacks": True,  # so that a capture's can be played again here
                }
            ],
        }
    )


def _port(wanted: int) -> int:
    """The usual port, or any that is free where somebody has it already."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                return int(probe.getsockname()[1])
    raise OSError("no port is free on 127.0.0.1")
