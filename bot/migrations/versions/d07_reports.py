"""reports

Revision: d07_reports, after d06_officer.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd07_reports'
down_revision = 'd06_officer'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
