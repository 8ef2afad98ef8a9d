"""registry

Revision: c05_registry, after c04_identity.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c05_registry'
down_revision = 'c04_identity'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('dossier_clocks',
    sa.Column('dossier_id', sa.String(length=32), nullable=False),
    sa.Column('unit', sa.String(length=16), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=True),
    sa.Column('stopped_on', sa.Date(), nullable=True),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('late_reason', sa.String(length=500), nullable=False),
    sa.Column('late_by', sa.String(length=100), nullable=False),
    sa.Column('expected_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossiers.id'], name=op.f('fk_dossier_clocks_dossier_id_dossiers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('dossier_id', name=op.f('pk_dossier_clocks'))
    )
    op.create_table('dossier_requests',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('dossier_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=500), nullable=False),
    sa.Column('sealed_reason', sa.LargeBinary(), nullable=False),
    sa.Column('asked_by', sa.String(length=100), nullable=False),
    sa.Column('asked_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('sealed_answer', sa.LargeBinary(), nullable=True),
    sa.Column('answered_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['dossier_id'], ['dossiers.id'], name=op.f('fk_dossier_requests_dossier_id_dossiers'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dossier_requests'))
    )
    with op.batch_alter_table('dossier_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dossier_requests_dossier_id'), ['dossier_id'], unique=False)

    op.create_table('dossier_supplement_asks',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('request_id', sa.Integer(), nullable=False),
    sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['dossier_requests.id'], name=op.f('fk_dossier_supplement_asks_request_id_dossier_requests'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('conversation_id', name=op.f('pk_dossier_supplement_asks'))
    )
    op.create_table('calendar_changes',
    sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_changes'))
    )
    with op.batch_alter_table('calendar_changes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_calendar_changes_day'), ['day'], unique=False)

    # Dossiers from before: what they promised is the date that they have. "approved" was the name of "result_ready".
    for table in ('dossiers', 'dossier_events'):
        op.execute(f"UPDATE {table} SET state = 'result_ready' WHERE state = 'approved'")
    op.execute(
        "INSERT INTO dossier_clocks (dossier_id, unit, promised_on, late_reason, late_by) "
        "SELECT id, 'working_day', due_on, '', '' FROM dossiers"
    )
    day = 'CAST(updated_at AS DATE)' if op.get_bind().dialect.name == 'postgresql' else 'date(updated_at)'
    for column, states in (
        ('stopped_on', "'supplement_requested'"), ('ended_on', "'result_ready', 'returned', 'rejected', 'withdrawn'"),
    ):
        op.execute(
            f"UPDATE dossier_clocks SET {column} = (SELECT {day} FROM dossiers WHERE id = dossier_id) "
            f"WHERE dossier_id IN (SELECT id FROM dossiers WHERE state IN ({states}))"
        )


def downgrade() -> None:
    with op.batch_alter_table('calendar_changes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_calendar_changes_day'))

    op.drop_table('calendar_changes')
    op.drop_table('dossier_supplement_asks')
    with op.batch_alter_table('dossier_requests', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dossier_requests_dossier_id'))

    op.drop_table('dossier_requests')
    op.drop_table('dossier_clocks')
