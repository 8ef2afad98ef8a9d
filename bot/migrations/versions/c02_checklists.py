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
    op.create_table(
        'checklists',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('conversation_id', sa.String(length=64), nullable=False),
        sa.Column('procedure_code', sa.String(length=40), nullable=False),
        sa.Column('guide_version', sa.Integer(), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('created_at', common.database.UtcDateTime(), nullable=False),
        sa.Column('updated_at', common.database.UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id'),
        sa.UniqueConstraint('conversation_id', 'procedure_code', name='uq_checklists_procedure'),
    )
    op.create_index('ix_checklists_conversation_id', 'checklists', ['conversation_id'])


def downgrade() -> None:
    op.drop_table('checklists')
