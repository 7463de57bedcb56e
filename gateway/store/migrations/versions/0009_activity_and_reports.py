"""Activity: what was decided about each message. Counts of it, and of the history, for reports."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "activity",
        sa.Column("activity_id", sa.Text(), nullable=False),
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("enforced", sa.Boolean(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.BigInteger(), nullable=True),
        sa.Column("message_sid", sa.Text(), nullable=True),
        sa.Column("service_sid", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("recipient_key", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("scope_kind", sa.Text(), nullable=True),
        sa.Column("scope_id", sa.Text(), nullable=True),
        sa.Column("settings_version", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("activity_id"),
    )
    op.create_index("activity_by_account", "activity", ["account_sid", "activity_id"], unique=False)
    _add_index("activity_by_message", ["account_sid", "message_sid", "activity_id"], "message_sid IS NOT NULL")
    _add_index("activity_by_recipient", ["account_sid", "channel", "recipient_key", "at"], "recipient_key IS NOT NULL")
    op.create_table(
        "report_counts",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("quarter", sa.BigInteger(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("service_sid", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("keyword", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "account_sid", "quarter", "measure", "service_sid", "sender", "country", "keyword", "source", "reason"
        ),
    )
    op.create_index("report_counts_by_time", "report_counts", ["quarter"], unique=False)


def _add_index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "activity", columns, unique=False, sqlite_where=condition, postgresql_where=condition)
