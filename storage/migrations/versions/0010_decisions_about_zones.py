"""Decisions about zones, who manages them, and more than one division of a version"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("divisions", sa.Column("set_no", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("divisions", sa.Column("made_at", storage.engine.Utc(), nullable=True))
    op.create_table(
        "zone_decisions",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("versions", sa.JSON(), nullable=False),
        sa.Column("over", sa.JSON(), nullable=False),
        sa.Column("starts_at", storage.engine.Utc(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("consent", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", storage.engine.Utc(), nullable=False),
        sa.Column("closed_at", storage.engine.Utc(), nullable=True),
        sa.Column("refusal", sa.JSON(none_as_null=True), nullable=True),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_zone_decisions")),
        sa.UniqueConstraint("id", name=op.f("uq_zone_decisions_id")),
    )
    op.create_index(op.f("ix_zone_decisions_state"), "zone_decisions", ["state"])
    op.create_index(op.f("ix_zone_decisions_street_id"), "zone_decisions", ["street_id"])
    op.create_table(
        "zone_modes",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("zone_id", sa.String(length=64), nullable=False),
        sa.Column("mode", sa.String(length=32), nullable=False),
        sa.Column("manager", sa.String(length=200), nullable=True),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("contract_start", sa.String(length=10), nullable=True),
        sa.Column("contract_end", sa.String(length=10), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("entered_by", sa.String(length=64), nullable=True),
        sa.Column("entered_at", storage.engine.Utc(), nullable=False),
        sa.ForeignKeyConstraint(["zone_id"], ["areas.id"], name=op.f("fk_zone_modes_zone_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_zone_modes")),
        sa.UniqueConstraint("id", name=op.f("uq_zone_modes_id")),
    )
    op.create_index(op.f("ix_zone_modes_zone_id"), "zone_modes", ["zone_id"])


def downgrade() -> None:
    op.drop_table("zone_modes")
    op.drop_table("zone_decisions")
    op.drop_column("divisions", "made_at")
    op.drop_column("divisions", "set_no")
