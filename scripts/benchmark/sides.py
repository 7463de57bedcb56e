"""The sides that are measured: the gateway, and who might stand in its place."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from scripts.benchmark.machine import LOAD_LUA, NotStarted, Process, core_of_proxy, found, free_port, has_lua
from scripts.benchmark.upstream import Upstream
from scripts.campaigns.check_cost import FIRST
from tests.staging import ACCOUNT, TOKEN

MITMPROXY: Final = Path(__file__).parents[2] / ".benchmark" / "mitmproxy"
ADD_ON: Final = Path(__file__).with_name("mitmproxy_addon.py")
CHECK: Final = Path(__file__).with_name("check.lua")
BYTES_FOR_EACH: Final = 128  # of an opt-out in nginx's shared dictionary, with room to spare

NGINX: Final = """
{modules}{user}
daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
  client_body_temp_path {folder}/{name}-body; proxy_temp_path {folder}/{name}-proxy; client_body_buffer_size 64k;
  {shared}
  upstream twilio {{ server 127.0.0.1:{upstream_port}; keepalive 512; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      {check}
      proxy_pass {scheme}://twilio; proxy_http_version 1.1;
      proxy_set_header Connection ""; proxy_set_header Host localhost;
      {tls}
    }}
  }}
}}
"""
NGINX_TLS: Final = (
    "proxy_ssl_verify on; proxy_ssl_trusted_certificate {certificate}; proxy_ssl_name localhost; "
    "proxy_ssl_server_name on; proxy_ssl_session_reuse on;"
)
SHARED: Final = """lua_shared_dict opt_outs {megabytes}m;
  init_by_lua_block {{
    for number = 0, {last} do ngx.shared.opt_outs:set(string.format("+%.0f", {first} + 2 * number), true) end
  }}"""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a side is started with. ``settings`` of the gateway come before ours, ``cores`` before the one of a side.

    ``observed`` has a gateway start within `scripts.benchmark.watched` or ``profiled``, and says where that writes to.
    """

    folder: Path
    upstream: Upstream
    database_url: str
    opt_outs: int
    tls: bool = True
    settings: Mapping[str, str] = field(default_factory=dict)
    cores: frozenset[int] = field(default_factory=lambda: frozenset(core_of_proxy()))
    observed: tuple[str, Path] | None = None

    @property
    def url(self) -> str:
        """Where Twilio is, for whoever is to hand on to it."""
        return self.upstream.url(tls=self.tls)

    @property
    def port(self) -> int:
        """The same, as a port."""
        return int(self.url.rpartition(":")[2])

    @property
    def environment(self) -> dict[str, str]:
        """For Python's own TLS, which is to trust the upstream's certificate."""
        return {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(self.upstream.certificate)}


@dataclass(frozen=True, slots=True)
class Running:
    """A side that listens."""

    process: Process
    port: int


Start = Callable[[Scene], tuple[Process, int]]


def _gateway(scene: Scene) -> tuple[Process, int]:
    port = free_port()
    settings = {
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "GATEWAY_ADMIN_LISTEN": "127.0.0.1:0",
        "GATEWAY_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "GATEWAY_DATABASE_URL": scene.database_url,
        "GATEWAY_TWILIO__API_URL": scene.url,
        "GATEWAY_TWILIO__MESSAGING_URL": scene.url,
        "GATEWAY_TWILIO__PRODUCT_URL": f"{scene.url}/{{product}}",
        "GATEWAY_TWILIO__MOST_CONNECTIONS": "512",
        "GATEWAY_TWILIO__SYNC_SECONDS": "0",
        "GATEWAY_ACCOUNT__SID": ACCOUNT,
        "GATEWAY_ACCOUNT__AUTH_TOKENS": TOKEN,
        "GATEWAY_ACCOUNT__TWILIO_HANDLING": "off",
        "GATEWAY_ACCOUNT__DEFAULT_REGION": "US",
    }
    command = [sys.executable, "-m", "gateway", "serve"]
    if scene.observed:
        observer, file = scene.observed
        command = [sys.executable, "-m", f"scripts.benchmark.{observer}", str(file), "serve"]
    log = scene.folder / "gateway.log"
    return Process(command, set(scene.cores), log, scene.environment | settings | dict(scene.settings)), port


def _bare(scene: Scene) -> tuple[Process, int]:
    port = free_port()
    command = [sys.executable, "-m", "scripts.benchmark.bare_proxy", str(port), scene.url]
    return Process(command, set(scene.cores), scene.folder / "bare.log", scene.environment), port


def _nginx(scene: Scene) -> tuple[Process, int]:
    return _started_nginx("nginx", scene, modules="", shared="", check="")


def _nginx_with_check(scene: Scene) -> tuple[Process, int]:
    megabytes = max(1, scene.opt_outs * BYTES_FOR_EACH // 2**20) + 1
    return _started_nginx(
        "nginx-lua",
        scene,
        modules=LOAD_LUA,
        shared=SHARED.format(megabytes=megabytes, last=scene.opt_outs - 1, first=FIRST),
        check=f"access_by_lua_file {CHECK};",
    )


def _started_nginx(name: str, scene: Scene, *, modules: str, shared: str, check: str) -> tuple[Process, int]:
    program, port = found("nginx") or "nginx", free_port()
    config = scene.folder / f"{name}.conf"
    config.write_text(
        NGINX.format(
            modules=modules, shared=shared, check=check, folder=scene.folder, name=name, port=port,
            user="user root; " if os.geteuid() == 0 else "", upstream_port=scene.port,
            scheme=scene.url.partition(":")[0],
            tls=NGINX_TLS.format(certificate=scene.upstream.certificate) if scene.url.startswith("https") else "",
        )
    )  # fmt: skip
    command = [program, "-c", str(config), "-p", str(scene.folder)]
    return Process(command, set(scene.cores), scene.folder / f"{name}.log", scene.environment), port


def _mitmproxy(scene: Scene) -> tuple[Process, int]:
    port = free_port()
    options = ["--mode", f"reverse:{scene.url}", "--listen-host", "127.0.0.1", "-p", str(port), "-q"]
    trusted = ["--set", f"ssl_verify_upstream_trusted_ca={scene.upstream.certificate}"]
    command = [str(MITMPROXY / "bin" / "mitmdump"), *options, *trusted, "-s", str(ADD_ON)]
    environment = scene.environment | {"OPT_OUTS": f"{FIRST} {scene.opt_outs}", "HOME": str(scene.folder)}
    return Process(command, set(scene.cores), scene.folder / "mitmproxy.log", environment), port


GATEWAY: Final = "gateway"
BARE: Final = "bare aiohttp"
NGINX_ALONE: Final = "nginx"
NGINX_CHECKS: Final = "nginx with Lua check"
MITMPROXY_CHECKS: Final = "mitmproxy add-on"
SIDES: Final[dict[str, Start]] = {
    GATEWAY: _gateway,
    BARE: _bare,
    NGINX_ALONE: _nginx,
    NGINX_CHECKS: _nginx_with_check,
    MITMPROXY_CHECKS: _mitmproxy,
}
SAID: Final = {GATEWAY: b'"event":"started"'}
"""What a side says once it answers; the gateway listens before its workers are there."""

CHECKING: Final = frozenset({GATEWAY, NGINX_CHECKS, MITMPROXY_CHECKS})
"""Who holds a blocked send back; the others let it through."""


def sides_here() -> dict[str, str]:
    """Each side that cannot be measured on this machine, and what is missing."""
    missing = {}
    if found("nginx") is None:
        missing[NGINX_ALONE] = missing[NGINX_CHECKS] = "nginx (Debian: apt-get install nginx-light)"
    elif not has_lua():
        missing[NGINX_CHECKS] = "nginx's Lua module (Debian: apt-get install libnginx-mod-http-lua)"
    if not (MITMPROXY / "bin" / "mitmdump").exists():
        missing[MITMPROXY_CHECKS] = "mitmproxy (scripts/bench --install-mitmproxy)"
    return missing


def install_mitmproxy() -> None:
    """Install mitmproxy into an environment of its own, which git ignores."""
    subprocess.run([sys.executable, "-m", "venv", str(MITMPROXY)], check=True)
    pip = [str(MITMPROXY / "bin" / "python"), "-m", "pip", "install", "--quiet", "mitmproxy"]
    subprocess.run(pip, check=True)


@contextmanager
def running(side: str, scene: Scene) -> Iterator[Running]:
    """Start a side and end it. Raises `NotStarted` with the end of its log."""
    process, port = SIDES[side](scene)
    try:
        process.wait_for(port, SAID.get(side, b""))
        yield Running(process, port)
    except NotStarted as error:
        raise NotStarted(f"{side} did not start:\n{error}") from None
    finally:
        process.end()
