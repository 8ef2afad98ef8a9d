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
    op.create_table(
        'report_days',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('sealed', sa.Boolean(), nullable=False),
        sa.Column('counted_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('day', name=op.f('pk_report_days')),
    )
    op.create_table(
        'report_counts',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('measure', sa.String(length=16), nullable=False),
        sa.Column('label', sa.String(length=40), nullable=False),
        sa.Column('channel', sa.String(length=16), nullable=False),
        sa.Column('centre', sa.String(length=32), nullable=False),
        sa.Column('field', sa.String(length=200), nullable=False),
        sa.Column('procedure', sa.String(length=48), nullable=False),
        sa.Column('count', sa.Integer(), nullable=False),
        sa.Column('amount', sa.Double(), nullable=False),
        sa.Column('against', sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_report_counts')),
        sa.UniqueConstraint(
            'measure', 'day', 'label', 'channel', 'centre', 'field', 'procedure', name='uq_report_counts_cell'),
    )
    op.create_index('ix_report_counts_day', 'report_counts', ['day'], unique=False)
    op.create_table(
        'report_forecasts',
        sa.Column('centre', sa.String(length=32), nullable=False),
        sa.Column('made_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('body', sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint('centre', name=op.f('pk_report_forecasts')),
    )
    op.create_index(op.f('ix_turns_started_at'), 'turns', ['started_at'], unique=False)
    op.create_index(op.f('ix_conversations_created_at'), 'conversations', ['created_at'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_conversations_created_at'), 'conversations')
    op.drop_index(op.f('ix_turns_started_at'), 'turns')
    for table in ('report_forecasts', 'report_counts', 'report_days'):
        op.drop_table(table)
