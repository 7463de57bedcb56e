from lxml import html

PHONE = "+14155550100"
ALONE = "+12025550108"


async def test_the_page_shows_the_phones_and_escapes_what_they_say(sandbox, http):
    await sandbox.phone(PHONE).send("<script>alert(1)</script>", to=ALONE)
    async with http.get(sandbox.url) as response:
        text = await response.text()
        policy = response.headers["Content-Security-Policy"]
    page = html.fromstring(text)

    assert response.content_type == "text/html"
    assert page.xpath("//script") == []
    assert [each.text_content() for each in page.xpath("//h2")] == [PHONE]
    assert [each.text_content() for each in page.xpath("//li")] == [
        f"to {ALONE}<script>alert(1)</script>",
        f"from {ALONE}Thanks, we got: <script>alert(1)</script>",
    ]
    assert policy.startswith("default-src 'none'")


async def test_every_field_has_a_label_and_every_sender_is_offered(sandbox, http):
    async with http.get(sandbox.url) as response:
        page = html.fromstring(await response.text())

    assert page.xpath("//form//input[not(ancestor::label)]") == []
    assert page.xpath("//select/option/text()") == list(sandbox.world.numbers)


async def test_the_form_sends_as_a_phone_without_script(sandbox, http, app):
    form = {"phone": PHONE, "to": ALONE, "body": "Hello"}
    async with http.post(f"{sandbox.url}/phones", data=form) as response:
        page = html.fromstring(await response.text())

    assert [each.status for each in response.history] == [303]
    assert app.received[0].params["Body"] == "Hello"
    assert page.xpath("//input[@name='phone']/@value") == [PHONE]
    assert page.xpath("//option[@selected]/text()") == [ALONE]


async def test_the_form_says_what_is_missing(sandbox, http):
    for form in ({"phone": PHONE, "to": ALONE}, {"phone": PHONE, "to": "+12025550199", "body": "x"}):
        async with http.post(f"{sandbox.url}/phones", data=form) as response:
            page = html.fromstring(await response.text())
        assert response.status == 422
        assert page.xpath("//*[@role='alert']") != []
