"""What is kept in shadow mode: beside each opt-out, in the history, and counted; webhooks that were adopted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

REFUSAL = "consent_events is only ever added to"
ERASABLE = ("recipient", "recipient_key", "reason")  # what erasing a person changes, see 0010
OF_OPT_OUTS = (
    ("shadow_standing", sa.Boolean()),
    ("shadow_effective_at", sa.BigInteger()),
    ("shadow_source", sa.Text()),
    ("shadow_event_id", sa.Text()),
)


def upgrade() -> None:
    """Add the columns and the tables."""
    for name, kind in OF_OPT_OUTS:
        op.add_column("opt_outs", sa.Column(name, kind, nullable=True))
    op.create_index(
        "opt_outs_in_shadow",
        "opt_outs",
        ["account_sid", "opt_out_id"],
        unique=False,
        sqlite_where=sa.text("shadow_standing IS NOT NULL"),
        postgresql_where=sa.text("shadow_standing IS NOT NULL"),
    )
    op.add_column("consent_events", sa.Column("enforced", sa.Boolean(), nullable=False, server_default=sa.true()))
    _fix_all_columns()
    op.create_table(
        "shadow_counts",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("service_sid", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "day", "service_sid", "what"),
    )
    op.create_table(
        "adopted_webhooks",
        sa.Column("account_sid", sa.Text(), nullable=False),
        sa.Column("sid", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("app", sa.Text(), nullable=False),
        sa.Column("ours", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_sid", "sid"),
    )


def _fix_all_columns() -> None:
    """Let SQLite's trigger refuse changes of every column there is now, save those that erasure may change."""
    bind = op.get_bind()
    if bind.dialect.name != "sqlite":
        return
    fixed = [row[1] for row in bind.exec_driver_sql("PRAGMA table_info(consent_events)") if row[1] not in ERASABLE]
    op.execute("DROP TRIGGER consent_events_fixed")
    op.execute(
        f"CREATE TRIGGER consent_events_fixed BEFORE UPDATE OF {', '.join(fixed)} ON consent_events"
        f" BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )


def downgrade() -> None:
    """Take it away again; what was kept in shadow mode is lost."""
    op.drop_table("adopted_webhooks")
    op.drop_table("shadow_counts")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER consent_events_fixed")
    op.drop_column("consent_events", "enforced")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("CREATE TRIGGER consent_events_fixed BEFORE UPDATE ON consent_events BEGIN SELECT 1; END")
        _fix_all_columns()
    op.drop_index("opt_outs_in_shadow", table_name="opt_outs")
    for name, _ in OF_OPT_OUTS:
        op.drop_column("opt_outs", name)
