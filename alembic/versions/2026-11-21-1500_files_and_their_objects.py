"""files and their objects

Revision: 0002
After: 0001
Made: 2026-11-21 15:00
"""

import sqlalchemy as sa

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_REFERENCES = (
    (["session_id"], "user_sessions", ["id"]),
    (["session_id", "mission_id"], "missions", ["session_id", "id"]),
    (["mission_id", "hop_id"], "hops", ["mission_id", "id"]),
)


def upgrade() -> None:
    for counter in ("asset_count", "asset_bytes"):
        op.add_column(
            "users",
            sa.Column(counter, sa.BigInteger(), server_default="0", nullable=False),
        )
        op.alter_column("users", counter, server_default=None)
    op.create_index("ix_users_tenant_id", "users", ["tenant_id"])
    # Nothing before this revision could write an asset, so there is none that lacks these.
    op.add_column("assets", sa.Column("object_key", sa.String(), nullable=False))
    op.add_column("assets", sa.Column("upload_id", sa.String(), nullable=True))
    op.add_column("assets", sa.Column("part_size", sa.BigInteger(), nullable=True))
    op.add_column("assets", sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False))
    op.add_column("assets", sa.Column("lost_at", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("assets", "expires_at", nullable=False)
    op.create_index(
        "ix_assets_expires_at",
        "assets",
        ["expires_at"],
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_assets_checked_at",
        "assets",
        ["checked_at"],
        postgresql_where=sa.text("status = 'ready'"),
    )
    op.create_index("ix_assets_object_key", "assets", ["object_key"])
    _refer(ondelete="NO ACTION")
    op.create_table(
        "object_deletions",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("upload_id", sa.String(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "object_key", name=op.f("pk_object_deletions")),
    )
    op.create_index("ix_object_deletions_due_at", "object_deletions", ["due_at"])


def downgrade() -> None:
    op.drop_index("ix_object_deletions_due_at", table_name="object_deletions")
    op.drop_table("object_deletions")
    _refer(ondelete="CASCADE")
    op.drop_index("ix_assets_object_key", table_name="assets")
    op.drop_index("ix_assets_checked_at", table_name="assets")
    op.drop_index("ix_assets_expires_at", table_name="assets")
    op.alter_column("assets", "expires_at", nullable=True)
    for column in ("lost_at", "checked_at", "part_size", "upload_id", "object_key"):
        op.drop_column("assets", column)
    op.drop_index("ix_users_tenant_id", table_name="users")
    for counter in ("asset_bytes", "asset_count"):
        op.drop_column("users", counter)


def _refer(*, ondelete: str) -> None:
    for columns, target, targets in _REFERENCES:
        name = op.f("fk_assets_owner_id_" + "_".join(columns))
        op.drop_constraint(name, "assets", type_="foreignkey")
        op.create_foreign_key(
            name,
            "assets",
            target,
            ["owner_id", *columns],
            ["owner_id", *targets],
            ondelete=ondelete,
        )
