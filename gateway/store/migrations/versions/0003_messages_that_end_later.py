"""Messages that were held back and fail later, and messages that Twilio holds until a time."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "held_messages",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("message_sid", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("recipient_key", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("service_sid", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("num_media", sa.BigInteger(), nullable=False),
        sa.Column("error_code", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("failed_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "message_sid"),
    )
    op.create_index("held_messages_by_time", "held_messages", ["account_sid", "created_at"], unique=False)
    op.create_table(
        "scheduled_messages",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("message_sid", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient_key", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("service_sid", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("fallback_sender", sa.Text(), nullable=True),
        sa.Column("send_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_sid", "message_sid"),
    )
    op.create_index(
        "scheduled_messages_by_recipient",
        "scheduled_messages",
        ["account_sid", "channel", "recipient_key"],
        unique=False,
    )
