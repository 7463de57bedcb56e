"""Tokens of the admin listener, lists by account, and a history that the database itself refuses to change."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

REFUSAL = "consent_events is only ever added to"

# Every column of the table but the readable recipient, which erasure may blank: to '' (or to null, where that is let in).
FIXED = (
    "event_id", "account_sid", "channel", "recipient_key", "event_type", "change", "scopes", "source", "actor", "role",
    "settings_version", "effective_at", "received_at", "sender", "service_sid", "keyword", "keyword_set", "message_sid",
    "reason", "hold", "service_version",
)  # fmt: skip

# REPLACE deletes a line without any trigger of DELETE (SQLite, REPLACE), so a line that is there is not written again.
ON_SQLITE = {
    "consent_events_fixed": f"BEFORE UPDATE OF {', '.join(FIXED)}",
    "consent_events_recipient": "BEFORE UPDATE OF recipient",
    "consent_events_kept": "BEFORE DELETE",
    "consent_events_once": "BEFORE INSERT",
}
WHEN_ON_SQLITE = {
    "consent_events_recipient": "WHEN NEW.recipient IS NOT NULL AND NEW.recipient <> ''",
    "consent_events_once": "WHEN EXISTS (SELECT 1 FROM consent_events WHERE event_id = NEW.event_id)",
}

FUNCTION = f"""
CREATE FUNCTION consent_events_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF COALESCE(NEW.recipient, '') = '' AND to_jsonb(NEW) - 'recipient' = to_jsonb(OLD) - 'recipient' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation';
END
$$
"""
ON_POSTGRESQL = {
    "consent_events_kept": "BEFORE UPDATE OR DELETE ON consent_events FOR EACH ROW",
    "consent_events_not_emptied": "BEFORE TRUNCATE ON consent_events FOR EACH STATEMENT",
}


def upgrade() -> None:
    """Add what is new."""
    op.create_table(
        "admin_tokens",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("accounts", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index("opt_outs_by_account", "opt_outs", ["account_sid", "opt_out_id"], unique=False)
    op.create_index("consent_events_by_account", "consent_events", ["account_sid", "event_id"], unique=False)
    if op.get_bind().dialect.name == "sqlite":
        for name, event in ON_SQLITE.items():
            when = WHEN_ON_SQLITE.get(name, "")
            op.execute(
                f"CREATE TRIGGER {name} {event} ON consent_events {when} BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(FUNCTION)
    for name, event in ON_POSTGRESQL.items():
        op.execute(f"CREATE TRIGGER {name} {event} EXECUTE FUNCTION consent_events_refuse()")


def downgrade() -> None:
    """Take it away again."""
    if op.get_bind().dialect.name == "sqlite":
        for name in ON_SQLITE:
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in ON_POSTGRESQL:
            op.execute(f"DROP TRIGGER {name} ON consent_events")
        op.execute("DROP FUNCTION consent_events_refuse()")
    op.drop_index("consent_events_by_account", table_name="consent_events")
    op.drop_index("opt_outs_by_account", table_name="opt_outs")
    op.drop_table("admin_tokens")
