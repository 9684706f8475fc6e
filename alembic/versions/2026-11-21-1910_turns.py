"""turns

Revision: 0009
After: 0006
Made: 2026-11-21 19:10
"""

import sqlalchemy as sa

from alembic import op

revision = "0009"
down_revision = "0006"
branch_labels = None
depends_on = None

_COLUMNS = {
    "turn_number": sa.BigInteger(),
    "turn_version": sa.BigInteger(),
    "turn_seq": sa.BigInteger(),
    "turn_id": sa.Uuid(),
    "turn_holder": sa.String(),
    "turn_user_id": sa.String(),
    "turn_expires_at": sa.DateTime(timezone=True),
}


def upgrade() -> None:
    # Without a default, so that no row is written.
    for name, kind in _COLUMNS.items():
        op.add_column("user_sessions", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_column("user_sessions", name)
