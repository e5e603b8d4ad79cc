"""What saw a record again is found by an index"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_records_subject_id"), "records", ["subject_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_records_subject_id"), table_name="records")
