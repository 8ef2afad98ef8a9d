"""inbox

Revision: d04_inbox, after d03_gate.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd04_inbox'
down_revision = 'd03_gate'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
