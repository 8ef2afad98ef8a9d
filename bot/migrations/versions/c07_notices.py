"""notices

Revision: c07_notices, after c06_adapter.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c07_notices'
down_revision = 'c06_adapter'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('notice_choices',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('purpose', sa.String(length=16), nullable=False),
    sa.Column('given', sa.Boolean(), nullable=False),
    sa.Column('text_version', sa.String(length=32), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=True),
    sa.PrimaryKeyConstraint('conversation_id', 'purpose', name=op.f('pk_notice_choices'))
    )
    op.create_table('notices',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('topic', sa.String(length=48), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('conversation_id', 'key', name=op.f('pk_notices'))
    )
    with op.batch_alter_table('notices', schema=None) as batch_op:
        batch_op.create_index('ix_notices_conversation_id_state', ['conversation_id', 'state'], unique=False)

    op.create_table('reminders',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminders')),
    sa.UniqueConstraint('conversation_id', 'kind', 'key', name='uq_reminders_key')
    )
    with op.batch_alter_table('reminders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminders_conversation_id'), ['conversation_id'], unique=False)

    op.create_table('reminder_questions',
    sa.Column('conversation_id', sa.String(length=64), nullable=False),
    sa.Column('item', sa.String(length=32), nullable=False),
    sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('conversation_id', name=op.f('pk_reminder_questions'))
    )
    op.create_table('rights_requests',
    sa.Column('number', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('who', sa.String(length=64), nullable=False),
    sa.Column('sealed', sa.LargeBinary(), nullable=False),
    sa.Column('received_at', common.database.UtcDateTime(timezone=True), nullable=False),
    sa.Column('acknowledge_by', sa.Date(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('done_at', common.database.UtcDateTime(timezone=True), nullable=True),
    sa.Column('actor', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_rights_requests'))
    )
    with op.batch_alter_table('rights_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_rights_requests_kind'), ['kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_rights_requests_state'), ['state'], unique=False)
        batch_op.create_index(batch_op.f('ix_rights_requests_who'), ['who'], unique=False)


def downgrade() -> None:
    for table in ('rights_requests', 'reminder_questions', 'reminders', 'notices', 'notice_choices'):
        op.drop_table(table)
