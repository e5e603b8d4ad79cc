"""Tokens of machines and phones"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "access_tokens",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("actions", sa.JSON(), nullable=False),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.Column("expires_at", storage.engine.Utc(), nullable=False),
        sa.Column("last_used_at", storage.engine.Utc(), nullable=True),
        sa.Column("revoked_at", storage.engine.Utc(), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_access_tokens_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_tokens")),
        sa.UniqueConstraint("hash", name=op.f("uq_access_tokens_hash")),
    )
    op.create_index(op.f("ix_access_tokens_person_id"), "access_tokens", ["person_id"])


def downgrade() -> None:
    op.drop_table("access_tokens")
