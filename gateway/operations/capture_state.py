"""What a capture begins with: accounts, the settings and pools of their services, every standing opt-out, and what
shadow mode keeps beside the list.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final

from gateway.capture import records
from gateway.directory import Account, Directory
from gateway.messaging.opt_out_forms import plain
from gateway.messaging.optouts import Source
from gateway.operations.optouts import OptOutOperations
from gateway.store.list_reads import OptOutFilter
from gateway.store.shadow_lines import ShadowLine

AT_A_TIME: Final = 500

ReadShadow = Callable[[str, str, int], Awaitable[list[ShadowLine]]]
"""Lines of an account with something from shadow mode beside them (`gateway.store.Store.shadow_lines`)."""


async def capture_state(
    directory: Directory, opt_outs: OptOutOperations, read_shadow: ReadShadow
) -> AsyncIterator[records.State]:
    """What is known now, account by account; read page by page. Raises `StoreUnavailable`."""
    for account in directory.accounts:
        yield account_record(account)
        state = await directory.newest(account.sid)
        for service in state.services.values():
            yield records.Service(
                account_sid=account.sid,
                service_sid=service.sid,
                version=service.version,
                enabled=service.enabled,
                settings=plain(service.settings),
            )
        pools = state.pools
        for service_sid, senders in sorted(pools.senders_of.items()):
            yield records.Pool(account_sid=account.sid, service_sid=service_sid, senders=tuple(sorted(senders)))
        yield records.Placed(account_sid=account.sid, names=tuple(sorted(pools.placed)))
        for sender, services in sorted(pools.left.items()):
            yield records.Left(account_sid=account.sid, sender=sender, services=dict(services))
    async for listed in opt_outs.listed(OptOutFilter()):
        yield records.OptOut(
            account_sid=listed.key.account_sid,
            channel=listed.key.channel,
            recipient=listed.recipient,
            scope_kind=listed.scope.kind,
            scope_id=listed.scope.id,
            source=Source(listed.source),
            hold=listed.hold,
            effective_at=listed.effective_at,
        )
    for account in directory.accounts:
        async for line in _kept_in_shadow(account.sid, read_shadow):
            yield line


async def _kept_in_shadow(account_sid: str, read: ReadShadow) -> AsyncIterator[records.OptOut]:
    after = ""
    while lines := await read(account_sid, after, AT_A_TIME):
        for line in lines:
            shadow, scope = line.opt_out.shadow, line.opt_out.scope
            if shadow is not None:
                yield records.OptOut(
                    account_sid=account_sid,
                    channel=line.key.channel,
                    recipient=line.recipient,
                    scope_kind=scope.kind,
                    scope_id=scope.id,
                    source=shadow.source,
                    effective_at=shadow.effective_at,
                    standing=shadow.standing,
                    shadow=True,
                )
        after = lines[-1].opt_out_id


def account_record(account: Account) -> records.Account:
    """What the settings say of an account, as far as it decides anything."""
    policy = account.policy
    return records.Account(
        account_sid=account.sid,
        default_region=account.default_region,
        twilio_handling=policy.twilio_handling,
        unmanaged_senders=policy.unmanaged_senders,
        reply_when_not_opted_out=policy.reply_when_not_opted_out,
        help_when_opted_out=policy.help_when_opted_out,
        intent=policy.intent,
        confirm_late=policy.confirm_late,
        blocked=account.blocked,
        senders=dict(policy.senders or {}),
        enforcement=policy.enforcement,
        senders_enforcement=dict(policy.senders_enforcement or {}),
    )
