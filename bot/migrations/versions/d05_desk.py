"""desk

Revision: d05_desk, after d04_inbox.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd05_desk'
down_revision = 'd04_inbox'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
