"""handoffs

Revision: 0010
After: 0007
Made: 2026-11-21 19:50
"""

import sqlalchemy as sa

from alembic import op

revision = "0010"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "handoffs",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_by", sa.Uuid(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_handoffs_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "code_hash", name=op.f("pk_handoffs")),
    )
    op.create_index("ix_handoffs_expires_at", "handoffs", ["expires_at"])
    op.create_index("ix_handoffs_session_id", "handoffs", ["owner_id", "session_id"])


def downgrade() -> None:
    op.drop_table("handoffs")
