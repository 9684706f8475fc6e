"""create workspace tree

Revision: 0001
After:
Made: 2026-11-21 12:00
"""

import sqlalchemy as sa

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("request_id", sa.String(), nullable=True),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_audit_events")),
    )
    op.create_index("ix_audit_events_at", "audit_events", ["owner_id", "at", "id"], unique=False)
    op.create_table(
        "job_leases",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job_leases")),
    )
    op.create_table(
        "users",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=op.f("pk_users")),
    )
    op.create_table(
        "user_sessions",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("metadata_ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint_ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("fields_version", sa.BigInteger(), nullable=False),
        sa.Column("chat_version", sa.BigInteger(), nullable=False),
        sa.Column("message_seq", sa.BigInteger(), nullable=False),
        sa.Column("message_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_activity_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("abandoned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('active', 'completed', 'abandoned', 'archived')",
            name=op.f("ck_user_sessions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.owner_id"],
            name=op.f("fk_user_sessions_owner_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_user_sessions")),
        postgresql_with={"fillfactor": 75},
    )
    op.create_index(
        "ix_user_sessions_abandoned",
        "user_sessions",
        ["abandoned_at"],
        unique=False,
        postgresql_where=sa.text("status = 'abandoned'"),
    )
    op.create_index(
        "ix_user_sessions_active",
        "user_sessions",
        ["owner_id", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_table(
        "chats",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_chats_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_chats")),
        sa.UniqueConstraint("owner_id", "session_id", name=op.f("uq_chats_owner_id_session_id")),
    )
    op.create_table(
        "missions",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant_id", sa.String(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_missions_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_missions_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.owner_id"], name=op.f("fk_missions_owner_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("owner_id", "id", name=op.f("pk_missions")),
        sa.UniqueConstraint(
            "owner_id", "session_id", "id", name=op.f("uq_missions_owner_id_session_id_id")
        ),
        sa.UniqueConstraint("owner_id", "session_id", name=op.f("uq_missions_owner_id_session_id")),
    )
    op.create_index(
        "ix_missions_created", "missions", ["owner_id", "created_at", "id"], unique=False
    )
    op.create_table(
        "session_changes",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("entity", sa.String(), nullable=False),
        sa.Column("entity_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_session_changes_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "owner_id", "session_id", "version", name=op.f("pk_session_changes")
        ),
    )
    op.create_table(
        "chat_messages",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("chat_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("content", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("text_length", sa.Integer(), nullable=True),
        sa.Column("message_metadata", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("asset_ids", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "role IN ('user', 'assistant', 'system', 'tool')", name=op.f("ck_chat_messages_role")
        ),
        sa.CheckConstraint(
            "status IN ('complete', 'in_progress', 'failed', 'cancelled')",
            name=op.f("ck_chat_messages_status"),
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_chat_messages_seq")),
        sa.ForeignKeyConstraint(
            ["owner_id", "chat_id"],
            ["chats.owner_id", "chats.id"],
            name=op.f("fk_chat_messages_owner_id_chat_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "chat_id", "id", name=op.f("pk_chat_messages")),
    )
    op.create_index(
        "ix_chat_messages_in_progress",
        "chat_messages",
        ["owner_id", "chat_id"],
        unique=False,
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.create_index(
        "ix_chat_messages_seq",
        "chat_messages",
        ["owner_id", "chat_id", "seq"],
        unique=True,
        postgresql_where=sa.text("seq > 0"),
    )
    op.create_table(
        "hops",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("data", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_hops_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "mission_id"],
            ["missions.owner_id", "missions.id"],
            name=op.f("fk_hops_owner_id_mission_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "mission_id", "id", name=op.f("pk_hops")),
        sa.UniqueConstraint(
            "owner_id", "mission_id", "seq", name=op.f("uq_hops_owner_id_mission_id_seq")
        ),
    )
    op.create_table(
        "assets",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=True),
        sa.Column("hop_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content_type", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(scope = 'session' AND mission_id IS NULL AND hop_id IS NULL)"
            " OR (scope = 'mission' AND mission_id IS NOT NULL AND hop_id IS NULL)"
            " OR (scope = 'hop' AND mission_id IS NOT NULL AND hop_id IS NOT NULL)",
            name=op.f("ck_assets_scope_matches_ids"),
        ),
        sa.CheckConstraint("scope IN ('session', 'mission', 'hop')", name=op.f("ck_assets_scope")),
        sa.CheckConstraint("status IN ('pending', 'ready')", name=op.f("ck_assets_status")),
        sa.CheckConstraint("size >= 0", name=op.f("ck_assets_size")),
        sa.ForeignKeyConstraint(
            ["owner_id", "mission_id", "hop_id"],
            ["hops.owner_id", "hops.mission_id", "hops.id"],
            name=op.f("fk_assets_owner_id_mission_id_hop_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id", "mission_id"],
            ["missions.owner_id", "missions.session_id", "missions.id"],
            name=op.f("fk_assets_owner_id_session_id_mission_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "session_id"],
            ["user_sessions.owner_id", "user_sessions.id"],
            name=op.f("fk_assets_owner_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("owner_id", "session_id", "id", name=op.f("pk_assets")),
    )
    op.create_table(
        "tool_steps",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("mission_id", sa.Uuid(), nullable=False),
        sa.Column("hop_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("input", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("output", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "status IN ('pending', 'active', 'completed', 'failed', 'cancelled')",
            name=op.f("ck_tool_steps_status"),
        ),
        sa.ForeignKeyConstraint(
            ["owner_id", "mission_id", "hop_id"],
            ["hops.owner_id", "hops.mission_id", "hops.id"],
            name=op.f("fk_tool_steps_owner_id_mission_id_hop_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "owner_id", "mission_id", "hop_id", "id", name=op.f("pk_tool_steps")
        ),
        sa.UniqueConstraint(
            "owner_id",
            "mission_id",
            "hop_id",
            "seq",
            name=op.f("uq_tool_steps_owner_id_mission_id_hop_id_seq"),
        ),
    )


def downgrade() -> None:
    op.drop_table("tool_steps")
    op.drop_table("assets")
    op.drop_table("hops")
    op.drop_index(
        "ix_chat_messages_seq",
        table_name="chat_messages",
        postgresql_where=sa.text("seq > 0"),
    )
    op.drop_index(
        "ix_chat_messages_in_progress",
        table_name="chat_messages",
        postgresql_where=sa.text("status = 'in_progress'"),
    )
    op.drop_table("chat_messages")
    op.drop_table("session_changes")
    op.drop_index("ix_missions_created", table_name="missions")
    op.drop_table("missions")
    op.drop_table("chats")
    op.drop_index(
        "ix_user_sessions_active",
        table_name="user_sessions",
        postgresql_where=sa.text("status = 'active'"),
    )
    op.drop_index(
        "ix_user_sessions_abandoned",
        table_name="user_sessions",
        postgresql_where=sa.text("status = 'abandoned'"),
    )
    op.drop_table("user_sessions")
    op.drop_table("users")
    op.drop_table("job_leases")
    op.drop_index("ix_audit_events_at", table_name="audit_events")
    op.drop_table("audit_events")
