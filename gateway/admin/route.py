"""One route of the admin listener, described once: from this come what aiohttp serves and the OpenAPI document.

A handler gets a `Call` whose query and body are read and valid, from a caller whose role suffices, and gives an
`Answer` (or aiohttp's own response, where an answer is no JSON).
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO, Final, Generic, TypeVar

from aiohttp import ETag, web
from pydantic import BaseModel

from gateway.admin.answers import answer
from gateway.admin.problems import (
    FAULT,
    FORBIDDEN,
    INVALID_REQUEST,
    MALFORMED,
    NO_SUCH_PATH,
    STORE_AWAY,
    TIMED_OUT,
    TOO_LARGE,
    UNAUTHORIZED,
    UNKNOWN_ACCOUNT,
    WRONG_TYPE,
    Kind,
    Problem,
)
from gateway.admin.reading import fields_in, invalid, query_in, read_body, read_fields, read_query
from gateway.admin.shapes import Body, Query, mask_of
from gateway.directory import Account, Directory
from gateway.operations.tokens import ADMIN, Caller, Role

Q = TypeVar("Q", bound=Query)
B = TypeVar("B", bound=Body)
Q_co = TypeVar("Q_co", bound=Query, covariant=True)
B_co = TypeVar("B_co", bound=Body, covariant=True)


@dataclass(frozen=True, slots=True)
class Recheck:
    """Asks once more who calls: ``ask`` raises `Problem` where the token is good no more."""

    ask: Callable[[], Awaitable[Caller]]


CALLER: Final = web.RequestKey("caller", Caller)
"""Who calls; set by `gateway.admin.access`."""
RECHECK: Final = web.RequestKey("recheck", Recheck)
"""For an answer that goes on for long; set by `gateway.admin.access`."""
ACCOUNT: Final = web.RequestKey("account", str)
"""The SID of the account that a call was found to be about, for the log."""

NO_QUERY: Final[Any] = Query  # of no type, so that it may stand for each
NO_BODY: Final[Any] = Body
PARAMETER: Final = re.compile(r"\{(\w+):((?:[^{}]|\{[^{}]*\})+)\}")


class About(StrEnum):
    """Which accounts a call is about."""

    ONE = "one"  # the one that it names, else the only one that the caller may see
    SOME = "some"  # the one that it names, else all that the caller may see
    NAMED_WITHIN = "named_within"  # one that a document may name; the handler says which (`Call.name_account`)
    NONE = "none"  # it is not about accounts


@dataclass(frozen=True, slots=True)
class Answer:
    """What a handler answers: plain values of the shape that its route tells. ``status`` None: the route's."""

    value: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What stands in a request's place where a page of the console makes the call, within the process: the parameters
    of the path; the document, or the file, with its media type, where the handler reads one itself; and the ETag that
    is to be the newest.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    document: bytes = b""
    file: BinaryIO | None = None
    document_type: str = ""
    if_match: str | None = None


@dataclass(frozen=True, slots=True)
class Call(Generic[Q_co, B_co]):
    """One call: who makes it, and what it brings. ``inside`` is None where the request itself is the call."""

    request: web.Request
    caller: Caller
    query: Q_co
    body: B_co
    directory: Directory
    named: Account | None = None
    inside: Inside | None = None

    @property
    def path(self) -> Mapping[str, str]:
        """The parameters of the path."""
        return self.request.match_info if self.inside is None else self.inside.path

    @property
    def document_type(self) -> str:
        """The media type of the document."""
        return self.request.content_type if self.inside is None else self.inside.document_type

    @property
    def if_match(self) -> tuple[ETag, ...] | None:
        """The ETags one of which is to be the newest; None: the call does not say."""
        if self.inside is not None:
            return None if self.inside.if_match is None else (ETag(is_weak=False, value=self.inside.if_match),)
        return (self.request.if_match or ()) if "If-Match" in self.request.headers else None

    @property
    def if_none_match(self) -> tuple[ETag, ...] | None:
        """The ETags none of which is to be the newest; None: the call does not say."""
        if self.inside is not None or "If-None-Match" not in self.request.headers:
            return None
        return self.request.if_none_match or ()

    @property
    def account(self) -> Account:
        """The account that the call is about (`About.ONE`)."""
        return self.named if self.named is not None else self.name_account(None)

    @property
    def account_sid(self) -> str | None:
        """The SID of the account that the call names; None: it is about all accounts (`About.SOME`)."""
        if self.named is not None:
            return self.named.sid
        return next(iter(_named(self.query, self.body)), None)

    def name_account(self, account_sid: str | None) -> Account:
        """The account that a document names, if it does (`About.NAMED_WITHIN`), beside what the query says."""
        return _account(
            self.request,
            self.caller,
            self.directory,
            _named(self.query, self.body) | ({account_sid} if account_sid is not None else set()),
        )

    async def document(self, *types: str) -> bytes:
        """The bytes of a body that the handler reads itself."""
        if self.inside is not None:
            return self.inside.document
        return await read_body(self.request, *types)


Handler = Callable[[Call[Q, B]], Awaitable[Answer | web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Route(Generic[Q, B]):
    """One route.

    ``path`` is in aiohttp's form, each parameter with its pattern: ``/api/v1/services/{MG:MG[0-9a-f]{32}}``.
    ``role`` is the least that a caller needs; None: anybody may call. ``tells`` is the shape of the answer or, where it
    is no JSON, its media type; ``also_tells`` are media types that the handler answers where they are asked for.
    ``query`` and ``body`` are what it takes. ``documents`` are the media types of a body that the handler reads itself,
    each with its shape. ``problems`` are those beside the ones that all calls of its
    kind may end in. ``takes`` are request headers that count, ``gives`` headers of the answer, each with what it means.
    """

    method: str
    path: str
    summary: str
    role: Role | None
    handler: Handler[Q, B]
    tells: type[BaseModel] | str
    query: type[Q] = NO_QUERY
    body: type[B] = NO_BODY
    documents: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    also_tells: tuple[str, ...] = ()
    about: About = About.ONE
    problems: tuple[Kind, ...] = ()
    status: int = 200
    other_statuses: Mapping[int, str] = field(default_factory=dict)
    takes: Mapping[str, str] = field(default_factory=dict)
    gives: Mapping[str, str] = field(default_factory=dict)

    @property
    def template(self) -> str:
        """The path as people read it and logs tell it: ``/api/v1/services/{MG}``."""
        return template_in(self.path)

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters of the path, each with its pattern."""
        return dict(PARAMETER.findall(self.path))

    @property
    def takes_body(self) -> bool:
        """Whether a body means anything to it."""
        return bool(self.documents) or bool(self.body.model_fields)

    @property
    def needs_body(self) -> bool:
        """Whether a call without a body is refused."""
        return bool(self.documents) or any(given.is_required() for given in self.body.model_fields.values())

    @property
    def all_problems(self) -> tuple[Kind, ...]:
        """Every kind of problem that a call may end in."""
        kinds = [*self.problems, INVALID_REQUEST, FAULT]
        if self.takes_body:
            kinds += [MALFORMED, TIMED_OUT, TOO_LARGE, WRONG_TYPE]
        if self.role is not None:
            kinds += [UNAUTHORIZED, FORBIDDEN, STORE_AWAY]
        if self.about is not About.NONE:
            kinds.append(UNKNOWN_ACCOUNT)
        return tuple(dict.fromkeys(kinds))

    def served(self, directory: Directory) -> web.RouteDef:
        """The route as aiohttp serves it."""

        async def serve(request: web.Request) -> web.StreamResponse:
            return await self._answered(request, directory)

        return web.route(self.method, self.path, serve)

    async def _answered(self, request: web.Request, directory: Directory) -> web.StreamResponse:
        caller = request.get(CALLER, ADMIN) if self.role is None else request[CALLER]
        self._demand_role(caller)
        query = read_query(request, self.query)
        body = self.body() if self.documents or not self.takes_body else await read_fields(request, self.body)
        answered = await self._handled(request, caller, query, body, directory)
        if not isinstance(answered, Answer):
            return answered
        return answer(self.as_seen_by(caller, answered.value), answered.status or self.status, answered.headers)

    async def asked(
        self,
        request: web.Request,
        caller: Caller,
        directory: Directory,
        inside: Inside,
        query: Mapping[str, str],
        body: bytes,
    ) -> Answer | web.StreamResponse:
        """What a call from within is answered: read, allowed and found as one from outside, but not masked. Raises what
        the handler raises. ``request`` is what the answer is for.
        """
        self._demand_role(caller)
        if not all(re.fullmatch(form, inside.path.get(name, ""), re.ASCII) for name, form in self.parameters.items()):
            raise Problem(NO_SUCH_PATH)
        fields = self.body() if self.documents or not self.takes_body else fields_in(body, self.body)
        return await self._handled(request, caller, query_in(query, self.query), fields, directory, inside)

    def as_seen_by(self, caller: Caller, value: Any) -> Any:
        """An answer's value as its caller may see it."""
        return value if caller.sees_numbers or isinstance(self.tells, str) else mask_of(self.tells)(value)

    def _demand_role(self, caller: Caller) -> None:
        if self.role is not None and not caller.role.includes(self.role):
            raise Problem(FORBIDDEN, f"it takes the role {self.role}; the token's is {caller.role}")

    async def _handled(
        self,
        request: web.Request,
        caller: Caller,
        query: Q,
        body: B,
        directory: Directory,
        inside: Inside | None = None,
    ) -> Answer | web.StreamResponse:
        named = None
        if self.about is About.ONE or (self.about is About.SOME and caller.accounts is not None):
            named = _account(request, caller, directory, _named(query, body))
        return await self.handler(Call(request, caller, query, body, directory, named, inside))


AnyRoute = Route[Any, Any]


def template_in(path: str) -> str:
    """A path in aiohttp's form without the patterns of its parameters."""
    return PARAMETER.sub(r"{\1}", path)


def _named(query: Query, body: Body) -> set[str]:
    """The accounts that query and body name."""
    return {given for part in (query, body) if (given := getattr(part, "account_sid", None)) is not None}


def _account(request: web.Request, caller: Caller, directory: Directory, named: set[str]) -> Account:
    """The account that is named in one place or several, else the only one that the caller may see.

    One that the caller may not see is as if there were none of its SID. Where one account of the settings has
    sub-accounts, any other SID is taken for one of theirs: Twilio alone knows which there are.
    """
    if len(named) > 1:
        raise invalid("account_sid", "two accounts are named; name one")
    seen = [account for account in directory.accounts if caller.may_see(account.sid)]
    found = [account for account in seen if account.sid in (named or {account.sid})]
    parents = [account for account in directory.accounts if account.subaccounts]
    if not found and len(parents) == 1:
        found = [parents[0].subaccount(sid) for sid in named if caller.may_see(sid)]
    if not found and named:
        raise Problem(UNKNOWN_ACCOUNT, "add it under [[accounts]] of the settings, or name another")
    if len(found) != 1:
        raise invalid("account_sid", f"there are {len(found)} accounts; say which")
    request[ACCOUNT] = found[0].sid
    return found[0]
