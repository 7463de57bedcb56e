"""Which URLs an inbound message is relayed to, as a table."""

import pytest

from gateway.messaging.targets import AppUrls, Method, ServiceUrls, Target, targets

OF_ACCOUNT, ITS_FALLBACK = Target("https://account.example/sms"), Target("https://account.example/spare")
OF_SERVICE, SERVICES_FALLBACK = Target("https://service.example/sms"), Target("https://service.example/spare")
OF_SENDER, SENDERS_FALLBACK = Target("https://sender.example/sms", Method.GET), Target("https://sender.example/spare")

NOTHING = AppUrls()
ACCOUNT = AppUrls(OF_ACCOUNT, ITS_FALLBACK)
SENDER = AppUrls(OF_SENDER, SENDERS_FALLBACK)
DECIDES = ServiceUrls(AppUrls(OF_SERVICE, SERVICES_FALLBACK))
DEFERS = ServiceUrls(AppUrls(OF_SERVICE, SERVICES_FALLBACK), use_inbound_webhook_on_number=True)

ROWS = [
    # account, service, sender: asked in turn
    pytest.param(NOTHING, None, None, (), id="nobody names an app"),
    pytest.param(ACCOUNT, None, None, (OF_ACCOUNT, ITS_FALLBACK), id="the account alone"),
    pytest.param(AppUrls(OF_ACCOUNT), None, None, (OF_ACCOUNT,), id="without a fallback"),
    pytest.param(ACCOUNT, None, SENDER, (OF_SENDER, SENDERS_FALLBACK), id="a sender in no service has its own"),
    pytest.param(NOTHING, None, SENDER, (OF_SENDER, SENDERS_FALLBACK), id="a sender where the account has none"),
    pytest.param(ACCOUNT, None, NOTHING, (OF_ACCOUNT, ITS_FALLBACK), id="a sender that says nothing"),
    pytest.param(ACCOUNT, DECIDES, SENDER, (OF_SERVICE, SERVICES_FALLBACK), id="a service decides for its senders"),
    pytest.param(ACCOUNT, DECIDES, None, (OF_SERVICE, SERVICES_FALLBACK), id="a service before the account"),
    pytest.param(ACCOUNT, DEFERS, SENDER, (OF_SENDER, SENDERS_FALLBACK), id="a service that defers to its senders"),
    pytest.param(
        ACCOUNT, DEFERS, None, (OF_ACCOUNT, ITS_FALLBACK), id="one that defers to a sender without a URL: not its own"
    ),
    pytest.param(ACCOUNT, ServiceUrls(), SENDER, (OF_ACCOUNT, ITS_FALLBACK), id="a service that says nothing"),
    pytest.param(ACCOUNT, None, AppUrls(OF_SENDER), (OF_SENDER,), id="no fallback of another level"),
    pytest.param(
        ACCOUNT, None, AppUrls(None, SENDERS_FALLBACK), (OF_ACCOUNT, ITS_FALLBACK), id="a fallback alone says nothing"
    ),
]


@pytest.mark.parametrize(("account", "service", "sender", "asked"), ROWS)
def test_the_sender_where_it_is_asked_then_the_service_then_the_account(
    account: AppUrls, service: ServiceUrls | None, sender: AppUrls | None, asked: tuple[Target, ...]
) -> None:
    assert asked == targets(account, service, sender)
