"""access

Revision: d01_access, after c10_results.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd01_access'
down_revision = 'c10_results'
branch_labels = None
depends_on = None


# What an entry says stays: neither a fault nor a hand at the database changes it unnoticed.
_SQLITE = """
CREATE TRIGGER audit_log_keeps_{event} BEFORE {event} ON audit_log
BEGIN SELECT RAISE(ABORT, 'audit_log: entries are only added'); END
"""
_POSTGRES = """
CREATE FUNCTION audit_log_keeps() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'audit_log: entries are only added'; END $$;
CREATE TRIGGER audit_log_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION audit_log_keeps();
"""


def upgrade() -> None:
    op.create_table(
        'audit_log',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.String(length=100), nullable=False),
        sa.Column('action', sa.String(length=60), nullable=False),
        sa.Column('subject', sa.String(length=160), nullable=False),
        sa.Column('before', sa.JSON(), nullable=True),
        sa.Column('after', sa.JSON(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_log')),
    )
    for column in ('action', 'actor', 'at', 'subject'):
        op.create_index(op.f(f'ix_audit_log_{column}'), 'audit_log', [column], unique=False)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute(_POSTGRES)
    else:
        for event in ('UPDATE', 'DELETE'):
            op.execute(_SQLITE.format(event=event))


def downgrade() -> None:
    op.drop_table('audit_log')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION audit_log_keeps()')
