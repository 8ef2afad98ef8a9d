"""curation

Revision: d02_curation, after d01_access.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'd02_curation'
down_revision = 'd01_access'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('guide_versions') as table:
        table.add_column(sa.Column('reviewer', sa.String(length=100), nullable=False, server_default=''))
    op.create_table(
        'guide_drafts',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('open_code', sa.String(length=40), nullable=True),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('base_version', sa.Integer(), nullable=False),
        sa.Column('payload', sa.JSON(), nullable=False),
        sa.Column('writers', sa.JSON(), nullable=False),
        sa.Column('updated_by', sa.String(length=100), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('remarks', sa.JSON(), nullable=False),
        sa.Column('reviewer', sa.String(length=100), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('publish_on', sa.Date(), nullable=True),
        sa.Column('published_version', sa.Integer(), nullable=True),
        sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('updated_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guide_drafts')),
        sa.UniqueConstraint('open_code', name=op.f('uq_guide_drafts_open_code')),
    )
    for column in ('code', 'state'):
        op.create_index(op.f(f'ix_guide_drafts_{column}'), 'guide_drafts', [column], unique=False)
    op.create_table(
        'guide_asides',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('draft_id', sa.Integer(), nullable=False),
        sa.Column('author', sa.String(length=100), nullable=False),
        sa.Column('payload', sa.JSON(), nullable=False),
        sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['draft_id'], ['guide_drafts.id'], name=op.f('fk_guide_asides_draft_id_guide_drafts'), ondelete='CASCADE'
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guide_asides')),
        sa.UniqueConstraint('draft_id', 'author', name=op.f('uq_guide_asides_draft_id')),
    )
    op.create_table(
        'guide_imports',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('filename', sa.String(length=200), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('author', sa.String(length=100), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('done', sa.Integer(), nullable=False),
        sa.Column('same', sa.Integer(), nullable=False),
        sa.Column('failure', sa.Text(), nullable=False),
        sa.Column('created_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('beat_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guide_imports')),
    )
    op.create_table(
        'guide_import_items',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('job_id', sa.Integer(), nullable=False),
        sa.Column('line', sa.Integer(), nullable=False),
        sa.Column('code', sa.String(length=40), nullable=False),
        sa.Column('kind', sa.String(length=10), nullable=False),
        sa.Column('problem', sa.Text(), nullable=False),
        sa.Column('base_version', sa.Integer(), nullable=False),
        sa.Column('payload', sa.JSON(), nullable=True),
        sa.Column('fields', sa.JSON(), nullable=False),
        sa.Column('kept', sa.JSON(), nullable=False),
        sa.Column('decision', sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ['job_id'], ['guide_imports.id'], name=op.f('fk_guide_import_items_job_id_guide_imports'),
            ondelete='CASCADE',
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_guide_import_items')),
        sa.UniqueConstraint('job_id', 'line', name=op.f('uq_guide_import_items_job_id')),
    )


def downgrade() -> None:
    for table in ('guide_import_items', 'guide_imports', 'guide_asides', 'guide_drafts'):
        op.drop_table(table)
    with op.batch_alter_table('guide_versions') as table:
        table.drop_column('reviewer')
