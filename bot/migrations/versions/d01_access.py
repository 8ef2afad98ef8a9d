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
    _staff()
    _sessions()


def _staff() -> None:
    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.add_column(sa.Column('display_name', sa.String(length=100), server_default='', nullable=False))
        batch_op.add_column(sa.Column('unit', sa.String(length=120), server_default='', nullable=False))
        batch_op.add_column(sa.Column('email', sa.String(length=200), server_default='', nullable=False))
        batch_op.add_column(sa.Column('must_change', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('locked', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('totp', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('totp_new', sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column('totp_step', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('sso', sa.String(length=64), nullable=True))
        batch_op.create_index(op.f('ix_staff_unit'), ['unit'], unique=False)
        batch_op.create_unique_constraint(op.f('uq_staff_sso'), ['sso'])
    op.create_table(
        'staff_recovery_codes',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['name'], ['staff.name'], name=op.f('fk_staff_recovery_codes_name_staff'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_staff_recovery_codes')),
    )
    op.create_index(op.f('ix_staff_recovery_codes_name'), 'staff_recovery_codes', ['name'], unique=False)


def _sessions() -> None:
    """Sessions get ids, stages and devices. Those open now end: everybody signs in once more."""
    op.drop_table('staff_sessions')
    op.create_table(
        'staff_sessions',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('csrf', sa.String(length=64), nullable=False),
        sa.Column('stage', sa.String(length=12), nullable=False),
        sa.Column('method', sa.String(length=12), nullable=False),
        sa.Column('device', sa.String(length=80), nullable=False),
        sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('used_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['name'], ['staff.name'], name=op.f('fk_staff_sessions_name_staff'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_sessions')),
        sa.UniqueConstraint('digest', name=op.f('uq_staff_sessions_digest')),
    )
    op.create_index(op.f('ix_staff_sessions_expires_at'), 'staff_sessions', ['expires_at'], unique=False)
    op.create_index(op.f('ix_staff_sessions_name'), 'staff_sessions', ['name'], unique=False)


def downgrade() -> None:
    op.drop_table('staff_sessions')
    op.create_table(
        'staff_sessions',
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('name', sa.String(length=64), nullable=False),
        sa.Column('csrf', sa.String(length=64), nullable=False),
        sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['name'], ['staff.name'], name=op.f('fk_staff_sessions_name_staff'), ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('digest', name=op.f('pk_staff_sessions')),
    )
    op.create_index(op.f('ix_staff_sessions_expires_at'), 'staff_sessions', ['expires_at'], unique=False)
    op.create_index(op.f('ix_staff_sessions_name'), 'staff_sessions', ['name'], unique=False)
    op.drop_table('staff_recovery_codes')
    with op.batch_alter_table('staff', schema=None) as batch_op:
        batch_op.drop_constraint(op.f('uq_staff_sso'), type_='unique')
        batch_op.drop_index(op.f('ix_staff_unit'))
        for column in ('sso', 'totp_step', 'totp_new', 'totp', 'locked', 'must_change', 'email', 'unit', 'display_name'):
            batch_op.drop_column(column)
    op.drop_table('audit_log')
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION audit_log_keeps()')
