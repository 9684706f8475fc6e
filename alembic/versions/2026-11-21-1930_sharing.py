"""sharing

Revision: 0007
After: 0008
Made: 2026-11-21 19:30
"""

import sqlalchemy as sa

from alembic import op

revision = "0007"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "session_shares",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.String(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("max_uses", sa.Integer(), nullable=True),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('viewer', 'editor')", name=op.f("ck_session_shares_role")),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (token_hash IS NULL)",
            name=op.f("ck_session_shares_person_or_link"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_session_shares_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id", "link_id"],
            ["session_shares.owner_id", "session_shares.session_id", "session_shares.id"],
            name=op.f("fk_session_shares_owner_id_session_id_link_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "session_id", "id", name=op.f("pk_session_shares")),
    )
    op.create_index("ix_session_shares_token_hash", "session_shares", ["token_hash"])
    op.create_index(
        "ix_session_shares_link_id", "session_shares", ["owner_id", "session_id", "link_id"]
    )
    op.create_table(
        "session_members",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("host_id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accessed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.owner_id"],
            name=op.f("fk_session_members_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "session_id", name=op.f("pk_session_members")),
        postgresql_with={"fillfactor": 75},
    )
    op.create_index("ix_session_members_host_id", "session_members", ["host_id", "session_id"])
    op.create_index(
        "ix_session_members_shared_at", "session_members", ["owner_id", "shared_at", "session_id"]
    )


def downgrade() -> None:
    op.drop_table("session_members")
    op.drop_table("session_shares")
