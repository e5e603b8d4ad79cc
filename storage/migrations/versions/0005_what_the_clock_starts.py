"""A timetable, outcomes of jobs, reminders, reports"""

import sqlalchemy as sa
from alembic import op

import storage.engine

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("jobs", sa.Column("started_at", storage.engine.Utc(), nullable=True))
    op.create_table(
        "timetable",
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("settled_until", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_timetable")),
    )
    op.create_table(
        "outcomes",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("started_at", storage.engine.Utc(), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_outcomes")),
        sa.UniqueConstraint("key", name=op.f("uq_outcomes_key")),
    )
    op.create_index("ix_outcomes_kind_at", "outcomes", ["kind", "at"])
    op.create_table(
        "reminders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("permission", sa.String(length=32), nullable=True),
        sa.Column("person_id", sa.String(length=64), nullable=True),
        sa.Column("due_on", sa.String(length=10), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("made_at", storage.engine.Utc(), nullable=False),
        sa.Column("done_at", storage.engine.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.UniqueConstraint("key", name=op.f("uq_reminders_key")),
    )
    for column in ("kind", "person_id", "street_id"):
        op.create_index(f"ix_reminders_{column}", "reminders", [column])
    op.create_table(
        "reports",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=10), nullable=False),
        sa.Column("until", sa.String(length=10), nullable=False),
        sa.Column("file", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint("kind", "since", name=op.f("uq_reports_kind_since")),
    )


def downgrade() -> None:
    for table in ("reports", "reminders", "outcomes", "timetable"):
        op.drop_table(table)
    op.drop_column("jobs", "started_at")
