"""Erasing a person, links to the page of preferences, and nothing kept of deliveries that are done."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

REFUSAL = "consent_events is only ever added to"

# Every column but the three that erasure changes: recipient, recipient_key and reason.
FIXED = (
    "event_id", "account_sid", "channel", "event_type", "change", "scopes", "source", "actor", "role",
    "settings_version", "effective_at", "received_at", "sender", "service_sid", "keyword", "keyword_set", "message_sid",
    "hold", "service_version",
)  # fmt: skip

# Once, and all in one: the recipient is blanked, the key becomes that of an erased person, the reason may go along.
IS_ERASURE = (
    "NEW.recipient = '' AND substr(NEW.recipient_key, 1, 7) = 'erased:' AND substr(OLD.recipient_key, 1, 7) <> 'erased:'"
    " AND (NEW.reason IS NULL) = (OLD.reason IS NULL)"
)
ON_SQLITE = {
    "consent_events_fixed": f"BEFORE UPDATE OF {', '.join(FIXED)} ON consent_events",
    "consent_events_recipient": (
        f"BEFORE UPDATE OF recipient, recipient_key, reason ON consent_events WHEN NOT COALESCE({IS_ERASURE}, FALSE)"
    ),
}
FUNCTION = f"""
CREATE OR REPLACE FUNCTION consent_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF {IS_ERASURE}
           AND to_jsonb(NEW) - ARRAY['recipient', 'recipient_key', 'reason']
               = to_jsonb(OLD) - ARRAY['recipient', 'recipient_key', 'reason'] THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END
$$
"""


def upgrade() -> None:
    """Add what is new, let erasure through, and take payloads from deliveries that are done."""
    op.add_column("accounts", sa.Column("erasures", sa.BigInteger(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "preference_links",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("service_sid", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("link_id"),
    )
    recipient = ["account_sid", "channel", "recipient_key"]
    op.create_index("preference_links_of_recipient", "preference_links", recipient, unique=False)
    op.create_index("preference_links_by_end", "preference_links", ["expires_at"], unique=False)
    op.create_index("review_items_of_recipient", "review_items", recipient, unique=False)
    known = sa.text("recipient_key IS NOT NULL")
    op.create_index(
        "held_messages_of_recipient",
        "held_messages",
        ["account_sid", "recipient_key"],
        unique=False,
        sqlite_where=known,
        postgresql_where=known,
    )
    op.execute("UPDATE deliveries SET payload = '' WHERE state = 'done'")
    if op.get_bind().dialect.name == "sqlite":
        for name, when in ON_SQLITE.items():
            op.execute(f"DROP TRIGGER {name}")
            op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END")
    else:
        op.execute(FUNCTION)
