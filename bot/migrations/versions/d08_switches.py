"""switches

Revision: d08_switches, after d07_reports.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd08_switches'
down_revision = 'd07_reports'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'switches',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.String(length=12), nullable=False),
        sa.Column('target', sa.String(length=60), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('since', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('until', common.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column('ended_at', common.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_switches')),
    )
    op.create_index(op.f('ix_switches_ended_at'), 'switches', ['ended_at'], unique=False)
    op.create_table(
        'public_notices',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('level', sa.String(length=12), nullable=False),
        sa.Column('text', sa.String(length=500), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('starts_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('ends_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('ended_at', common.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_public_notices')),
    )
    op.create_index(op.f('ix_public_notices_ends_at'), 'public_notices', ['ends_at'], unique=False)


def downgrade() -> None:
    op.drop_table('public_notices')
    op.drop_table('switches')
