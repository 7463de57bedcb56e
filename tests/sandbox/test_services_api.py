import asyncio
import re

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest.messaging.v1.service.alpha_sender import AlphaSenderInstance
from twilio.rest.messaging.v1.service.channel_sender import ChannelSenderInstance
from twilio.rest.messaging.v1.service.destination_alpha_sender import DestinationAlphaSenderInstance
from twilio.rest.messaging.v1.service.phone_number import PhoneNumberInstance
from twilio.rest.messaging.v1.service.short_code import ShortCodeInstance

from gateway.sandbox import SandboxNumber
from gateway.sandbox.state import Service, number_from

SERVICE_FIELDS = {
    "sid", "account_sid", "friendly_name", "date_created", "date_updated", "inbound_request_url", "inbound_method",
    "fallback_url", "fallback_method", "status_callback", "sticky_sender", "mms_converter", "smart_encoding",
    "scan_message_content", "fallback_to_long_code", "area_code_geomatch", "synchronous_validation",
    "validity_period", "usecase", "us_app_to_person_registered", "use_inbound_webhook_on_number", "links", "url",
}  # fmt: skip


async def test_a_service_has_twilios_fields_and_dates(sandbox, http, service):
    async with http.get(f"{sandbox.url}/v1/Services/{service}") as response:
        document = await response.json()

    assert set(document) == SERVICE_FIELDS
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", document["date_created"])
    assert document["url"] == f"{sandbox.url}/v1/Services/{service}"


async def test_services_are_created_updated_and_deleted_with_the_sdk(twilio):
    services = twilio.messaging.v1.services
    made = await asyncio.to_thread(lambda: services.create("Second", use_inbound_webhook_on_number=True))
    changed = await asyncio.to_thread(lambda: services(made.sid).update(inbound_request_url="https://a.example/"))
    await asyncio.to_thread(services(made.sid).delete)

    assert (made.friendly_name, made.use_inbound_webhook_on_number) == ("Second", True)
    assert changed.inbound_request_url == "https://a.example/"
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(services(made.sid).fetch)
    assert caught.value.code == 20404


async def test_members_are_added_listed_and_removed_with_the_sdk(sandbox, twilio, service):
    resource = twilio.messaging.v1.services(service)
    (number,) = await asyncio.to_thread(lambda: twilio.incoming_phone_numbers.list(phone_number="+12025550108"))
    await asyncio.to_thread(lambda: resource.phone_numbers.create(number.sid))
    added = [each.phone_number for each in await asyncio.to_thread(resource.phone_numbers.list)]
    await asyncio.to_thread(resource.phone_numbers(number.sid).delete)
    left = [each.phone_number for each in await asyncio.to_thread(resource.phone_numbers.list)]

    assert added == ["+15005550006", "+15005550007", "+12025550108"]
    assert left == ["+15005550006", "+15005550007"]


async def test_short_codes_alpha_senders_and_channel_senders_come_and_go_with_the_sdk(sandbox, twilio, service):
    resource = twilio.messaging.v1.services(service)
    code, agent = (sandbox.world.numbers[number].sid for number in ("55501", "rcs:brand_agent"))
    short_code = await asyncio.to_thread(lambda: resource.short_codes.create(code))
    alpha = await asyncio.to_thread(lambda: resource.alpha_senders.create("Brand"))
    channel = await asyncio.to_thread(lambda: resource.channel_senders.create(agent))
    pool = sandbox.world.services[service]
    added = (pool.senders[2:], list(pool.alpha_senders))
    await asyncio.to_thread(resource.short_codes(short_code.sid).delete)
    await asyncio.to_thread(resource.alpha_senders(alpha.sid).delete)
    await asyncio.to_thread(resource.channel_senders(channel.sid).delete)

    assert (["55501", "rcs:brand_agent"], ["Brand"]) == added
    assert ("55501", "Brand", "RCS") == (short_code.short_code, alpha.alpha_sender, channel.sender_type)
    assert ([], []) == (pool.senders[2:], pool.alpha_senders)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        pytest.param("AlphaSenders", {"AlphaSender": "12345"}, id="only digits"),
        pytest.param("AlphaSenders", {"AlphaSender": "A" * 12}, id="twelve characters"),
        pytest.param("AlphaSenders", {}, id="none"),
        pytest.param("PhoneNumbers", {}, id="no number"),
        pytest.param("", {"InboundMethod": "PUT"}, id="no method of a webhook"),
        pytest.param("", {"StickySender": "maybe"}, id="no flag"),
    ],
)
async def test_what_a_service_does_not_take(sandbox, http, service, path, form):
    url = f"{sandbox.url}/v1/Services/{service}" + (f"/{path}" if path else "")
    async with http.post(url, data=form) as response:
        assert (400, 20001) == (response.status, (await response.json())["code"])


async def test_a_sender_id_is_in_a_service_once_but_in_any_number_of_services(sandbox, http, twilio, service):
    second = await asyncio.to_thread(lambda: twilio.messaging.v1.services.create("Second"))
    codes = []
    for sid in (service, second.sid, service):
        async with http.post(f"{sandbox.url}/v1/Services/{sid}/AlphaSenders", data={"AlphaSender": "ACME"}) as response:
            codes.append((response.status, (await response.json()).get("code")))

    assert [(201, None), (201, None), (409, 21710)] == codes


@pytest.mark.parametrize(
    ("number", "country", "capabilities"),
    [
        pytest.param("+525512345678", "MX", ["SMS", "Voice"], id="Mexico"),
        pytest.param("+14165550100", "CA", ["MMS", "SMS", "Voice"], id="Canada"),
        pytest.param("+18765550100", "JM", ["SMS", "Voice"], id="Jamaica"),
    ],
)
async def test_a_number_tells_its_country(sandbox, twilio, service, number, country, capabilities):
    sandbox.world.numbers[number] = number_from(SandboxNumber("AC" + "a1" * 16, number))
    sandbox.world.services[service].senders = [number]
    (member,) = await asyncio.to_thread(twilio.messaging.v1.services(service).phone_numbers.list)

    assert (number, country, capabilities) == (member.phone_number, member.country_code, member.capabilities)


async def test_each_kind_of_member_has_its_own_list_and_key(sandbox, http, service):
    pool = sandbox.world.services[service]
    pool.senders += ["55501", "whatsapp:+12025550110"]
    pool.alpha_senders.append("ACME")
    found = {}
    for path in ("PhoneNumbers", "ShortCodes", "AlphaSenders", "ChannelSenders"):
        async with http.get(f"{sandbox.url}/v1/Services/{service}/{path}") as response:
            document = await response.json()
        found[document["meta"]["key"]] = document[document["meta"]["key"]]

    assert [each["phone_number"] for each in found["phone_numbers"]] == ["+15005550006", "+15005550007"]
    assert [each["short_code"] for each in found["short_codes"]] == ["55501"]
    assert [each["alpha_sender"] for each in found["alpha_senders"]] == ["ACME"]
    (channel,) = found["senders"]
    assert (channel["sender"], channel["sender_type"]) == ("whatsapp:+12025550110", "WhatsApp")
    assert (channel["messaging_service_sid"], "service_sid" in channel) == (service, False)


MEMBERS = {
    "PhoneNumbers": PhoneNumberInstance,
    "ShortCodes": ShortCodeInstance,
    "AlphaSenders": AlphaSenderInstance,
    "ChannelSenders": ChannelSenderInstance,
    "DestinationAlphaSenders": DestinationAlphaSenderInstance,
}


@pytest.mark.parametrize("path", MEMBERS)
async def test_members_have_the_fields_that_twilios_sdk_reads(sandbox, twilio, http, service, path):
    pool = sandbox.world.services[service]
    pool.senders += ["55501", "whatsapp:+12025550110"]
    pool.alpha_senders.append("ACME")
    async with http.get(f"{sandbox.url}/v1/Services/{service}/{path}") as response:
        document = await response.json()
    (first, *_) = document[document["meta"]["key"]]
    read = {name for name in vars(MEMBERS[path](twilio.messaging.v1, {}, service, "sid")) if not name.startswith("_")}

    assert read == set(first)


@pytest.mark.parametrize("path", ["", *(f"/{{service}}/{path}" for path in MEMBERS)])
async def test_every_list_is_paged_by_absolute_urls(sandbox, http, service, path):
    world = sandbox.world
    senders = ["+15005550006", "+15005550007", "55501", "55502", "whatsapp:+12025550110", "rcs:brand_agent"]
    world.services[service].senders = senders
    world.services[service].alpha_senders = ["ACME", "Brand"]
    world.services["MG" + "b2" * 16] = Service("MG" + "b2" * 16, "AC" + "a1" * 16, "Second")
    url: str | None = f"{sandbox.url}/v1/Services{path.format(service=service)}?PageSize=1"
    found = []
    while url is not None:
        async with http.get(url) as response:
            document = await response.json()
        found += [each["sid"] for each in document[document["meta"]["key"]]]
        url = document["meta"]["next_page_url"]

    assert 2 == len(set(found)) == len(found)


async def test_pages_lead_on_by_absolute_urls(sandbox, twilio, http, service):
    async with http.get(f"{sandbox.url}/v1/Services/{service}/PhoneNumbers?PageSize=1") as response:
        meta = (await response.json())["meta"]
    numbers = twilio.messaging.v1.services(service).phone_numbers
    listed = await asyncio.to_thread(lambda: numbers.list(page_size=1))

    assert meta["next_page_url"].startswith(f"{sandbox.url}/v1/Services/{service}/PhoneNumbers?PageSize=1&Page=1&")
    assert meta["previous_page_url"] is None
    assert [each.phone_number for each in listed] == ["+15005550006", "+15005550007"]


async def test_behind_twilios_name_the_urls_are_twilios(sandbox, http):
    async with http.get(f"{sandbox.url}/v1/Services", headers={"Host": "messaging.twilio.com"}) as response:
        document = await response.json()

    assert document["meta"]["url"].startswith("https://messaging.twilio.com/v1/Services?")


async def test_a_number_is_in_at_most_one_service(sandbox, twilio, http, service):
    second = await asyncio.to_thread(lambda: twilio.messaging.v1.services.create("Second"))
    sid = sandbox.world.numbers["+15005550006"].sid
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: twilio.messaging.v1.services(second.sid).phone_numbers.create(sid))
    async with http.post(f"{sandbox.url}/v1/Services/{service}/PhoneNumbers", data={"PhoneNumberSid": sid}) as response:
        again = response.status

    assert caught.value.code == 21712
    assert again == 200


async def test_services_of_another_account_are_not_found(sandbox, http, service):
    sandbox.world.services[service].account_sid = "AC" + "c3" * 16
    async with http.get(f"{sandbox.url}/v1/Services/{service}") as response:
        error = await response.json()

    assert (404, 20404) == (response.status, error["code"])
