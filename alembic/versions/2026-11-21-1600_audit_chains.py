"""audit chains

Revision: 0004
After: 0003
Made: 2026-11-21 16:00
"""

import sqlalchemy as sa

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_SEVERITY = "ck_audit_events_severity"


def upgrade() -> None:
    op.add_column(
        "audit_events", sa.Column("severity", sa.String(), server_default="info", nullable=False)
    )
    op.alter_column("audit_events", "severity", server_default=None)
    op.add_column("audit_events", sa.Column("address", sa.String(), nullable=True))
    op.add_column("audit_events", sa.Column("user_agent", sa.String(), nullable=True))
    op.create_check_constraint(
        op.f(_SEVERITY), "audit_events", "severity IN ('info', 'notice', 'warning', 'critical')"
    )
    op.create_index("ix_audit_events_tenant_id", "audit_events", ["tenant_id", "at", "id"])
    op.create_table(
        "audit_logs",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("log_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("head_position", sa.BigInteger(), nullable=False),
        sa.Column("head_key", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_logs")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "position", name=op.f("pk_audit_seals")),
    )
    op.create_index("uq_audit_seals_event", "audit_seals", ["owner_id", "event_id"], unique=True)
    op.create_table(
        "audit_unsealed",
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "event_id", "owner_id", name=op.f("pk_audit_unsealed")
        ),
    )
    # What was recorded before there were chains is sealed as it stands today.
    op.execute(
        "INSERT INTO audit_unsealed (tenant_id, event_id, owner_id)"
        " SELECT tenant_id, id, owner_id FROM audit_events"
    )


def downgrade() -> None:
    op.drop_table("audit_unsealed")
    op.drop_table("audit_seals")
    op.drop_table("audit_logs")
    op.drop_index("ix_audit_events_tenant_id", table_name="audit_events")
    op.drop_constraint(op.f(_SEVERITY), "audit_events", type_="check")
    for column in ("user_agent", "address", "severity"):
        op.drop_column("audit_events", column)
