"""Twilio's Python SDK behind the gateway, in its forms: everything it does with messages and services."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator

from gateway.sandbox import Fault, SampleApp, Sandbox
from gateway.sdk import through_gateway
from tests.sdk.conftest import Pointed, by_base_url
from tests.staging import ACCOUNT, ALONE, IN_POOL, PHONE, SERVICE, TOKEN, Gateway, StartGateway

# The SDK itself uses what aiohttp will drop.
sdk_is_behind_aiohttp = pytest.mark.filterwarnings(
    "ignore:BasicAuth is deprecated", "ignore:The 'auth' parameter is deprecated"
)


async def test_create_fetch_list_update_and_delete(pointed: Pointed, sandbox: Sandbox) -> None:
    twilio = pointed.client

    def journey() -> list[Any]:
        created = twilio.messages.create(to=PHONE, from_=ALONE, body="Hello", media_url=["https://a.example/1"])
        fetched = twilio.messages(str(created.sid)).fetch()
        listed = [message.sid for message in twilio.messages.stream(to=PHONE, page_size=1)]
        return [created.sid, fetched.body, listed]

    sid, body, listed = await asyncio.to_thread(journey)
    assert ("Hello", [sid]) == (body, listed)
    await sandbox.settle()
    redacted = await asyncio.to_thread(lambda: twilio.messages(sid).update(body=""))
    assert "" == redacted.body
    assert await asyncio.to_thread(lambda: twilio.messages(sid).delete())


async def test_a_scheduled_message_is_cancelled(pointed: Pointed) -> None:
    def journey() -> list[str]:
        later = datetime.now(UTC) + timedelta(hours=1)
        scheduled = pointed.client.messages.create(
            to=PHONE, messaging_service_sid=SERVICE, body="x", schedule_type="fixed", send_at=later
        )
        canceled = pointed.client.messages(str(scheduled.sid)).update(status="canceled")
        return [str(scheduled.status), str(canceled.status)]

    assert ["scheduled", "canceled"] == await asyncio.to_thread(journey)


async def test_a_list_of_messages_is_read_to_its_end_through_the_gateway(pointed: Pointed, gateway: Gateway) -> None:
    def journey() -> list[str | None]:
        for number in range(3):
            pointed.client.messages.create(to=PHONE, from_=ALONE, body=str(number))
        return [message.body for message in pointed.client.messages.list(page_size=1)]

    assert ["0", "1", "2"] == sorted(map(str, await asyncio.to_thread(journey)))
    assert [] == [url for url in pointed.urls if not url.startswith(f"{gateway.url}/")]


async def test_a_list_of_services_is_read_to_its_end_through_the_gateway(
    pointed: Pointed, gateway: Gateway, sandbox: Sandbox
) -> None:
    services = pointed.client.messaging.v1.services

    def journey() -> list[str]:
        for name in ("Second", "Third"):
            services.create(friendly_name=name)
        return [str(service.friendly_name) for service in services.list(page_size=1)]

    assert ["Pool", "Second", "Third"] == await asyncio.to_thread(journey)
    pages = [request.target for request in sandbox.requests if "Page=" in request.target]
    assert 2 == len(pages)  # the first is asked for by its size alone
    assert [] == [url for url in pointed.urls if not url.startswith(f"{gateway.url}/")]


async def test_one_base_url_serves_both_attributes_of_the_sdk(gateway: Gateway) -> None:
    client: Any = by_base_url(gateway)  # its HTTP client is annotated as any
    client.messaging.base_url = gateway.url

    def journey() -> list[str]:
        client.messaging.v1.services.create(friendly_name="Second")
        names = [str(service.friendly_name) for service in client.messaging.v1.services.list(page_size=1)]
        client.http_client.session.close()
        return names

    assert ["Pool", "Second"] == await asyncio.to_thread(journey)


async def test_pages_are_turned_in_both_directions(pointed: Pointed) -> None:
    services = pointed.client.messaging.v1.services

    def journey() -> list[str]:
        services.create(friendly_name="Second")
        first = services.page(page_size=1)
        second = first.next_page()
        assert second is not None
        back = second.previous_page()
        assert back is not None
        return [str(next(page).friendly_name) for page in (second, back)]

    assert ["Second", "Pool"] == await asyncio.to_thread(journey)


async def test_a_service_is_created_fetched_changed_and_deleted(pointed: Pointed, gateway: Gateway) -> None:
    services = pointed.client.messaging.v1.services

    def journey() -> list[Any]:
        created = services.create(friendly_name="New", inbound_request_url="https://app.example.com/sms")
        sid = str(created.sid)
        renamed = services(sid).update(friendly_name="Renamed")
        assert renamed.links is not None
        fetched = services(sid).fetch()
        return [fetched.friendly_name, fetched.url, renamed.links["phone_numbers"], services(sid).delete(), sid]

    name, url, link, deleted, sid = await asyncio.to_thread(journey)
    own = url.removesuffix(f"/v1/Services/{sid}")
    assert own == f"{gateway.url}/messaging" or through_gateway(gateway.url, f"{own}/") == f"{gateway.url}/messaging/"
    assert ("Renamed", f"{url}/PhoneNumbers", True) == (name, link, deleted)


async def test_numbers_join_a_services_pool_and_are_listed_in_it(pointed: Pointed) -> None:
    twilio = pointed.client
    pool = twilio.messaging.v1.services(SERVICE).phone_numbers

    def journey() -> list[str]:
        [alone] = twilio.incoming_phone_numbers.list(phone_number=ALONE)
        pool.create(phone_number_sid=str(alone.sid))
        return [str(number.phone_number) for number in pool.list(page_size=1)]

    numbers = await asyncio.to_thread(journey)
    assert (3, True, True) == (len(numbers), ALONE in numbers, IN_POOL in numbers)


@pytest.mark.parametrize("by", [{"from_": IN_POOL}, {"messaging_service_sid": SERVICE}], ids=["number", "service"])
async def test_a_blocked_send_is_the_sdks_own_exception_with_21610(
    pointed: Pointed, sandbox: Sandbox, by: dict[str, str]
) -> None:
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: pointed.client.messages.create(to=PHONE, body="x", **by))
    assert TwilioRestException is type(caught.value)
    assert (400, 21610, "POST") == (caught.value.status, caught.value.code, caught.value.method)
    assert "Attempt to send to unsubscribed recipient" in caught.value.msg


async def test_errors_of_twilio_and_of_the_gateway_are_the_same_exception(pointed: Pointed, sandbox: Sandbox) -> None:
    def code_of(fetch: Any) -> tuple[int, int | None]:
        with pytest.raises(TwilioRestException) as caught:
            fetch()
        return caught.value.status, caught.value.code

    nowhere = pointed.client.messages(f"SM{'0' * 32}")
    assert (404, 20404) == await asyncio.to_thread(code_of, nowhere.fetch)
    sandbox.inject(Fault(kind="reset"))
    assert (409, 900409) == await asyncio.to_thread(code_of, nowhere.fetch)


@sdk_is_behind_aiohttp
async def test_the_asynchronous_client_sends_and_is_blocked_alike(async_twilio: Any, sandbox: Sandbox) -> None:
    sent = await async_twilio.messages.create_async(to=PHONE, from_=ALONE, body="Hello")
    assert str(sent.sid).startswith("SM")
    await sandbox.phone(PHONE).send("STOP", to=ALONE)
    with pytest.raises(TwilioRestException) as caught:
        await async_twilio.messages.create_async(to=PHONE, from_=ALONE, body="Hello")
    assert (400, 21610) == (caught.value.status, caught.value.code)


@sdk_is_behind_aiohttp
async def test_the_asynchronous_client_does_all_that_the_other_does(
    async_twilio: Any, sandbox: Sandbox, gateway: Gateway
) -> None:
    messages, services = async_twilio.messages, async_twilio.messaging.v1.services
    sent = await messages.create_async(to=PHONE, from_=ALONE, body="Hello")
    await sandbox.settle()
    assert "Hello" == (await messages(sent.sid).fetch_async()).body
    assert [sent.sid] == [message.sid for message in await messages.list_async(to=PHONE, page_size=1)]
    assert "" == (await messages(sent.sid).update_async(body="")).body
    assert await messages(sent.sid).delete_async()
    made = await services.create_async(friendly_name="Second")
    page = await services.page_async(page_size=1)
    next_page = through_gateway(gateway.url, page.next_page_url)  # as it is, or as the HTTP client leads it
    assert next_page.startswith(f"{gateway.url}/messaging/v1/Services?")
    assert {SERVICE, made.sid} == {service.sid for service in await services.list_async(page_size=1)}
    assert "Third" == (await services(made.sid).update_async(friendly_name="Third")).friendly_name
    assert 2 == len(await services(SERVICE).phone_numbers.list_async(page_size=1))
    assert await services(made.sid).delete_async()


# Where the gateway says that it is

SERVICES = "/v1/Services?PageSize=1"


async def next_page(gateway: Gateway, sandbox: Sandbox, **headers: str) -> str:
    sandbox.world.services["MG" + "b2" * 16] = sandbox.world.services[SERVICE]
    answered = await gateway.get(gateway.url + SERVICES, auth=(ACCOUNT, TOKEN), **headers)
    return str(answered.json["meta"]["next_page_url"])


async def test_the_settings_say_where_apps_see_the_gateway(start_gateway: StartGateway, sandbox: Sandbox) -> None:
    gateway = await start_gateway(traffic_url="https://twilio.internal.example/prefix/")
    url = await next_page(gateway, sandbox, X_Forwarded_Proto="https")
    assert url.startswith("https://twilio.internal.example/prefix/messaging/v1/Services?PageSize=1&Page=1")


@pytest.mark.parametrize(
    "headers",
    [{"Host": "gw.example"}, {"X_Forwarded_For": "192.0.2.1"}],
    ids=["another port", "a proxy"],
)
async def test_where_nothing_tells_it_twilios_urls_stay(
    gateway: Gateway, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    assert (await next_page(gateway, sandbox, **headers)).startswith(f"{sandbox.url}/v1/Services?PageSize=1&Page=1")


@pytest.mark.parametrize(
    "headers",
    [{"X_Gateway_Page_Urls": "twilio"}, {"Host": "messaging.twilio.com"}, {"Host": "messaging.twilio.com:443"}],
    ids=["that asks for them", "that came by Twilio's own name", "with its port"],
)
async def test_an_app_that_sees_to_hosts_itself_gets_twilios_urls(
    start_gateway: StartGateway, sandbox: Sandbox, headers: dict[str, str]
) -> None:
    gateway = await start_gateway(traffic_url="https://twilio.internal.example")
    url = await next_page(gateway, sandbox, **headers)
    assert url.startswith("https://messaging.twilio.com/v1/Services?PageSize=1&Page=1")
    assert [] == [name for asked in sandbox.requests for name, _ in asked.headers if "Gateway" in name]


async def test_twilio_is_asked_for_an_answer_that_can_be_read(gateway: Gateway, sandbox: Sandbox) -> None:
    await gateway.get(gateway.url + SERVICES, Accept_Encoding="gzip, br")
    [asked] = [request for request in sandbox.requests if "Services" in request.target]
    assert ["identity"] == [value for name, value in asked.headers if name.lower() == "accept-encoding"]


URLS = [
    ("https://api.twilio.com/2010-04-01/Accounts/AC1.json?a=b", "http://gw:8080/2010-04-01/Accounts/AC1.json?a=b"),
    ("https://api.dublin.ie1.twilio.com/2010-04-01/x", "http://gw:8080/2010-04-01/x"),
    ("https://messaging.twilio.com/v1/Services", "http://gw:8080/messaging/v1/Services"),
    ("https://verify.twilio.com/v2/Services", "https://verify.twilio.com/v2/Services"),
    ("https://api.twilio.com.evil.example/x", "https://api.twilio.com.evil.example/x"),
]


@pytest.mark.parametrize(("url", "led_to"), URLS)
def test_only_hosts_that_the_gateway_stands_in_for_are_led_through_it(url: str, led_to: str) -> None:
    assert led_to == through_gateway("http://gw:8080/", url)


async def test_a_blocked_send_by_a_service_is_accepted_and_fails_later(
    start_gateway: StartGateway, sandbox: Sandbox
) -> None:
    gateway = await start_gateway(account={"blocked": "auto"})
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    twilio = by_base_url(gateway)

    def journey() -> list[Any]:
        accepted = twilio.messages.create(to=PHONE, messaging_service_sid=SERVICE, body="Hello")
        gateway.clock.advance(1)
        failed = twilio.messages(str(accepted.sid)).fetch()
        listed = [(message.sid == accepted.sid, message.status) for message in twilio.messages.list(to=PHONE)]
        redacted = twilio.messages(str(accepted.sid)).update(body="")
        removed = twilio.messages(str(accepted.sid)).delete()
        with pytest.raises(TwilioRestException) as gone:
            twilio.messages(str(accepted.sid)).fetch()
        told = [accepted.status, failed.status, failed.error_code, failed.error_message]
        ours = [status for is_ours, status in listed if is_ours]  # in one second as the answer to STOP, or later
        return [*told, ours, redacted.body, removed, gone.value.status]

    expected = ["accepted", "failed", 21610, "Attempt to send to unsubscribed recipient"]
    assert [*expected, ["failed"], "", True, 404] == await asyncio.to_thread(journey)
    twilio.http_client.session.close()  # type: ignore[attr-defined]


async def test_the_callback_of_a_held_back_message_is_valid_to_the_sdk(
    start_gateway: StartGateway, sandbox: Sandbox, app: SampleApp, eventually: Any
) -> None:
    gateway = await start_gateway(account={"blocked": "auto"})
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    twilio = by_base_url(gateway)
    more = {"messaging_service_sid": SERVICE, "status_callback": app.status_url}
    accepted = await asyncio.to_thread(lambda: twilio.messages.create(to=PHONE, body="x", **more))
    await eventually(lambda: app.statuses)
    [told] = app.statuses
    assert told.valid  # to the SDK's RequestValidator
    fields = ("MessageSid", "MessageStatus", "ErrorCode", "OptOutType")
    assert [accepted.sid, "failed", "21610", None] == [told.params.get(name) for name in fields]
    assert not RequestValidator("another token").validate(
        app.status_url, dict(told.params), dict(told.headers)["X-Twilio-Signature"]
    )
    twilio.http_client.session.close()  # type: ignore[attr-defined]


async def test_a_scheduled_message_is_seen_to_be_cancelled_by_a_stop(
    pointed: Pointed, sandbox: Sandbox, eventually: Any
) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    more = {"messaging_service_sid": SERVICE, "schedule_type": "fixed", "send_at": later}
    create = pointed.client.messages.create
    scheduled = await asyncio.to_thread(lambda: create(to=PHONE, body="x", **more))
    await sandbox.phone(PHONE).send("STOP", to=IN_POOL)
    await eventually(lambda: ["canceled"] == [each.status for each in sandbox.messages if each.sid == scheduled.sid])
    fetched = await asyncio.to_thread(pointed.client.messages(str(scheduled.sid)).fetch)
    assert "canceled" == str(fetched.status)
    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(lambda: create(to=PHONE, body="x", **more))
    assert (400, 21610) == (refused.value.status, refused.value.code)
