"""From the settings' accounts to those that the gateway works with."""

from gateway.directory import Account
from gateway.messaging.handling import KeywordPolicy
from gateway.messaging.opt_out_settings import IntentMode
from gateway.messaging.targets import AppUrls, Target
from gateway.settings import AccountSettings, SenderSettings, Settings
from gateway.twilio.upstreams import Origins, origins_of


def origins_in(settings: Settings) -> Origins:
    """Where Twilio is for accounts that say nothing else."""
    twilio = settings.twilio
    return Origins(twilio.api_url, twilio.messaging_url, twilio.product_url, twilio.accounts_url)


def accounts_of(settings: Settings, default: Origins) -> list[Account]:
    """All accounts of the settings; ``default`` is where Twilio is for those that say nothing else."""
    return [account_of(given, default) for given in settings.accounts]


def account_of(given: AccountSettings, default: Origins) -> Account:
    """One account, as the parts that work with it know it."""
    return Account(
        sid=given.sid,
        auth_tokens=tuple(token.get_secret_value() for token in given.auth_tokens),
        policy=policy_of(given),
        default_region=given.default_region,
        app_urls=_app_urls(given),
        senders_urls={sender.sender: _app_urls(sender) for sender in given.senders},
        stated={service.sid: frozenset(service.senders) for service in given.services},
        origins=origins_of(default, given.api_region, given.api_edge, given.api_url, given.messaging_url),
        subaccounts=given.subaccounts,
        blocked=given.blocked,
        lead_status_callbacks=given.lead_status_callbacks,
        deactivated=given.deactivated,
        mirror=given.mirror == "on",
    )


def _app_urls(given: AccountSettings | SenderSettings) -> AppUrls:
    return AppUrls(
        Target(given.app_url, given.app_method) if given.app_url else None,
        Target(given.app_fallback_url, given.app_fallback_method) if given.app_fallback_url else None,
    )


def policy_of(given: AccountSettings) -> KeywordPolicy:
    """How the keywords of an account are handled."""
    return KeywordPolicy(
        given.twilio_handling,
        given.unmanaged_senders,
        given.reply_when_not_opted_out,
        given.help_when_opted_out,
        IntentMode(given.intent),
        {sender.sender: sender.twilio_handling for sender in given.senders if sender.twilio_handling is not None},
        given.confirm_late,
        given.enforcement,
        {sender.sender: sender.enforcement for sender in given.senders if sender.enforcement is not None},
    )
