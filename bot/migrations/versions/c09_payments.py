"""payments

Revision: c09_payments, after c08_centres.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c09_payments'
down_revision = 'c08_centres'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
