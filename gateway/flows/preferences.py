"""The page of preferences: on which the recipient who was sent a link leaves a Messaging Service or comes back.

Only POST changes anything, so that whatever looks at links in texts changes nothing. The link's token is the secret
that a form from elsewhere would have to know. Mail and message programs leave by one click (RFC 8058).
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from gateway.flows.outcome import Answer, Outcome, What
from gateway.flows.preference_page import COME_BACK, HEADERS, LEAVE, Page, language_of
from gateway.flows.request import Request
from gateway.messaging.masking import masked
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.preferences import PREFERENCES_PATH, PreferenceLinks, PreferenceOperations
from gateway.store import StoreError
from gateway.store.records import PreferenceLink
from gateway.twilio.errors import TrafficError
from gateway.twilio.forms import demand_form, read_form

ONE_CLICK: Final = ("List-Unsubscribe", "One-Click")
CHANGES_A_MINUTE: Final = 10  # of one link, in one process
LOOKS_A_MINUTE: Final = 60
MINUTE_SECONDS: Final = 60.0
MOST_LINKS: Final = 10_000


class PreferencesFlow:
    """The journey of one look at the page, or of one click on it. ``monotonic`` gives seconds."""

    def __init__(
        self,
        links: PreferenceLinks,
        preferences: PreferenceOperations,
        company: str,
        monotonic: Callable[[], float],
    ) -> None:
        self._links = links
        self._preferences = preferences
        self._company = company
        self._looks = Rate(LOOKS_A_MINUTE, monotonic)
        self._changes = Rate(CHANGES_A_MINUTE, monotonic)

    async def answer(self, request: Request) -> Outcome:
        """Carry one request through; every way it can end is an outcome with a page."""
        page = Page(language_of(request.header("Accept-Language")), self._company)
        try:
            link = await self._links.open(request.path.removeprefix(PREFERENCES_PATH))
            if link is None:
                return _ended(What.REFUSED, "page_link_unknown", 404, page.trouble("gone"), page)
            rate = self._changes if request.method == "POST" else self._looks
            if not rate.allows(link.link_id):
                return _ended(What.REFUSED, "page_too_often", 429, page.trouble("slow"), page, link)
            if request.method == "POST":
                return await self._changed(request, link, page)
            shown = page.preference(await self._preferences.told(link), masked(link.recipient))
            return _ended(What.RELAYED, "page_shown", 200, shown, page, link)
        except TrafficError:
            return _ended(What.REFUSED, "page_not_understood", 400, page.trouble("odd"), page)
        except StoreError as error:
            return _ended(What.FAILED, "store_away", 503, page.trouble("away"), page, detail=str(error))

    async def _changed(self, request: Request, link: PreferenceLink, page: Page) -> Outcome:
        """Do what was clicked, committed before it is answered; then lead to the page, so that none is sent twice."""
        demand_form(request.header("Content-Type") or "", request.header("Content-Encoding") or "")
        form = read_form(request.body)
        action = form.get("action") if form.count("action") == 1 else None
        is_one_click = form.fields == (ONE_CLICK,)
        if action == LEAVE or is_one_click:
            changed = await self._preferences.leave(link)
        elif action == COME_BACK:
            changed = await self._preferences.come_back(link)
        else:
            return _ended(What.REFUSED, "page_not_understood", 400, page.trouble("odd"), page, link)
        reason = f"page_{COME_BACK if action == COME_BACK else LEAVE}_{changed.change}"
        if is_one_click:
            shown = page.preference(await self._preferences.told(link), masked(link.recipient))
            return _ended(What.RECORDED, reason, 200, shown, page, link)
        here = request.path.removeprefix(PREFERENCES_PATH)  # relative: whatever stands before the gateway stays
        answer = Answer(303, (("Location", here), *HEADERS), b"")
        return Outcome(What.RECORDED, reason, answer, link.key.account_sid, _scope(link))


class Rate:
    """How often something may be done in a minute, by name; the least recent names are forgotten first."""

    def __init__(self, most: int, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._monotonic = monotonic
        self._since: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def allows(self, name: str) -> bool:
        """Count one; false when there were too many in this minute."""
        now = self._monotonic()
        began, count = self._since.get(name, (now, 0))
        if now - began >= MINUTE_SECONDS:
            began, count = now, 0
        self._since[name] = (began, count + 1)
        self._since.move_to_end(name)
        if len(self._since) > MOST_LINKS:
            self._since.popitem(last=False)
        return count < self._most


def _ended(
    what: What,
    reason: str,
    status: int,
    body: bytes,
    page: Page,
    link: PreferenceLink | None = None,
    *,
    detail: str = "",
) -> Outcome:
    answer = Answer(status, (*HEADERS, ("Content-Language", page.language)), body)
    account_sid, scope = (None, None) if link is None else (link.key.account_sid, _scope(link))
    return Outcome(what, reason, answer, account_sid, scope, detail=detail)


def _scope(link: PreferenceLink) -> Scope:
    return Scope(ScopeKind.SERVICE, link.service_sid)
