"""The one schema, in a form that SQLite and PostgreSQL read alike.

Keys begin with the account. Times are whole microseconds since 1970, UTC. What is stored as text in JSON form is
never searched by its inside.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, MetaData, Sequence, Table, Text, text, true

metadata: Final = MetaData()


def _index(name: str, where: str, *columns: str) -> Index:
    """An index over some of the lines alone."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


accounts = Table(
    "accounts",
    metadata,
    Column("account_sid", Text, primary_key=True),
    # Grows with every change of the account's pools and settings; each look-up brings it along.
    Column("settings_version", BigInteger, nullable=False),
    # How often a person was erased; each look-up brings it along, too.
    Column("erasures", BigInteger, nullable=False, server_default=text("0")),
)

# The blocklist. A lifted opt-out keeps its line (standing = false), so that an older event that arrives late is
# recognised as outdated. An erased person's lines have a keyed hash as their key (`gateway.store.persons`).
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("recipient_key", Text, primary_key=True),
    Column("scope_kind", Text, primary_key=True),
    Column("scope_id", Text, primary_key=True),
    Column("opt_out_id", Text, nullable=False, unique=True),
    Column("recipient", Text, nullable=False),
    Column("standing", Boolean, nullable=False),
    Column("hold", Boolean, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("settings_version", BigInteger, nullable=False),
    Column("event_id", Text, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    # The last change that was learned in shadow mode; null where there is none, or it was adopted or dropped.
    Column("shadow_standing", Boolean),
    Column("shadow_effective_at", BigInteger),
    Column("shadow_source", Text),
    Column("shadow_event_id", Text),
    Index("opt_outs_by_account", "account_sid", "opt_out_id"),
    _index("opt_outs_in_shadow", "shadow_standing IS NOT NULL", "account_sid", "opt_out_id"),
    sqlite_with_rowid=False,
)

# Only ever added to: triggers of the database refuse to change or delete a line. Erasure alone may, once, blank the
# readable recipient (''), put a keyed hash in the place of the key, and take numbers out of the reason, in one go. A
# new column has to be added to the triggers of SQLite, which name them all.
consent_events = Table(
    "consent_events",
    metadata,
    Column("event_id", Text, primary_key=True),
    Column("account_sid", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("event_type", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("settings_version", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("sender", Text),
    Column("service_sid", Text),
    Column("keyword", Text),
    Column("keyword_set", Text),
    Column("message_sid", Text),
    Column("reason", Text),
    Column("hold", Boolean, nullable=False),
    Column("service_version", BigInteger),
    Column("enforced", Boolean, nullable=False, server_default=true()),
    Index("consent_events_of_recipient", "account_sid", "channel", "recipient_key", "event_id"),
    Index("consent_events_by_account", "account_sid", "event_id"),
)

# What enforcing would have done, counted by day (YYYY-MM-DD, UTC) and service ('' where none is named).
shadow_counts = Table(
    "shadow_counts",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)

# What Twilio had for the webhooks of numbers, services and channel senders before they were led to the gateway, whose
# URLs those are now to the apps, and what Twilio was told instead; the three are JSON.
adopted_webhooks = Table(
    "adopted_webhooks",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("sid", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("app", Text, nullable=False),
    Column("ours", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# Every inbound message once, for ever. The answer is kept for a while, to be given again to a repetition.
inbound_messages = Table(
    "inbound_messages",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("message_sid", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("opt_out_type", Text),
    Column("change", Text),
    Column("event_id", Text),
    Column("answer", Text),
    Column("received_at", BigInteger, nullable=False),
    Index(
        "inbound_messages_with_answer",
        "received_at",
        sqlite_where=text("answer IS NOT NULL"),
        postgresql_where=text("answer IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", Text, primary_key=True),
    Column("account_sid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("give_up_at", BigInteger, nullable=False),
    Column("lease", Text),
    Column("last_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    # Of an event that a sink is owed: which sink, whose consent it is about (hashed), and its place in the order.
    Column("sink", Text),
    Column("order_key", Text),
    Column("position", BigInteger),
    _index("deliveries_due", "sink IS NULL", "state", "due_at"),
    _index("deliveries_of_sink", "sink IS NOT NULL", "account_sid", "sink", "state", "due_at"),
    _index(
        "deliveries_in_order", "state = 'owed' AND sink IS NOT NULL", "account_sid", "sink", "order_key", "position"
    ),
    Index("deliveries_by_position", "position"),
)

event_positions = Sequence("event_positions", metadata=metadata)  # SQLite has none and counts by the table

# Where events go, and which of them.
sinks = Table(
    "sinks",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("configuration", Text, nullable=False),
    Column("secret", Text),
    Column("failures", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("last_error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("sink", Text, primary_key=True),
    Column("event_type", Text, primary_key=True),
    Column("schema_version", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
)

# Which service holds which sender, by source; the union counts.
pool_senders = Table(
    "pool_senders",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("sender_key", Text, primary_key=True),
    Column("learned_from", Text, primary_key=True),
    Column("learned_at", BigInteger, nullable=False),
)

# Senders and services about which somebody was asked; what is not here is covered by every opt-out.
placements = Table(
    "placements",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("placed_at", BigInteger, nullable=False),
)

# Which service a sender belonged to once, and until when: a sender that moves unblocks nobody.
former_senders = Table(
    "former_senders",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("sender_key", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("left_at", BigInteger, nullable=False),
)

# What Twilio says of each Messaging Service, beside its pool.
twilio_services = Table(
    "twilio_services",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("friendly_name", Text, nullable=False),
    Column("drops_incoming", Boolean, nullable=False),
    Column("use_inbound_webhook_on_number", Boolean, nullable=False),
    Column("read_at", BigInteger, nullable=False),
)

# The settings of each Messaging Service: a line for each change, only ever added to; the newest is in force.
service_versions = Table(
    "service_versions",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("settings", Text, nullable=False),
    Column("change", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("reason", Text),
    Column("settings_version", BigInteger, nullable=False),
    Column("saved_at", BigInteger, nullable=False),
)

# Messages that are no keyword but ask to stop, for a person to decide on; the body goes when that is done.
review_items = Table(
    "review_items",
    metadata,
    Column("review_id", Text, primary_key=True),
    Column("account_sid", Text, nullable=False),
    Column("message_sid", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("service_sid", Text),
    Column("body", Text),
    Column("language", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("actor", Text),
    Column("reason", Text),
    Column("event_id", Text),
    Index("review_items_by_state", "account_sid", "state", "review_id"),
    Index("review_items_by_message", "account_sid", "message_sid"),
    Index("review_items_of_recipient", "account_sid", "channel", "recipient_key"),
)

# Sends that were held back and told as accepted: messages of the gateway's own, which fail at ``failed_at``.
held_messages = Table(
    "held_messages",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("message_sid", Text, primary_key=True),
    Column("recipient", Text),
    Column("recipient_key", Text),
    Column("sender", Text),
    Column("service_sid", Text),
    Column("body", Text),
    Column("num_media", BigInteger, nullable=False),
    Column("error_code", BigInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("failed_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("held_messages_by_time", "account_sid", "created_at"),
    _index("held_messages_of_recipient", "recipient_key IS NOT NULL", "account_sid", "recipient_key"),
)

# Messages that Twilio holds until a time, so that an opt-out can cancel them.
scheduled_messages = Table(
    "scheduled_messages",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("message_sid", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("service_sid", Text),
    Column("sender", Text),
    Column("fallback_sender", Text),
    Column("send_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Index("scheduled_messages_by_recipient", "account_sid", "channel", "recipient_key"),
)

# Links to the page on which a recipient leaves a Messaging Service or comes back; who holds one is that recipient.
preference_links = Table(
    "preference_links",
    metadata,
    Column("link_id", Text, primary_key=True),
    Column("account_sid", Text, nullable=False),
    Column("service_sid", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("recipient_key", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("preference_links_of_recipient", "account_sid", "channel", "recipient_key"),
    Index("preference_links_by_end", "expires_at"),
)

# Keywords that were learned without their webhook, by what, and whether it came later, or the confirmation was sent.
learned_messages = Table(
    "learned_messages",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("message_sid", Text, primary_key=True),
    Column("learned_from", Text, nullable=False),
    Column("learned_at", BigInteger, nullable=False),
    Column("webhook_at", BigInteger),
    Column("confirmed_at", BigInteger),
)

# Events of Twilio's that brought a keyword, for as long as Twilio may repeat them.
seen_events = Table(
    "seen_events",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("received_at", BigInteger, nullable=False),
    Index("seen_events_by_time", "received_at"),
)

# Until when Twilio's list of inbound messages has been read.
closed_gaps = Table(
    "closed_gaps",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("closed_until", BigInteger, nullable=False),
)

# How far the last back-fill of an account has come; ``counts`` are JSON.
backfills = Table(
    "backfills",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("since", BigInteger),
    Column("until", BigInteger, nullable=False),
    Column("reached", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# How far the import of a file has come, by the digest of the file and of how it is read: ``position`` of ``line``
# consents are done; ``counts`` are JSON.
imports = Table(
    "imports",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("digest", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("line", BigInteger, nullable=False),
    Column("counts", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
)

# What was decided about each send and inbound keyword, and what status callbacks told; kept for a time, without bodies.
# ``recipient_key`` is the one thing in it that tells who somebody is; erasure makes it null.
activity = Table(
    "activity",
    metadata,
    Column("activity_id", Text, primary_key=True),
    Column("account_sid", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("direction", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("enforced", Boolean, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("error_code", BigInteger),
    Column("message_sid", Text),
    Column("service_sid", Text),
    Column("sender", Text),
    Column("channel", Text),
    Column("recipient_key", Text),
    Column("country", Text),
    Column("scope_kind", Text),
    Column("scope_id", Text),
    Column("settings_version", BigInteger),
    Index("activity_by_account", "account_sid", "activity_id"),
    _index("activity_by_message", "message_sid IS NOT NULL", "account_sid", "message_sid", "activity_id"),
    _index("activity_by_recipient", "recipient_key IS NOT NULL", "account_sid", "channel", "recipient_key", "at"),
)

# How often what happened in each quarter of an hour, from the history and from activity; '' where something has no
# service, sender and so on. No recipient is in it. Quarters, as some time zones are no whole hours from UTC.
report_counts = Table(
    "report_counts",
    metadata,
    Column("account_sid", Text, primary_key=True),
    Column("quarter", BigInteger, primary_key=True),
    Column("measure", Text, primary_key=True),
    Column("service_sid", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("country", Text, primary_key=True),
    Column("keyword", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Index("report_counts_by_time", "quarter"),
)

# Work that one process at a time does for all, until a time.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("held_until", BigInteger, nullable=False),
)

# Tokens of the admin listener beside the one of the settings. A name is given once: history names who acted by it.
admin_tokens = Table(
    "admin_tokens",
    metadata,
    Column("name", Text, primary_key=True),
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("accounts", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("expires_at", BigInteger),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("revoked_by", Text),
)

# Who is signed in at the console, by the SHA-256 of what their browser shows; each ends with the token it began with.
admin_sessions = Table(
    "admin_sessions",
    metadata,
    Column("session_sha256", Text, primary_key=True),
    Column("token_sha256", Text, nullable=False),
    Column("account_sid", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)

# The root key and the admin token's hash where the settings give none; the heartbeat of the writability probe.
gateway_values = Table(
    "gateway_values",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
