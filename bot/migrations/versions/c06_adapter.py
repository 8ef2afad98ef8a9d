"""adapter

Revision: c06_adapter, after c05_registry.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c06_adapter'
down_revision = 'c05_registry'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
