"""Tracks of patrols"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "track_parts",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("patrol_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("starts_at", storage.engine.Utc(), nullable=False),
        sa.Column("ends_at", storage.engine.Utc(), nullable=False),
        sa.Column("points", sa.JSON(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("clock_off_s", sa.Float(), nullable=True),
        sa.Column("received_at", storage.engine.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_track_parts_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_track_parts")),
    )
    op.create_index(op.f("ix_track_parts_ends_at"), "track_parts", ["ends_at"])
    op.create_index("ix_track_parts_person_id_starts_at", "track_parts", ["person_id", "starts_at"])


def downgrade() -> None:
    op.drop_table("track_parts")
