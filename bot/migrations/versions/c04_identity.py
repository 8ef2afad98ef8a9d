"""identity

Revision: c04_identity, after c03_eforms.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import common.database

revision = 'c04_identity'
down_revision = 'c03_eforms'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'card_scans',
        sa.Column('draft_id', sa.String(length=32), nullable=False),
        sa.Column('conversation_id', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=True),
        sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('draft_id', name=op.f('pk_card_scans')),
    )
    with op.batch_alter_table('card_scans', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_card_scans_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_card_scans_expires_at'), ['expires_at'], unique=False)
    op.create_table(
        'identity_consents',
        sa.Column('id', sa.Integer(), autoincrement=True, nullable=False),
        sa.Column('conversation_id', sa.String(length=64), nullable=False),
        sa.Column('draft_id', sa.String(length=32), nullable=False),
        sa.Column('purpose', sa.String(length=16), nullable=False),
        sa.Column('version', sa.String(length=32), nullable=False),
        sa.Column('at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_identity_consents')),
    )
    with op.batch_alter_table('identity_consents', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_identity_consents_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_identity_consents_draft_id'), ['draft_id'], unique=False)
    op.create_table(
        'oidc_logins',
        sa.Column('state', sa.String(length=64), nullable=False),
        sa.Column('conversation_id', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('state', name=op.f('pk_oidc_logins')),
    )
    with op.batch_alter_table('oidc_logins', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_oidc_logins_conversation_id'), ['conversation_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_oidc_logins_expires_at'), ['expires_at'], unique=False)
    op.create_table(
        'verified_people',
        sa.Column('conversation_id', sa.String(length=64), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('sealed', sa.LargeBinary(), nullable=False),
        sa.Column('verified_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('expires_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('conversation_id', name=op.f('pk_verified_people')),
    )
    with op.batch_alter_table('verified_people', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_verified_people_digest'), ['digest'], unique=False)
        batch_op.create_index(batch_op.f('ix_verified_people_expires_at'), ['expires_at'], unique=False)
    op.create_table(
        'dossier_people',
        sa.Column('dossier_id', sa.String(length=32), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ['dossier_id'], ['dossiers.id'], name=op.f('fk_dossier_people_dossier_id_dossiers'),
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('dossier_id', name=op.f('pk_dossier_people')),
    )
    with op.batch_alter_table('dossier_people', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dossier_people_digest'), ['digest'], unique=False)
    op.create_table(
        'paper_checks',
        sa.Column('file_id', sa.String(length=32), nullable=False),
        sa.Column('actor', sa.String(length=100), nullable=False),
        sa.Column('checked_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ['file_id'], ['dossier_files.id'], name=op.f('fk_paper_checks_file_id_dossier_files'),
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('file_id', name=op.f('pk_paper_checks')),
    )
    op.create_table(
        'paper_copies',
        sa.Column('file_id', sa.String(length=32), nullable=False),
        sa.Column('source', sa.String(length=48), nullable=False),
        sa.Column('dossier_code', sa.String(length=48), nullable=False),
        sa.Column('title', sa.String(length=300), nullable=False),
        sa.Column('checked_on', sa.Date(), nullable=False),
        sa.Column('valid_until', sa.Date(), nullable=True),
        sa.Column('consent_version', sa.String(length=32), nullable=False),
        sa.Column('consent_at', common.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['file_id'], ['dossier_files.id'], name=op.f('fk_paper_copies_file_id_dossier_files'),
            ondelete='CASCADE'),
        sa.PrimaryKeyConstraint('file_id', name=op.f('pk_paper_copies')),
    )


def downgrade() -> None:
    op.drop_table('paper_copies')
    op.drop_table('paper_checks')
    op.drop_table('dossier_people')
    op.drop_table('verified_people')
    op.drop_table('oidc_logins')
    op.drop_table('identity_consents')
    op.drop_table('card_scans')
