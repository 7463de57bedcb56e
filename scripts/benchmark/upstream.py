"""The upstream that stands for Twilio: nginx where it is there, else a program in Python; each answers 201."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark.machine import LOAD_LUA, Process, cores_of_others, found, free_port, has_lua
from scripts.benchmark.sends import BODY, SENDER
from tests.staging import ACCOUNT

ANSWER: Final = json.dumps(
    {
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": BODY, "date_created": None, "date_sent": None,
        "date_updated": None, "direction": "outbound-api", "error_code": None, "error_message": None, "from": SENDER,
        "messaging_service_sid": None, "num_media": "0", "num_segments": "1", "price": None, "price_unit": "USD",
        "sid": "SM" + "0" * 32, "status": "queued", "subresource_uris": {}, "to": "+15005550007",
        "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/SM{'0' * 32}.json",
    }
)  # fmt: skip
ANSWER_HEAD: Final = (
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nTwilio-Request-Id: RQ0\r\n"
    f"Content-Length: {len(ANSWER)}\r\n\r\n"
)
NGINX: Final = """
{modules}
daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; default_type application/json;
  client_body_temp_path {folder}/{name}-body; client_body_buffer_size 64k;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_cache shared:s:10m;
    add_header Twilio-Request-Id RQ0;
    location / {{ {answers} }}
  }}
}}
"""
AT_ONCE: Final = f"return 201 '{ANSWER}';"
LATER: Final = """content_by_lua_block {{
      ngx.req.read_body() ngx.sleep({delay})
      ngx.status = 201 ngx.header["Content-Length"] = {length} ngx.print('{answer}')
    }}"""


@dataclass(frozen=True, slots=True)
class Upstream:
    """Where the upstream is; its certificate is trusted by the sides that speak TLS to it."""

    plain: int
    tls: int
    certificate: Path

    def url(self, *, tls: bool) -> str:
        """Its address, by the name in the certificate."""
        return f"https://localhost:{self.tls}" if tls else f"http://localhost:{self.plain}"


@contextmanager
def running(folder: Path, certificate: Path, key: Path, delay: float = 0.0) -> Iterator[Upstream]:
    """Start the upstream, and end it. It answers at once, or ``delay`` seconds after the request has come."""
    plain, tls = free_port(), free_port()
    name = "upstream-later" if delay else "upstream"
    nginx = found("nginx")
    if nginx is not None and (not delay or has_lua()):
        config = folder / f"{name}.conf"
        config.write_text(
            NGINX.format(
                folder=folder, name=name, plain=plain, tls=tls, certificate=certificate, key=key,
                modules=LOAD_LUA if delay else "",
                answers=LATER.format(delay=delay, length=len(ANSWER), answer=ANSWER) if delay else AT_ONCE,
            )
        )  # fmt: skip
        commands = {tls: [nginx, "-c", str(config), "-p", str(folder)]}
    else:
        tls_options = ["--certificate", str(certificate), "--key", str(key)]
        commands = {plain: _python(plain, delay), tls: _python(tls, delay, *tls_options)}
    started: list[Process] = []
    try:
        for port, command in commands.items():
            started.append(Process(command, cores_of_others(), folder / f"{name}.log", os.environ))
            started[-1].wait_for(port)
        yield Upstream(plain, tls, certificate)
    finally:
        for process in started:
            process.end()


def _python(port: int, delay: float, *options: str) -> list[str]:
    command = [sys.executable, "-m", "scripts.benchmark.answering", str(port)]
    return [*command, "--delay", str(delay), *options]
