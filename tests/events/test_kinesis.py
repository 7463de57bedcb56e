"""Amazon Kinesis as a sink, against a server that speaks its API."""

import asyncio
import base64
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import ClientSession
from moto.server import ThreadedMotoServer

from gateway.events import sinks as sinks_module
from gateway.messaging.errors import Malformed
from gateway.messaging.events import CONSENT
from tests.staging import ALONE, inbound

ARN = "arn:aws:kinesis:us-east-1:123456789012:stream/consent"


@pytest.fixture
def database_url(prepared_sqlite_url):
    return prepared_sqlite_url


@pytest.fixture
def kinesis(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    yield f"http://127.0.0.1:{server.get_host_and_port()[1]}/"
    server.stop()


async def call(url: str, target: str, **body: Any) -> Any:
    headers = {
        "X-Amz-Target": f"Kinesis_20131202.{target}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=t/20261125/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=host, Signature=0",
    }
    async with ClientSession() as http, http.post(url, data=json.dumps(body), headers=headers) as response:
        text = await response.text()
        assert 200 == response.status, text
        return json.loads(text) if text else None


async def records(url: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Of each record its shard, its partition key and its event, in the shard's order."""
    found = []
    for shard in (await call(url, "ListShards", StreamName="consent"))["Shards"]:
        name = shard["ShardId"]
        begin = await call(
            url, "GetShardIterator", StreamName="consent", ShardId=name, ShardIteratorType="TRIM_HORIZON"
        )
        read = await call(url, "GetRecords", ShardIterator=begin["ShardIterator"])
        found += [(name, r["PartitionKey"], json.loads(base64.b64decode(r["Data"]))) for r in read["Records"]]
    return found


async def test_a_recipients_changes_are_in_one_shard_in_order(gateway, sinks, kinesis):
    await call(kinesis, "CreateStream", StreamName="consent", ShardCount=2)
    await sinks.add("k", "kinesis", {"arn": ARN, "endpoint": kinesis}, CONSENT)
    for turn in range(2):
        for number in range(4):
            for word in ("STOP", "START"):
                await gateway.webhook(
                    inbound(word, f"{turn}{number}{ord(word[2])}", From=f"+1415555000{number}", To=ALONE)
                )
                gateway.clock.advance(2)
    for _ in range(200):
        if not gateway.rows("SELECT 1 FROM deliveries WHERE kind = 'event'"):
            break
        await asyncio.sleep(0.1)
    found = await records(kinesis)
    by_recipient = defaultdict(list)
    for shard, key, event in found:
        by_recipient[event["data"]["recipient"]].append((shard, key, event["data"]["change"]))
    assert 4 == len(by_recipient)
    for told in by_recipient.values():
        assert ["added", "lifted", "added", "lifted"] == [change for _, _, change in told]
        assert 1 == len({(shard, key) for shard, key, _ in told})
    assert not [key for _, key, event in found if event["data"]["recipient"].strip("+") in key]


async def test_a_stream_that_is_not_there_is_told_by_amazons_name_for_it(gateway, sinks, kinesis, eventually):
    elsewhere = ARN.replace("consent", "nowhere")
    await sinks.add("k", "kinesis", {"arn": elsewhere, "endpoint": kinesis}, CONSENT)
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: gateway.rows("SELECT 1 FROM sinks WHERE failures > 0"))
    [(why,)] = gateway.rows("SELECT last_error FROM sinks")
    assert "it answered 400 ResourceNotFoundException" == why


async def test_without_credentials_nothing_is_lost(gateway, sinks, eventually, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    await sinks.add("k", "kinesis", {"arn": ARN, "endpoint": "http://127.0.0.1:9/"}, CONSENT)
    await gateway.webhook(inbound("STOP", "01"))
    await eventually(lambda: gateway.rows("SELECT 1 FROM sinks WHERE failures > 0"))
    assert [("the gateway has no AWS credentials",)] == gateway.rows("SELECT last_error FROM sinks")
    assert [("owed",)] == gateway.rows("SELECT state FROM deliveries WHERE kind = 'event'")


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setattr(sinks_module, "find_spec", lambda _: None)
    with pytest.raises(Malformed, match=r"pip install 'optout-gateway\[kinesis\]'"):
        sinks_module.read_configuration("kinesis", {"arn": ARN})
