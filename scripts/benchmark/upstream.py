"""The upstream that stands for Twilio: nginx where it is there, else a program in Python; each answers 201 at once."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scripts.benchmark.machine import Process, cores_of_others, found, free_port
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
daemon off; worker_processes 1; pid {folder}/upstream.pid; error_log {folder}/upstream.log crit;
events {{ worker_connections 4096; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 300s; default_type application/json;
  client_body_temp_path {folder}/upstream-body; client_body_buffer_size 64k;
  server {{
    listen 127.0.0.1:{plain} backlog=4096;
    listen 127.0.0.1:{tls} ssl backlog=4096;
    ssl_certificate {certificate}; ssl_certificate_key {key}; ssl_session_cache shared:s:10m;
    add_header Twilio-Request-Id RQ0;
    location / {{ return 201 '{answer}'; }}
  }}
}}
"""


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
def running(folder: Path, certificate: Path, key: Path) -> Iterator[Upstream]:
    """Start the upstream, and end it."""
    plain, tls = free_port(), free_port()
    tls_options = ["--certificate", str(certificate), "--key", str(key)]
    commands = {plain: _python(plain), tls: _python(tls, *tls_options)}
    nginx = found("nginx")
    if nginx is not None:
        config = folder / "upstream.conf"
        config.write_text(
            NGINX.format(folder=folder, plain=plain, tls=tls, certificate=certificate, key=key, answer=ANSWER)
        )
        commands = {tls: [nginx, "-c", str(config), "-p", str(folder)]}
    started: list[Process] = []
    try:
        for port, command in commands.items():
            started.append(Process(command, cores_of_others(), folder / "upstream.log", os.environ))
            started[-1].wait_for(port)
        yield Upstream(plain, tls, certificate)
    finally:
        for process in started:
            process.end()


def _python(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "scripts.benchmark.answering", str(port), *options]
