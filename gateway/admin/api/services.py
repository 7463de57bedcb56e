"""``/api/v1/services``: which Messaging Services there are, with their senders; reading them from Twilio."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pydantic import Field

from gateway.admin.api.paging import AFTER, LIMIT, PageQuery, page_of
from gateway.admin.api.service_shapes import SendersTold, ServicesTold, ServiceWithSettingsTold, SyncTold
from gateway.admin.problems import TWILIO_AWAY, UNKNOWN_ACCOUNT, UNKNOWN_SERVICE, Problem
from gateway.admin.route import Answer, AnyRoute, Call, Route
from gateway.admin.shapes import PAGE, AccountBody, AccountQuery, Body, Count, Limit, Query
from gateway.directory import Directory
from gateway.messaging.senders import read_sender
from gateway.operations.json_forms import brief_as_json, known_as_json
from gateway.operations.services import KnownService, ServiceOperations
from gateway.operations.tokens import Role

SERVICES: Final = "/api/v1/services"
SERVICE: Final = SERVICES + "/{MG:MG[0-9a-f]{32}}"


class SendersQuery(AccountQuery):
    """Which page of a pool. It is named by its place, as a sender is a number, which belongs into no query."""

    after: Count | None = Field(default=None, description=AFTER)
    limit: Limit = Field(default=PAGE, description=LIMIT)


class ServicesApi:
    """The handlers."""

    def __init__(self, services: ServiceOperations, directory: Directory) -> None:
        self._services = services
        self._directory = directory

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", SERVICES, "One page of the services that settings, Twilio or webhooks tell of", Role.READ,
                self._list, ServicesTold, query=PageQuery,
            ),
            Route(
                "POST", f"{SERVICES}/sync", "Read the services and their senders from Twilio now", Role.OPERATE,
                self._sync, SyncTold, query=AccountQuery, body=AccountBody, problems=(TWILIO_AWAY,),
            ),
            Route(
                "GET", SERVICE, "One service, with its settings", Role.READ, self._one, ServiceWithSettingsTold,
                query=AccountQuery, problems=(UNKNOWN_SERVICE,),
            ),
            Route(
                "GET", f"{SERVICE}/senders", "One page of a service's senders, each with its kind", Role.READ,
                self._senders, SendersTold, query=SendersQuery, problems=(UNKNOWN_SERVICE,),
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[PageQuery, Body]) -> Answer:
        account_sid, after = call.account.sid, call.query.after or ""
        known = sorted(await self._services.known(account_sid), key=lambda each: each.sid)
        page, following = page_of([each for each in known if each.sid > after], call.query.limit, lambda each: each.sid)
        told = [brief_as_json(service) for service in page]
        return Answer({"account_sid": account_sid, "services": told, "next": following})

    async def _one(self, call: Call[AccountQuery, Body]) -> Answer:
        return Answer(known_as_json(await known_service(self._services, call)))

    async def _senders(self, call: Call[SendersQuery, Body]) -> Answer:
        known, begin = await known_service(self._services, call), call.query.after or 0
        senders = [{"sender": key, "kind": read_sender(key, None).kind} for key in sorted(known.senders)]
        page, following = page_of(senders[begin:], call.query.limit, lambda _: str(begin + call.query.limit))
        return Answer({"service_sid": known.sid, "senders": page, "next": following})

    async def _sync(self, call: Call[AccountQuery, AccountBody]) -> Answer:
        if not call.account.auth_tokens:
            raise Problem(UNKNOWN_ACCOUNT, "Twilio tells a sub-account's services to its own token alone")
        before = await self._services.known(call.account.sid)
        await self._directory.sync(call.account)
        after = await self._services.known(call.account.sid)
        told = {"account_sid": call.account.sid, "services": len(after), "changes": [*_changes(before, after)]}
        return Answer(told)


async def known_service(services: ServiceOperations, call: Call[Query, Body]) -> KnownService:
    """The service of the path, of which anything is known."""
    known = await services.service(call.account.sid, call.path["MG"])
    if known.service is None and known.told is None and not known.senders:
        raise Problem(UNKNOWN_SERVICE, "save its settings, or have Twilio's services read: POST /api/v1/services/sync")
    return known


def _changes(before: Iterable[KnownService], after: Iterable[KnownService]) -> Iterator[dict[str, Any]]:
    """What a reading changed, service by service."""
    was, now = ({service.sid: service for service in services} for services in (before, after))
    for sid in sorted({*was, *now}):
        old, new = (known.get(sid, KnownService(sid, None, None, frozenset())) for known in (was, now))
        changed = {
            "service_sid": sid,
            "name": new.name or old.name,
            "senders_added": sorted(new.senders - old.senders),
            "senders_removed": sorted(old.senders - new.senders),
            "drops_incoming": new.told.drops_incoming if new.told else None,
        }
        if old.senders != new.senders or _told(old) != _told(new):
            yield changed


def _told(known: KnownService) -> tuple[Any, ...] | None:
    """What Twilio says of a service, apart from when it did."""
    told = known.told
    return (told.friendly_name, told.drops_incoming, told.use_inbound_webhook_on_number) if told else None
