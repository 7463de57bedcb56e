import asyncio

import aiohttp


async def test_numbers_are_listed_and_updated_with_the_sdk(sandbox, twilio):
    numbers = await asyncio.to_thread(lambda: twilio.incoming_phone_numbers.list(page_size=2))
    changed = await asyncio.to_thread(
        lambda: twilio.incoming_phone_numbers(numbers[0].sid).update(sms_url="https://a.example/in", sms_method="GET")
    )

    assert [each.phone_number for each in numbers] == [
        "+15005550006", "+15005550007", "+12025550108", "+18005550109",
    ]  # fmt: skip
    assert (changed.sms_url, changed.sms_method) == ("https://a.example/in", "GET")
    assert sandbox.world.numbers["+15005550006"].sms_url == "https://a.example/in"


async def test_short_codes_have_their_own_list(twilio):
    (code,) = await asyncio.to_thread(twilio.api.v2010.account.short_codes.list)

    assert code.short_code == "55501"


async def test_an_account_is_shown_to_its_token_but_not_to_a_standard_key(sandbox, http, twilio):
    account = await asyncio.to_thread(twilio.api.v2010.account.fetch)
    headers = {"Authorization": aiohttp.encode_basic_auth("SK" + "a1" * 16, "fake-secret")}
    async with http.get(f"{sandbox.url}/2010-04-01/Accounts/{account.sid}.json", headers=headers) as response:
        error = await response.json()

    assert (account.status, account.type) == ("active", "Full")
    assert (401, 20003) == (response.status, error["code"])


async def test_a_sub_account_names_its_owner(twilio):
    sub = await asyncio.to_thread(twilio.api.v2010.accounts("AC" + "b2" * 16).fetch)

    assert sub.owner_account_sid == "AC" + "a1" * 16
