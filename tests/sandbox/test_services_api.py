import asyncio
import re

import pytest
from twilio.base.exceptions import TwilioRestException

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
