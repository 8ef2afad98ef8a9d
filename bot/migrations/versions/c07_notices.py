"""notices

Revision: c07_notices, after c06_adapter.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c07_notices'
down_revision = 'c06_adapter'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
