"""Sinks, subscriptions, and the events that sinks are owed, among the deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the tables and, to each delivery, the sink it is for and its place in the order."""
    op.create_table(
        "sinks",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("configuration", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=True),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "name"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("sink", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "sink", "event_type"),
    )
    op.add_column("deliveries", sa.Column("sink", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("order_key", sa.Text(), nullable=True))
    op.add_column("deliveries", sa.Column("position", sa.BigInteger(), nullable=True))
    op.drop_index("deliveries_due", "deliveries")
    _add_index("deliveries_due", ["state", "due_at"], "sink IS NULL")
    _add_index("deliveries_of_sink", ["account_sid", "sink", "state", "due_at"], "sink IS NOT NULL")
    _add_index(
        "deliveries_in_order",
        ["account_sid", "sink", "order_key", "position"],
        "state = 'owed' AND sink IS NOT NULL",
    )
    op.create_index("deliveries_by_position", "deliveries", ["position"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.schema.CreateSequence(sa.Sequence("event_positions")))


def _add_index(name: str, columns: list[str], where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "deliveries", columns, unique=False, sqlite_where=condition, postgresql_where=condition)
