"""zalo_marks: who left the Official Account, and one open alarm of each kind

Revision: e04_zalo_marks, after e03_desk_texts.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'e04_zalo_marks'
down_revision = 'e03_desk_texts'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Two replicas could open an alarm twice: the latest goes on, with the counts of the others.
    latest = 'SELECT max(one.id) FROM zalo_alarms AS one WHERE one.cleared_at IS NULL GROUP BY one.kind'
    op.execute(
        'UPDATE zalo_alarms SET count = (SELECT sum(other.count) FROM zalo_alarms AS other'
        f' WHERE other.kind = zalo_alarms.kind AND other.cleared_at IS NULL) WHERE id IN ({latest})')  # noqa: S608
    op.execute(f'DELETE FROM zalo_alarms WHERE cleared_at IS NULL AND id NOT IN ({latest})')  # noqa: S608
    with op.batch_alter_table('zalo_alarms', schema=None) as batch_op:
        batch_op.drop_index('ix_zalo_alarms_open')
        batch_op.create_index(
            'uq_zalo_alarms_open', ['kind'], unique=True, sqlite_where=sa.text('cleared_at IS NULL'),
            postgresql_where=sa.text('cleared_at IS NULL'))

    with op.batch_alter_table('zalo_users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('left_at', common.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('erase_at', common.database.UtcDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_zalo_users_erase_at'), ['erase_at'], unique=False)


def downgrade() -> None:
    with op.batch_alter_table('zalo_users', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_zalo_users_erase_at'))
        batch_op.drop_column('erase_at')
        batch_op.drop_column('left_at')

    with op.batch_alter_table('zalo_alarms', schema=None) as batch_op:
        batch_op.drop_index('uq_zalo_alarms_open')
        batch_op.create_index('ix_zalo_alarms_open', ['kind', 'cleared_at'], unique=False)
