"""officer

Revision: d06_officer, after d05_desk.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = 'd06_officer'
down_revision = 'd05_desk'
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, length in (('centre', 32), ('officer', 64)):
        op.add_column('dossiers', sa.Column(name, sa.String(length=length), nullable=False, server_default=''))
        op.create_index(op.f(f'ix_dossiers_{name}'), 'dossiers', [name], unique=False)


def downgrade() -> None:
    for name in ('officer', 'centre'):
        op.drop_index(op.f(f'ix_dossiers_{name}'), 'dossiers')
        op.drop_column('dossiers', name)
