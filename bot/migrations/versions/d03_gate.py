"""gate

Revision: d03_gate, after d02_curation.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd03_gate'
down_revision = 'd02_curation'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('golden_questions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('question', sa.String(length=300), nullable=False),
    sa.Column('expected', sa.String(length=8), nullable=False),
    sa.Column('shipped', sa.Boolean(), nullable=False),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('removed_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('passed', sa.Boolean(), nullable=True),
    sa.Column('decision', sa.String(length=8), nullable=False),
    sa.Column('first', sa.String(length=40), nullable=False),
    sa.Column('confidence', sa.Double(), nullable=False),
    sa.Column('candidates', sa.JSON(), nullable=False),
    sa.Column('judged_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_golden_questions')),
    sa.UniqueConstraint('code', 'question', name=op.f('uq_golden_questions_code'))
    )
    with op.batch_alter_table('golden_questions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_golden_questions_code'), ['code'], unique=False)

    op.create_table('golden_runs',
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('passed', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('day', 'code', name=op.f('pk_golden_runs'))
    )
    op.create_table('recalls',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('from_version', sa.Integer(), nullable=False),
    sa.Column('to_version', sa.Integer(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reviewer', sa.String(length=100), nullable=True),
    sa.Column('reviewed_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('done_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('found', sa.Integer(), nullable=False),
    sa.Column('told', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recalls'))
    )
    with op.batch_alter_table('recalls', schema=None) as batch_op:
        batch_op.create_index('ix_recalls_code_to_version', ['code', 'to_version'], unique=False)

    op.create_table('search_thresholds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('answer_at', sa.Double(), nullable=True),
    sa.Column('domain_at', sa.Double(), nullable=True),
    sa.Column('author', sa.String(length=100), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_thresholds'))
    )
    op.create_table('recall_targets',
    sa.Column('recall_id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('message_id', sa.String(length=26), nullable=False),
    sa.Column('fields', sa.JSON(), nullable=False),
    sa.Column('sent_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['conversation_id', 'message_id'], ['messages.conversation_id', 'messages.id'], name=op.f('fk_recall_targets_conversation_id_messages'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['recall_id'], ['recalls.id'], name=op.f('fk_recall_targets_recall_id_recalls'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('recall_id', 'conversation_id', name=op.f('pk_recall_targets'))
    )
    with op.batch_alter_table('recall_targets', schema=None) as batch_op:
        batch_op.create_index('ix_recall_targets_message', ['conversation_id', 'message_id'], unique=False)


def downgrade() -> None:
    op.drop_table('recall_targets')
    op.drop_table('recalls')
    op.drop_table('search_thresholds')
    op.drop_table('golden_runs')
    op.drop_table('golden_questions')
