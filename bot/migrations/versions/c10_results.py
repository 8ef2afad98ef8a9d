"""results

Revision: c10_results, after c09_payments.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c10_results'
down_revision = 'c09_payments'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'dossier_results',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('dossier_id', sa.String(length=32), nullable=False),
        sa.Column('number', sa.String(length=80), nullable=False),
        sa.Column('issued_on', sa.Date(), nullable=False),
        sa.Column('agency', sa.String(length=200), nullable=False),
        sa.Column('signed_by', sa.String(length=100), nullable=False),
        sa.Column('sealed_abstract', sa.LargeBinary(), nullable=False),
        sa.Column('holder', sa.String(length=200), nullable=False),
        sa.Column('expires_on', sa.Date(), nullable=True),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('seal', sa.String(length=64), nullable=False),
        sa.Column('test', sa.Boolean(), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.String(length=500), nullable=False),
        sa.Column('actor', sa.String(length=100), nullable=False),
        sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['dossier_id'], ['dossiers.id'], name=op.f('fk_dossier_results_dossier_id_dossiers'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_dossier_results')),
        sa.UniqueConstraint('sha256', name=op.f('uq_dossier_results_sha256')),
    )
    with op.batch_alter_table('dossier_results', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dossier_results_dossier_id'), ['dossier_id'], unique=False)


def downgrade() -> None:
    op.drop_table('dossier_results')
