"""Where Twilio is for which account, and one pool of connections for each origin."""

import pytest

from gateway.twilio.upstream import Upstream
from gateway.twilio.upstreams import Origins, Upstreams, origins_of

DEFAULT = Origins("https://api.twilio.com", "https://messaging.twilio.com", "https://{product}.twilio.com")


@pytest.mark.parametrize(
    ("given", "api", "messaging", "lookups"),
    [
        pytest.param(
            {}, "https://api.twilio.com", "https://messaging.twilio.com", "https://lookups.twilio.com", id="nothing"
        ),
        pytest.param(
            {"region": "ie1", "edge": "dublin"},
            "https://api.dublin.ie1.twilio.com",
            "https://messaging.dublin.ie1.twilio.com",
            "https://lookups.dublin.ie1.twilio.com",
            id="Ireland",
        ),
        pytest.param(
            {"region": "au1", "edge": "sydney"},
            "https://api.sydney.au1.twilio.com",
            "https://messaging.sydney.au1.twilio.com",
            "https://lookups.sydney.au1.twilio.com",
            id="Australia",
        ),
        pytest.param(
            {"region": "us1"},
            "https://api.us1.twilio.com",
            "https://messaging.us1.twilio.com",
            "https://lookups.us1.twilio.com",
            id="the one region that needs no edge",
        ),
        pytest.param(
            {"edge": "ashburn"},
            "https://api.ashburn.us1.twilio.com",
            "https://messaging.ashburn.us1.twilio.com",
            "https://lookups.ashburn.us1.twilio.com",
            id="an edge alone is us1's",
        ),
        pytest.param(
            {"region": "ie1", "edge": "dublin", "api_url": "http://127.0.0.1:1"},
            "http://127.0.0.1:1",
            "https://messaging.dublin.ie1.twilio.com",
            "https://lookups.dublin.ie1.twilio.com",
            id="a URL before the region",
        ),
        pytest.param(
            {"messaging_url": "http://127.0.0.1:1"},
            "https://api.twilio.com",
            "http://127.0.0.1:1",
            "https://lookups.twilio.com",
            id="a URL for one of them",
        ),
    ],
)
def test_each_product_has_its_place(given: dict[str, str], api: str, messaging: str, lookups: str) -> None:
    origins = origins_of(DEFAULT, **given)

    assert (api, messaging, lookups) == tuple(origins.url(product) for product in ("api", "messaging", "lookups"))


async def test_connections_are_pooled_by_origin() -> None:
    opened: list[str] = []

    def open_one(url: str) -> Upstream:
        opened.append(url)
        return Upstream(url)

    upstreams = Upstreams(open_one, DEFAULT)
    ireland = origins_of(DEFAULT, "ie1", "dublin")
    assert upstreams.to("api") is upstreams.to("api", DEFAULT)
    assert upstreams.to("api") is not upstreams.to("api", ireland)
    assert upstreams.to("studio") is not upstreams.to("verify")
    upstreams.close()

    assert [
        "https://api.twilio.com",
        "https://api.dublin.ie1.twilio.com",
        "https://studio.twilio.com",
        "https://verify.twilio.com",
    ] == opened
