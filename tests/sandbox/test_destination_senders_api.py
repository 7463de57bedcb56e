import asyncio

import pytest
from twilio.base.exceptions import TwilioRestException

PHONE = "+33639980001"


async def test_sender_ids_for_a_country_come_and_go_with_the_sdk(sandbox, twilio, service):
    senders = twilio.messaging.v1.services(service).destination_alpha_senders
    for_all = await asyncio.to_thread(lambda: senders.create("Brand"))
    for_france = await asyncio.to_thread(lambda: senders.create("Marque", iso_country_code="FR"))
    listed = await asyncio.to_thread(senders.list)
    french = await asyncio.to_thread(lambda: senders.list(iso_country_code="FR"))
    fetched = await asyncio.to_thread(senders(for_france.sid).fetch)
    for sid in (for_all.sid, for_france.sid):
        await asyncio.to_thread(senders(sid).delete)

    assert [("Brand", ""), ("Marque", "FR")] == [(each.alpha_sender, each.iso_country_code) for each in listed]
    assert ["Marque"] == [each.alpha_sender for each in french] == [fetched.alpha_sender]
    assert [] == sandbox.world.services[service].sender_ids


async def test_a_sender_id_for_all_countries_is_an_alpha_sender_of_the_service_too(twilio, service):
    resource = twilio.messaging.v1.services(service)
    await asyncio.to_thread(lambda: resource.destination_alpha_senders.create("Brand"))
    (alpha,) = await asyncio.to_thread(resource.alpha_senders.list)

    assert alpha.alpha_sender == "Brand"


@pytest.mark.parametrize(
    ("sender", "country", "status", "code"),
    [
        pytest.param("Brand", "FR", 409, 21710, id="twice for a country"),
        pytest.param("12345", "FR", 400, 20001, id="only digits"),
        pytest.param("Other", "FRA", 400, 20001, id="no country"),
    ],
)
async def test_what_is_not_taken(sandbox, twilio, service, sender, country, status, code):
    sandbox.world.services[service].destination_alpha_senders.append(("Brand", "FR"))
    senders = twilio.messaging.v1.services(service).destination_alpha_senders
    with pytest.raises(TwilioRestException) as caught:
        await asyncio.to_thread(lambda: senders.create(sender, iso_country_code=country))

    assert (status, code) == (caught.value.status, caught.value.code)


async def test_a_service_without_numbers_speaks_by_the_countrys_sender_id(sandbox, send, service):
    pool = sandbox.world.services[service]
    pool.senders, pool.alpha_senders, pool.destination_alpha_senders = [], ["Brand"], [("Marque", "FR")]
    for to in (PHONE, "+491713920001"):
        await send(To=to, MessagingServiceSid=service, Body="x")
    await sandbox.settle()

    assert ["Marque", "Brand"] == [message.sender for message in sandbox.messages]
