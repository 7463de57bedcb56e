"""What the admin API takes and tells of Messaging Services and their settings."""

from typing import Annotated

from pydantic import ConfigDict, Field, RootModel

from gateway.admin.api.paging import NEXT
from gateway.admin.api.shapes import PlaceTold
from gateway.admin.shapes import SERVICE_SID, FreeText, Shape, Time, Told
from gateway.messaging.opt_out_settings import OptOutSettings


class ServiceTold(Told):
    """A service by all that is known of it, without its settings."""

    service_sid: str
    name: str
    friendly_name: str | None
    enabled: bool
    version: int | None
    senders: list[str]
    drops_incoming: bool | None
    use_inbound_webhook_on_number: bool | None


class ServiceWithSettingsTold(ServiceTold):
    """The same with its settings; null where nothing was saved."""

    settings: OptOutSettings | None


class ServicesTold(Told):
    """One page of the services of an account."""

    account_sid: str
    services: list[ServiceTold]
    next: str | None = Field(description=NEXT)


class SenderTold(Told):
    """A sender of a pool."""

    sender: str
    kind: str


class SendersTold(Told):
    """One page of a service's pool."""

    service_sid: str
    senders: list[SenderTold]
    next: str | None = Field(description=NEXT)


class ServiceChangeTold(Told):
    """What a reading changed in a service."""

    service_sid: str
    name: str
    senders_added: list[str]
    senders_removed: list[str]
    drops_incoming: bool | None


class SyncTold(Told):
    """What reading an account's services from Twilio changed."""

    account_sid: str
    services: int
    changes: list[ServiceChangeTold]


class DifferenceTold(Told):
    """One place that differs."""

    place: str
    before: str | None
    after: str | None


class PlannedTold(Told):
    """What a change of a service did, or would do."""

    service_sid: str
    dry_run: bool
    changes: bool
    version: int
    enabled: bool
    differences: list[DifferenceTold]
    warnings: list[PlaceTold]


class ImportedTold(Told):
    """What an import did, or would do."""

    account_sid: str
    dry_run: bool
    services: list[PlannedTold]


class VersionTold(Told):
    """One version of a service's settings, without these."""

    service_sid: str
    version: int
    enabled: bool
    change: str
    actor: str
    role: str
    reason: FreeText | None
    settings_version: int
    saved_at: Time


class VersionWithSettingsTold(VersionTold):
    """The same with them."""

    settings: OptOutSettings


class VersionsTold(Told):
    """One page of a service's versions, newest first."""

    service_sid: str
    versions: list[VersionTold]
    next: str | None = Field(description=NEXT)


class ComparedTold(Told):
    """What differs between two versions."""

    service_sid: str
    before: int
    after: int
    differences: list[DifferenceTold]


class KeywordRow(Shape):
    """One keyword set's words, on Twilio's two axes."""

    keyword_type: str = Field(description="STOP, START or HELP, a dot, and ALL or a language: STOP.SPANISH.")
    message_type: str = Field(description="ALL, or a country (ISO 3166).")
    keywords: list[str]


class MessageRow(Shape):
    """One keyword set's reply, on Twilio's two axes."""

    keyword_type: str
    message_type: str
    message: str


class TwoAxes(Shape):
    """Keyword sets on Twilio's two axes."""

    keywords: list[KeywordRow]
    messages: list[MessageRow]


class WrittenService(OptOutSettings):
    """A service's settings in a file, and whether Advanced Opt-Out is enabled; left out, that stays as it is."""

    enabled: bool | None = None


class ServicesFile(Shape):
    """An account's services, as `gateway services export` writes them."""

    account: str | None = None
    services: dict[Annotated[str, Field(pattern=SERVICE_SID)], WrittenService] = Field(min_length=1)


class ServicesToml(RootModel[str]):
    """The same in TOML."""

    model_config = ConfigDict(title="The same in TOML")
