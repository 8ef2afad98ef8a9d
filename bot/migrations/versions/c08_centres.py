"""centres

Revision: c08_centres, after c07_notices.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c08_centres'
down_revision = 'c07_notices'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
