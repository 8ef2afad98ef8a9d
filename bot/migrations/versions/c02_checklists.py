"""checklists

Revision: c02_checklists, after c01_outbox_and_access.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c02_checklists'
down_revision = 'c01_outbox_and_access'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
