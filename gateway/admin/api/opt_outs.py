"""``/api/v1/opt-outs``: the blocklist; whether somebody is on it; adding to it and lifting from it."""

from typing import Final

from gateway.admin.api.addressing import demanded_recipient, sender_of, service_sid_of
from gateway.admin.api.opt_out_shapes import (
    AddBody,
    ChangedTold,
    CheckBody,
    CheckedTold,
    LiftBody,
    LinesTold,
    OptOutLineTold,
    OptOutsQuery,
    OptOutsTold,
    SearchBody,
)
from gateway.admin.api.paging import page_of
from gateway.admin.api.reasons import reason_of
from gateway.admin.problems import ON_HOLD, UNKNOWN_OPT_OUT, Problem
from gateway.admin.reading import invalid
from gateway.admin.route import ACCOUNT, About, Answer, AnyRoute, Call, Route
from gateway.admin.shapes import AccountBody, AccountQuery, Body, Query
from gateway.directory import Account
from gateway.messaging.addresses import Address
from gateway.messaging.instants import iso
from gateway.messaging.optouts import Scope, ScopeKind
from gateway.operations.history import HistoryOperations
from gateway.operations.json_forms import listed_as_json, opt_out_as_json, scope_as_json
from gateway.operations.list_forms import decision_as_json, line_as_json
from gateway.operations.optouts import Changed, OptOutOperations, Whom
from gateway.operations.tokens import Role
from gateway.store import Store
from gateway.store.list_reads import OptOutFilter, OptOutLine

OPT_OUTS: Final = "/api/v1/opt-outs"
OPT_OUT: Final = f"{OPT_OUTS}/{{id:[0-9a-f-]{{36}}}}"


class OptOutsApi:
    """The handlers."""

    def __init__(self, store: Store, opt_outs: OptOutOperations) -> None:
        self._store = store
        self._opt_outs = opt_outs
        self._history = HistoryOperations(store)

    def routes(self) -> list[AnyRoute]:
        """The table of this resource."""
        return [
            Route(
                "GET", OPT_OUTS, "One page of the standing opt-outs, oldest first", Role.READ, self._list, OptOutsTold,
                query=OptOutsQuery, about=About.SOME,
            ),
            Route(
                "POST", OPT_OUTS, "Opt a recipient out; done twice it is as done once", Role.OPERATE, self._add,
                ChangedTold, query=AccountQuery, body=AddBody,
            ),
            Route(
                "POST", f"{OPT_OUTS}/check", "What stands for a recipient, now or at a time; whether a send would go",
                Role.READ, self._check, CheckedTold, query=AccountQuery, body=CheckBody,
            ),
            Route(
                "POST", f"{OPT_OUTS}/search", "One page of a recipient's opt-outs, lifted ones too", Role.READ,
                self._search, LinesTold, query=AccountQuery, body=SearchBody,
            ),
            Route(
                "GET", OPT_OUT, "One opt-out, standing or lifted", Role.READ, self._one, OptOutLineTold,
                about=About.NONE, problems=(UNKNOWN_OPT_OUT,),
            ),
            Route(
                "DELETE", OPT_OUT, "Lift an opt-out", Role.OPERATE, self._lift, ChangedTold, body=LiftBody,
                about=About.NONE, problems=(UNKNOWN_OPT_OUT, ON_HOLD),
            ),
        ]  # fmt: skip

    async def _list(self, call: Call[OptOutsQuery, Body]) -> Answer:
        query = call.query
        if query.service_sid is not None and query.scope_kind not in {None, "service"}:
            raise invalid("scope_kind", "it is service where service_sid is given")
        wanted = OptOutFilter(
            account_sid=call.account_sid,
            channel=query.channel,
            source=query.source,
            since=query.since,
            scope_kind="service" if query.service_sid is not None else query.scope_kind,
            scope_id=query.service_sid,
        )
        found = await self._store.list_opt_outs(wanted, query.after or "", query.limit + 1)
        page, following = page_of(found, query.limit, lambda opt_out: opt_out.opt_out_id)
        return Answer({"opt_outs": [listed_as_json(opt_out) for opt_out in page], "next": following})

    async def _add(self, call: Call[AccountQuery, AddBody]) -> Answer:
        given, account = call.body, call.account
        scope, whom = _scope_of(account, given), _whom_of(account, given.recipient, given.sender)
        reason = reason_of(given.reason)
        changed = await self._opt_outs.add(whom, scope, call.caller.actor, reason, hold=given.hold)
        lines = await self._store.opt_out_lines_of(whom.key)
        (opt_out_id,) = [line.listed.opt_out_id for line in lines if line.listed.scope == scope]
        return Answer(_changed(whom.account_sid, whom.recipient, opt_out_id, changed))

    async def _check(self, call: Call[AccountQuery, CheckBody]) -> Answer:
        given, account = call.body, call.account
        sender, service_sid = sender_of(account, given.sender), service_sid_of(given.service_sid)
        whom = _whom_of(account, given.recipient, given.sender)
        told = {"account_sid": account.sid, "channel": whom.recipient.channel, "recipient": whom.recipient.wire}
        if given.at is not None:
            if sender is not None or service_sid is not None:
                raise invalid("at", "which pool held a sender then is not known; ask without sender and service_sid")
            past = await self._history.at(whom.key, given.at)
            standing = [opt_out_as_json(opt_out) for opt_out in past.standing]
            return Answer({**told, "at": iso(given.at), "standing": standing, "decision": None})
        checked = await self._opt_outs.check(whom, service_sid, sender)
        decision = None if checked.decision is None else decision_as_json(checked.decision)
        standing = [opt_out_as_json(opt_out) for opt_out in checked.standing]
        return Answer({**told, "at": None, "standing": standing, "decision": decision})

    async def _search(self, call: Call[AccountQuery, SearchBody]) -> Answer:
        given, account_sid = call.body, call.account.sid
        lines = await self._history.lines(_whom_of(call.account, given.recipient, None))
        names = [line.listed.opt_out_id for line in lines]  # a line is never taken away, so a page's last is there
        begin = names.index(given.after) + 1 if given.after in names else 0 if given.after is None else len(names)
        page, following = page_of(lines[begin:], given.limit, lambda line: line.listed.opt_out_id)
        return Answer({"account_sid": account_sid, "opt_outs": list(map(line_as_json, page)), "next": following})

    async def _one(self, call: Call[Query, Body]) -> Answer:
        return Answer(line_as_json(await self._seen(call)))

    async def _lift(self, call: Call[Query, LiftBody]) -> Answer:
        line, reason = await self._seen(call, call.body), reason_of(call.body.reason) or ""
        key, listed = line.listed.key, line.listed
        whom = Whom(key.account_sid, Address(key.channel, listed.recipient, key.recipient_key))
        changed = await self._opt_outs.remove(
            whom, listed.scope, call.caller.actor, reason, even_held=call.body.even_held
        )
        if changed.held:
            raise Problem(ON_HOLD, "nothing was lifted; even_held lifts it all the same")
        return Answer(_changed(key.account_sid, whom.recipient, listed.opt_out_id, changed))

    async def _seen(self, call: Call[Query, Body], body: AccountBody | None = None) -> OptOutLine:
        """The opt-out of the path; one of an account that the caller may not see is as if there were none."""
        line = await self._store.opt_out_line(call.path["id"])
        named = body.account_sid if body is not None else None
        if line is None or not call.caller.may_see(line.listed.key.account_sid):
            raise Problem(UNKNOWN_OPT_OUT, "look for it in the list, or by its recipient: POST /api/v1/opt-outs/search")
        if named not in {None, line.listed.key.account_sid}:
            raise Problem(UNKNOWN_OPT_OUT, "the account that is named has no such opt-out")
        call.request[ACCOUNT] = line.listed.key.account_sid
        return line


def _whom_of(account: Account, recipient: str, sender: str | None) -> Whom:
    return Whom(account.sid, demanded_recipient(account, recipient, sender_of(account, sender)))


def _scope_of(account: Account, given: AddBody) -> Scope:
    """What the opt-out covers, said by exactly one of three fields."""
    sender, service_sid = sender_of(account, given.sender), service_sid_of(given.service_sid)
    named = [
        *([Scope(ScopeKind.SERVICE, service_sid)] if service_sid is not None else []),
        *([Scope(ScopeKind.SENDER, sender.key)] if sender is not None else []),
        *([Scope(ScopeKind.ACCOUNT, account.sid)] if given.account_wide else []),
    ]
    if len(named) != 1:
        raise invalid("service_sid", "say what the opt-out covers by one of service_sid, sender and account_wide")
    return named[0]


def _changed(account_sid: str, recipient: Address, opt_out_id: str, changed: Changed) -> dict[str, object]:
    return {
        "account_sid": account_sid,
        "channel": recipient.channel,
        "recipient": recipient.wire,
        "opt_out_id": opt_out_id,
        "change": str(changed.change),
        "event_id": changed.event_id,
        "scopes": [scope_as_json(scope) for scope in changed.scopes],
        "held": [scope_as_json(scope) for scope in changed.held],
        "standing": [opt_out_as_json(opt_out) for opt_out in changed.standing],
    }
