"""desk

Revision: d05_desk, after d04_inbox.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd05_desk'
down_revision = 'd04_inbox'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('desk_agents',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('unit', sa.String(length=120), nullable=False),
    sa.Column('capacity', sa.Integer(), nullable=True),
    sa.Column('since', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_desk_agents'))
    )
    with op.batch_alter_table('desk_agents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_agents_seen_at'), ['seen_at'], unique=False)

    op.create_table('desk_asks',
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('what', sa.String(length=8), nullable=False),
    sa.Column('subject', sa.Integer(), nullable=False),
    sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('conversation_id', name=op.f('pk_desk_asks'))
    )
    op.create_table('desk_callbacks',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('need', sa.String(length=300), nullable=False),
    sa.Column('unit', sa.String(length=120), nullable=False),
    sa.Column('sealed_phone', sa.LargeBinary(), nullable=True),
    sa.Column('shown', sa.String(length=20), nullable=False),
    sa.Column('consent', sa.String(length=32), nullable=False),
    sa.Column('state', sa.String(length=8), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=True),
    sa.Column('asked_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('done_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_callbacks'))
    )
    with op.batch_alter_table('desk_callbacks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_callbacks_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_desk_callbacks_state'), ['state'], unique=False)

    op.create_table('desk_canned',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('owner', sa.String(length=64), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('changed_by', sa.String(length=64), nullable=False),
    sa.Column('changed_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_canned'))
    )
    with op.batch_alter_table('desk_canned', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_canned_owner'), ['owner'], unique=False)

    op.create_table('desk_cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=True),
    sa.Column('ticket', sa.String(length=24), nullable=True),
    sa.Column('reason', sa.String(length=40), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('unit', sa.String(length=120), nullable=False),
    sa.Column('procedure', sa.String(length=48), nullable=True),
    sa.Column('field', sa.String(length=80), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('need', sa.String(length=300), nullable=False),
    sa.Column('marks', sa.JSON(), nullable=False),
    sa.Column('agent', sa.String(length=64), nullable=True),
    sa.Column('order_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('queued_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('waiting_since', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('claimed_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('first_reply_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('closed_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('transfers', sa.Integer(), nullable=False),
    sa.Column('told_place', sa.Integer(), nullable=True),
    sa.Column('told_minutes', sa.Integer(), nullable=True),
    sa.Column('told_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('nudged_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_cases'))
    )
    with op.batch_alter_table('desk_cases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_cases_agent'), ['agent'], unique=False)
        batch_op.create_index(batch_op.f('ix_desk_cases_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_desk_cases_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_desk_cases_queued_at'), ['queued_at'], unique=False)
        batch_op.create_index('ix_desk_cases_waiting', ['closed_at', 'agent', 'order_at'], unique=False)
        batch_op.create_index('uq_desk_cases_open', ['conversation_id'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('desk_files',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('author', sa.String(length=8), nullable=False),
    sa.Column('agent', sa.String(length=64), nullable=True),
    sa.Column('sealed_name', sa.LargeBinary(), nullable=False),
    sa.Column('type', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_files'))
    )
    with op.batch_alter_table('desk_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_files_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('desk_notes',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('author', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_notes'))
    )
    with op.batch_alter_table('desk_notes', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_desk_notes_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('desk_typing',
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('author', sa.String(length=8), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('conversation_id', 'author', name=op.f('pk_desk_typing'))
    )
    op.create_table('desk_words',
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('message_id', sa.String(length=26), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('conversation_id', 'message_id', name=op.f('pk_desk_words'))
    )
    op.create_table('satisfaction',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('conversation_id', sa.String(length=36), nullable=False),
    sa.Column('case_id', sa.Integer(), nullable=False),
    sa.Column('procedure', sa.String(length=48), nullable=True),
    sa.Column('centre', sa.String(length=120), nullable=False),
    sa.Column('score', sa.Integer(), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_satisfaction')),
    sa.UniqueConstraint('case_id', name=op.f('uq_satisfaction_case_id'))
    )
    with op.batch_alter_table('satisfaction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_satisfaction_at'), ['at'], unique=False)
        batch_op.create_index(batch_op.f('ix_satisfaction_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_satisfaction_procedure'), ['procedure'], unique=False)

    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owner_epoch', sa.Integer(), nullable=True))

    # Whoever waited for a person, or had one, before there was a desk.
    none = "'[]'::json" if op.get_bind().dialect.name == 'postgresql' else "'[]'"
    op.execute(f"""
        INSERT INTO desk_cases (conversation_id, reason, kind, unit, field, channel, language, need, marks, agent,
            order_at, queued_at, waiting_since, claimed_at, transfers, ticket, procedure)
        SELECT conversations.id, COALESCE(handoff_tickets.reason, 'asked'), 'live', '', '', channel, language,
            COALESCE(handoff_tickets.need, ''), {none}, agent, last_at, last_at, last_at,
            CASE WHEN owner = 'agent' THEN last_at END, 0, handoff_tickets.number,
            COALESCE(handoff_tickets.procedure, last_procedure)
        FROM conversations LEFT JOIN handoff_tickets
            ON handoff_tickets.conversation_id = conversations.id AND handoff_tickets.status != 'closed'
        WHERE owner IN ('waiting', 'agent')
    """)


def downgrade() -> None:
    with op.batch_alter_table('messages', schema=None) as batch_op:
        batch_op.drop_column('owner_epoch')

    with op.batch_alter_table('satisfaction', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_satisfaction_procedure'))
        batch_op.drop_index(batch_op.f('ix_satisfaction_conversation_id'))
        batch_op.drop_index(batch_op.f('ix_satisfaction_at'))

    op.drop_table('satisfaction')
    op.drop_table('desk_words')
    op.drop_table('desk_typing')
    with op.batch_alter_table('desk_notes', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_notes_conversation_id'))

    op.drop_table('desk_notes')
    with op.batch_alter_table('desk_files', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_files_conversation_id'))

    op.drop_table('desk_files')
    with op.batch_alter_table('desk_cases', schema=None) as batch_op:
        batch_op.drop_index('uq_desk_cases_open', sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.drop_index('ix_desk_cases_waiting')
        batch_op.drop_index(batch_op.f('ix_desk_cases_queued_at'))
        batch_op.drop_index(batch_op.f('ix_desk_cases_conversation_id'))
        batch_op.drop_index(batch_op.f('ix_desk_cases_closed_at'))
        batch_op.drop_index(batch_op.f('ix_desk_cases_agent'))

    op.drop_table('desk_cases')
    with op.batch_alter_table('desk_canned', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_canned_owner'))

    op.drop_table('desk_canned')
    with op.batch_alter_table('desk_callbacks', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_callbacks_state'))
        batch_op.drop_index(batch_op.f('ix_desk_callbacks_conversation_id'))

    op.drop_table('desk_callbacks')
    op.drop_table('desk_asks')
    with op.batch_alter_table('desk_agents', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_desk_agents_seen_at'))

    op.drop_table('desk_agents')
