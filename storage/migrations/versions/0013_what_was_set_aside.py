"""Findings of the topology report that somebody set aside"""

import sqlalchemy as sa
from alembic import op

import storage.engine
import storage.spatial

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "set_asides",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("shape", storage.spatial.Geometry(), nullable=True),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=64), nullable=True),
        sa.Column("set_at", storage.engine.Utc(), nullable=False),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("ended_at", storage.engine.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_set_asides")),
        sa.UniqueConstraint("id", name=op.f("uq_set_asides_id")),
    )
    for name in ("key", "ended_at"):
        op.create_index(op.f(f"ix_set_asides_{name}"), "set_asides", [name])


def downgrade() -> None:
    op.drop_table("set_asides")
