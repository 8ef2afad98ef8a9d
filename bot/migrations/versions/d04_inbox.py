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

_WHEN = common.database.UtcDateTime


def upgrade() -> None:
    op.create_table('inbox_clusters',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('title', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('how', sa.String(length=16), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('procedure', sa.String(length=40), nullable=True),
        sa.Column('assigned_to', sa.String(length=100), nullable=True),
        sa.Column('merged_into', sa.Integer(), nullable=True),
        sa.Column('fixed', sa.Boolean(), nullable=False),
        sa.Column('recurred', sa.Boolean(), nullable=False),
        sa.Column('seen', sa.Integer(), nullable=False),
        sa.Column('size', sa.Integer(), nullable=False),
        sa.Column('centre', sa.LargeBinary(), nullable=True),
        sa.Column('near', sa.JSON(), nullable=False),
        sa.Column('gap', sa.Boolean(), nullable=False),
        sa.Column('central_id', sa.Integer(), nullable=True),
        sa.Column('opened_at', _WHEN(timezone=True), nullable=False),
        sa.Column('last_at', _WHEN(timezone=True), nullable=False),
        sa.Column('closed_at', _WHEN(timezone=True), nullable=True),
        sa.Column('drafted_at', _WHEN(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_clusters')))
    op.create_index('ix_inbox_clusters_state_last_at', 'inbox_clusters', ['state', 'last_at'])
    op.create_index(op.f('ix_inbox_clusters_assigned_to'), 'inbox_clusters', ['assigned_to'])
    op.create_table('inbox_questions',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('conversation_id', sa.String(length=36), nullable=False),
        sa.Column('digest', sa.String(length=32), nullable=False),
        sa.Column('question', sa.Text(), nullable=False),
        sa.Column('folded', sa.Text(), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('channel', sa.String(length=16), nullable=False),
        sa.Column('message_id', sa.String(length=26), nullable=False),
        sa.Column('at', _WHEN(timezone=True), nullable=False),
        sa.Column('cluster_id', sa.Integer(), nullable=True),
        sa.Column('fixed', sa.Boolean(), nullable=False),
        sa.Column('vector', sa.LargeBinary(), nullable=True),
        sa.Column('near', sa.JSON(), nullable=False),
        sa.Column('gap', sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'],
            name=op.f('fk_inbox_questions_conversation_id_conversations'), ondelete='CASCADE'),
        sa.ForeignKeyConstraint(['cluster_id'], ['inbox_clusters.id'],
            name=op.f('fk_inbox_questions_cluster_id_inbox_clusters'), ondelete='SET NULL'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_inbox_questions')),
        sa.UniqueConstraint('conversation_id', 'digest', name=op.f('uq_inbox_questions_conversation_id')))
    for column in ('conversation_id', 'kind', 'at', 'cluster_id'):
        op.create_index(op.f(f'ix_inbox_questions_{column}'), 'inbox_questions', [column])
    op.create_table('inbox_follow_ups',
        sa.Column('conversation_id', sa.String(length=36), nullable=False),
        sa.Column('digest', sa.String(length=32), nullable=False),
        sa.Column('question', sa.Text(), nullable=False),
        sa.Column('text_version', sa.String(length=32), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('procedure', sa.String(length=40), nullable=True),
        sa.Column('at', _WHEN(timezone=True), nullable=False),
        sa.Column('told_at', _WHEN(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(['conversation_id'], ['conversations.id'],
            name=op.f('fk_inbox_follow_ups_conversation_id_conversations'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('conversation_id', 'digest', name=op.f('pk_inbox_follow_ups')))
    op.create_index(op.f('ix_inbox_follow_ups_state'), 'inbox_follow_ups', ['state'])
    op.create_table('inbox_marks',
        sa.Column('name', sa.String(length=32), nullable=False),
        sa.Column('until', _WHEN(timezone=True), nullable=True),
        sa.Column('busy_by', sa.String(length=36), nullable=True),
        sa.Column('busy_until', _WHEN(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint('name', name=op.f('pk_inbox_marks')))


def downgrade() -> None:
    for table in ('inbox_marks', 'inbox_follow_ups', 'inbox_questions', 'inbox_clusters'):
        op.drop_table(table)
