"""identity

Revision: c04_identity, after c03_eforms.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c04_identity'
down_revision = 'c03_eforms'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
