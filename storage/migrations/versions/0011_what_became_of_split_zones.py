"""What became of the records, assets and contracts of zones that were split or taken in"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "zone_successions",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("decision_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("from_zone", sa.String(length=64), nullable=False),
        sa.Column("heirs", sa.JSON(), nullable=False),
        sa.Column("to_zone", sa.String(length=64), nullable=True),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.Column("settled_by", sa.String(length=64), nullable=True),
        sa.Column("settled_at", storage.engine.Utc(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["from_zone"], ["areas.id"], name=op.f("fk_zone_successions_from_zone")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_zone_successions")),
        sa.UniqueConstraint("id", name=op.f("uq_zone_successions_id")),
    )
    for name in ("decision_id", "subject_id", "from_zone", "to_zone", "state"):
        op.create_index(op.f(f"ix_zone_successions_{name}"), "zone_successions", [name])


def downgrade() -> None:
    op.drop_table("zone_successions")
