"""Editions of the policy and the draft of the next one"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy_editions",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("base", sa.String(length=64), nullable=False),
        sa.Column("is_builtin", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.Column("adopted_at", storage.engine.Utc(), nullable=True),
        sa.Column("in_force_from", storage.engine.Utc(), nullable=True),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_policy_editions")),
        sa.UniqueConstraint("edition", name=op.f("uq_policy_editions_edition")),
    )
    op.create_index(op.f("ix_policy_editions_state"), "policy_editions", ["state"], unique=False)
    op.create_table(
        "policy_drafts",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("section", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author_id", sa.String(length=64), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_policy_drafts")),
        sa.UniqueConstraint("family", "section", "code", name=op.f("uq_policy_drafts_family_section_code")),
    )
    with op.batch_alter_table("catalogue_editions") as table:
        table.alter_column("adopted_at", new_column_name="kept_at")


def downgrade() -> None:
    with op.batch_alter_table("catalogue_editions") as table:
        table.alter_column("kept_at", new_column_name="adopted_at")
    op.drop_table("policy_drafts")
    op.drop_table("policy_editions")
