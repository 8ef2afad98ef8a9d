"""eforms

Revision: c03_eforms, after c02_checklists.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c03_eforms'
down_revision = 'c02_checklists'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
