"""What README and docs/sdks.md show of Python, Node.js and curl is run as it stands, against gateway and sandbox.

Only the gateway's address and the credentials are put in; a line or two after a snippet say what came of it.
"""

import asyncio
import json
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from gateway.sandbox import Sandbox
from tests.staging import ACCOUNT, IN_POOL, PHONE, TOKEN, Gateway

ROOT = Path(__file__).parents[2]
NODE = ROOT / "tests" / "node"
SENT = {"to": PHONE, "from": IN_POOL, "body": "Hello"}


@pytest.fixture
def database_url(prepared_sqlite_url: str) -> str:
    """One engine: the snippets are about HTTP."""
    return prepared_sqlite_url


def snippets(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def put_in(snippet: str, gateway: Gateway) -> str:
    put = {"http://127.0.0.1:8080": gateway.url, '"AC…"': f'"{ACCOUNT}"', '"the auth token"': f'"{TOKEN}"'}
    for shown, real in put.items():
        snippet = snippet.replace(shown, real)
    return snippet


async def run(*command: str, **environment: str) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def sent(sandbox: Sandbox) -> list[str]:
    return [message.to for message in sandbox.messages if message.direction == "outbound-api"]


BASE_URL, HTTP_CLIENT = snippets("README.md", "python")
SENDS = f'\nclient.messages.create(to="{PHONE}", from_="{IN_POOL}", body="Hello")\n'
LISTS = "\nassert 1 == len(client.messaging.v1.services.list(page_size=1))\n"


@pytest.mark.parametrize("snippet", [BASE_URL + SENDS, HTTP_CLIENT], ids=["base URL", "GatewayHttpClient"])
async def test_python_of_the_readme_sends_and_lists(gateway: Gateway, sandbox: Sandbox, snippet: str) -> None:
    assert (0, "", "") == await run(sys.executable, "-c", put_in(snippet, gateway) + LISTS)
    assert [PHONE] == sent(sandbox)


async def test_pythons_except_clause_of_the_readme_holds_back_what_was_opted_out(
    gateway: Gateway, sandbox: Sandbox
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    assert (0, "", "") == await run(sys.executable, "-c", put_in(HTTP_CLIENT, gateway))
    assert [] == sent(sandbox)


@pytest.mark.skipif(shutil.which("curl") is None, reason="CURL OF THE README IS NOT TRIED: there is none")
async def test_curl_of_the_readme_sends(gateway: Gateway, sandbox: Sandbox) -> None:
    [snippet] = [shown for shown in snippets("README.md", "bash") if shown.startswith("curl")]
    status, out, _ = await run("bash", "-euc", put_in(snippet, gateway), SID=ACCOUNT, TOKEN=TOKEN)
    assert (0, SENT) == (status, {name: json.loads(out)[name] for name in SENT})
    assert [PHONE] == sent(sandbox)


[NODE_BASE_URL] = snippets("README.md", "js")
NODE_CLIENT, PRELOAD = snippets("docs/sdks.md", "js")
NODE_SENDS = f"""
(async () => {{
  await client.messages.create({{ to: "{PHONE}", from: "{IN_POOL}", body: "Hello" }});
  console.log((await client.messaging.v1.services.list({{ pageSize: 1 }})).length);
}})();
"""
PLAIN = 'const client = require("twilio")("AC…", "the auth token");'
NODES = [
    pytest.param(NODE_BASE_URL, id="base URL"),
    pytest.param(NODE_CLIENT, id="GatewayClient"),
    pytest.param(f"{PRELOAD}\n{PLAIN}", id="preload.js of twilio-cli, whose SDK this is"),
]


@pytest.mark.node
@pytest.mark.parametrize("snippet", NODES)
async def test_node_of_the_docs_sends_and_lists(gateway: Gateway, sandbox: Sandbox, snippet: str) -> None:
    program = put_in(snippet, gateway) + NODE_SENDS
    packages = str(NODE / "node_modules")
    assert (0, "1\n", "") == await run("node", "-e", program, NODE_PATH=packages)
    assert [PHONE] == sent(sandbox)
