"""devices and revocations

Revision: 0005
After: 0004
Made: 2026-11-21 17:00
"""

import sqlalchemy as sa

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KINDS = "'token', 'jti', 'device', 'everywhere', 'suspect_token', 'suspect_sign_in'"


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("mobile", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(), nullable=True),
        sa.Column("first_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signed_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.owner_id"],
            name=op.f("fk_devices_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_devices")),
        postgresql_with={"fillfactor": 75},
    )
    op.create_table(
        "device_tokens",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id", "device_id"],
            ["devices.owner_id", "devices.id"],
            name=op.f("fk_device_tokens_owner_id_device_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "owner_id", "device_id", "token_hash", name=op.f("pk_device_tokens")
        ),
    )
    op.create_index("ix_device_tokens_expires_at", "device_tokens", ["expires_at"])
    op.create_table(
        "revocations",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(f"kind IN ({_KINDS})", name=op.f("ck_revocations_kind")),
        sa.PrimaryKeyConstraint("owner_id", "kind", "value", name=op.f("pk_revocations")),
    )
    op.create_index("ix_revocations_transaction_id", "revocations", ["transaction_id"])
    op.create_index("ix_revocations_expires_at", "revocations", ["expires_at"])


def downgrade() -> None:
    op.drop_table("revocations")
    op.drop_table("device_tokens")
    op.drop_table("devices")
