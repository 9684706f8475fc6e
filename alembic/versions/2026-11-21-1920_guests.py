"""guests

Revision: 0008
After: 0009
Made: 2026-11-21 19:20
"""

import sqlalchemy as sa

from alembic import op

revision = "0008"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guests",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("renewable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("merged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.owner_id"],
            name=op.f("fk_guests_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_guests")),
    )
    op.create_index("ix_guests_renewable_until", "guests", ["renewable_until"])
    op.create_index("ix_object_deletions_object_key", "object_deletions", ["object_key"])


def downgrade() -> None:
    op.drop_index("ix_object_deletions_object_key", "object_deletions")
    op.drop_table("guests")
