"""adapter

Revision: c06_adapter, after c05_registry.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c06_adapter'
down_revision = 'c05_registry'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('outside_dossiers',
    sa.Column('dossier_id', sa.String(length=32), nullable=False),
    sa.Column('outside_code', sa.String(length=64), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('outside_state', sa.String(length=48), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('sent_files', sa.Text(), nullable=False),
    sa.Column('problem', sa.String(length=200), nullable=False),
    sa.Column('sent_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('checked_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossiers.id'], name=op.f('fk_outside_dossiers_dossier_id_dossiers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('dossier_id', name=op.f('pk_outside_dossiers')),
    sa.UniqueConstraint('outside_code', name=op.f('uq_outside_dossiers_outside_code'))
    )
    with op.batch_alter_table('outside_dossiers', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outside_dossiers_state'), ['state'], unique=False)
    op.create_table('outside_events',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('event_id', sa.String(length=160), nullable=False),
    sa.Column('outside_code', sa.String(length=64), nullable=False),
    sa.Column('reference', sa.String(length=48), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('dossier_id', sa.String(length=32), nullable=True),
    sa.Column('state', sa.String(length=48), nullable=False),
    sa.Column('sealed_note', sa.LargeBinary(), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('received_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossiers.id'], name=op.f('fk_outside_events_dossier_id_dossiers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outside_events')),
    sa.UniqueConstraint('event_id', name='uq_outside_events_event_id'),
    sa.UniqueConstraint('outside_code', 'sequence', name='uq_outside_events_step')
    )
    with op.batch_alter_table('outside_events', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_outside_events_dossier_id'), ['dossier_id'], unique=False)
        batch_op.create_index('ix_outside_events_outcome', ['outcome', 'id'], unique=False)


def downgrade() -> None:
    op.drop_table('outside_events')
    op.drop_table('outside_dossiers')
