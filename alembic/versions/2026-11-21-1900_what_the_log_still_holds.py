"""what the log still holds

Revision: 0006
After: 0005
Made: 2026-11-21 19:00
"""

import sqlalchemy as sa

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Nothing was ever trimmed, so every log can be asked from its beginning.
    op.add_column(
        "user_sessions",
        sa.Column("changes_from", sa.BigInteger(), server_default="0", nullable=False),
    )
    op.alter_column("user_sessions", "changes_from", server_default=None)


def downgrade() -> None:
    op.drop_column("user_sessions", "changes_from")
