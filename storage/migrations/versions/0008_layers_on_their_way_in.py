"""Layers on their way in, and rows that are not shown yet"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "layer_imports",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("layer", sa.String(length=16), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("ending", sa.String(length=16), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("choices", sa.JSON(), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=True),
        sa.Column("runner", sa.String(length=64), nullable=True),
        sa.Column("progress", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=True),
        sa.Column("refusal", sa.JSON(), nullable=True),
        sa.Column("stored", sa.JSON(), nullable=True),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("made_at", storage.engine.Utc(), nullable=False),
        sa.Column("changed_by", sa.String(length=64), nullable=False),
        sa.Column("changed_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_layer_imports")),
        sa.UniqueConstraint("id", name=op.f("uq_layer_imports_id")),
    )
    op.create_index(op.f("ix_layer_imports_state"), "layer_imports", ["state"])
    op.create_table(
        "hidden_rows",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("import_id", sa.String(length=64), nullable=False),
        sa.Column("of", sa.String(length=32), nullable=False),
        sa.Column("first", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_hidden_rows")),
    )
    op.create_index(op.f("ix_hidden_rows_import_id"), "hidden_rows", ["import_id"])


def downgrade() -> None:
    op.drop_table("hidden_rows")
    op.drop_table("layer_imports")
