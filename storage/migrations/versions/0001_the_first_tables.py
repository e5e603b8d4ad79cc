"""The first tables"""

import sqlalchemy as sa
from alembic import op

import storage.engine
import storage.spatial

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    storage.spatial.prepare(op.get_bind())
    op.create_table(
        "areas",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("layer", sa.String(length=16), nullable=False),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
    )
    op.create_index(op.f("ix_areas_layer"), "areas", ["layer"], unique=False)
    op.create_table(
        "assets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("asset_no", sa.String(length=64), nullable=False),
        sa.Column("zone_id", sa.String(length=64), nullable=True),
        sa.Column("grid_id", sa.String(length=64), nullable=True),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("subcategory", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("location_text", sa.String(length=200), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("quantity", sa.Float(), nullable=False),
        sa.Column("unit", sa.String(length=16), nullable=False),
        sa.Column("ownership", sa.String(length=32), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("operation_mode", sa.String(length=32), nullable=True),
        sa.Column("operator", sa.String(length=200), nullable=True),
        sa.Column("decision_ref", sa.String(length=200), nullable=True),
        sa.Column("contract_no", sa.String(length=100), nullable=True),
        sa.Column("contract_start", sa.String(length=10), nullable=True),
        sa.Column("contract_end", sa.String(length=10), nullable=True),
        sa.Column("rent_fen", sa.BigInteger(), nullable=True),
        sa.Column("billing_cycle", sa.String(length=16), nullable=True),
        sa.Column("area_m2", sa.Float(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("surveyed_by", sa.String(length=64), nullable=True),
        sa.Column("surveyed_at", storage.engine.Utc(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assets")),
        sa.UniqueConstraint("asset_no", name=op.f("uq_assets_asset_no")),
    )
    op.create_index(op.f("ix_assets_category"), "assets", ["category"], unique=False)
    op.create_index(op.f("ix_assets_grid_id"), "assets", ["grid_id"], unique=False)
    op.create_index(op.f("ix_assets_street_id"), "assets", ["street_id"], unique=False)
    op.create_index(op.f("ix_assets_zone_id"), "assets", ["zone_id"], unique=False)
    op.create_table(
        "buildings",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("geometry", storage.spatial.Geometry(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=False),
        sa.Column("lat", sa.Float(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("is_residential", sa.Boolean(), nullable=False),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("grid_id", sa.String(length=64), nullable=True),
        sa.Column("zone_id", sa.String(length=64), nullable=True),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_buildings")),
        sa.UniqueConstraint("id", name=op.f("uq_buildings_id")),
    )
    op.create_index(op.f("ix_buildings_grid_id"), "buildings", ["grid_id"], unique=False)
    op.create_index(op.f("ix_buildings_street_id"), "buildings", ["street_id"], unique=False)
    op.create_index(op.f("ix_buildings_zone_id"), "buildings", ["zone_id"], unique=False)
    op.create_table(
        "catalogue_editions",
        sa.Column("family", sa.String(length=32), nullable=False),
        sa.Column("edition", sa.String(length=64), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("adopted_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("family", "edition", name=op.f("pk_catalogue_editions")),
    )
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "history",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=32), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_history")),
        sa.UniqueConstraint("subject_kind", "subject_id", "seq", name=op.f("uq_history_subject_kind_subject_id_seq")),
    )
    op.create_index("ix_history_at", "history", ["at"], unique=False)
    op.create_table(
        "history_checkpoints",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("heads", sa.Integer(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("head_list", sa.JSON(), nullable=False),
        sa.Column("made_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_history_checkpoints")),
    )
    op.create_table(
        "history_heads",
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("subject_kind", "subject_id", name=op.f("pk_history_heads")),
    )
    op.create_table(
        "jobs",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("run_after", storage.engine.Utc(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.String(length=64), nullable=True),
        sa.Column("lease_until", storage.engine.Utc(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.Column("done_at", storage.engine.Utc(), nullable=True),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_jobs")),
        sa.UniqueConstraint("key", name=op.f("uq_jobs_key")),
    )
    op.create_index("ix_jobs_state_run_after", "jobs", ["state", "run_after"], unique=False)
    op.create_table(
        "layer_stamps",
        sa.Column("layer", sa.String(length=16), nullable=False),
        sa.Column("stamp", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_stamps")),
    )
    op.create_table(
        "login_attempts",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_login_attempts")),
    )
    op.create_index(op.f("ix_login_attempts_at"), "login_attempts", ["at"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("phone", sa.String(length=32), nullable=True),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=256), nullable=False),
        sa.Column("lang", sa.String(length=8), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("disabled_at", storage.engine.Utc(), nullable=True),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("phone", name=op.f("uq_people_phone")),
        sa.UniqueConstraint("username", name=op.f("uq_people_username")),
    )
    op.create_table(
        "roads",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("geometry", storage.spatial.Geometry(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_roads")),
        sa.UniqueConstraint("id", name=op.f("uq_roads_id")),
    )
    op.create_table(
        "area_versions",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("layer", sa.String(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("mode", sa.String(length=32), nullable=True),
        sa.Column("manager", sa.String(length=200), nullable=True),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("community_id", sa.String(length=64), nullable=True),
        sa.Column("households", sa.Integer(), nullable=True),
        sa.Column("geometry", storage.spatial.Geometry(), nullable=False),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("crosses_grids", sa.Boolean(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.Column("valid_from", storage.engine.Utc(), nullable=True),
        sa.Column("valid_to", storage.engine.Utc(), nullable=True),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["area_id"], ["areas.id"], name=op.f("fk_area_versions_area_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_area_versions")),
        sa.UniqueConstraint("area_id", "version", name=op.f("uq_area_versions_area_id_version")),
        sa.UniqueConstraint("id", name=op.f("uq_area_versions_id")),
    )
    op.create_index(op.f("ix_area_versions_community_id"), "area_versions", ["community_id"], unique=False)
    op.create_index("ix_area_versions_layer_status", "area_versions", ["layer", "status"], unique=False)
    op.create_index(op.f("ix_area_versions_street_id"), "area_versions", ["street_id"], unique=False)
    op.create_table(
        "assignments",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("scope_kind", sa.String(length=16), nullable=False),
        sa.Column("scope_id", sa.String(length=64), nullable=True),
        sa.Column("since", storage.engine.Utc(), nullable=False),
        sa.Column("until", storage.engine.Utc(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_assignments_person_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_assignments")),
    )
    op.create_index(op.f("ix_assignments_person_id"), "assignments", ["person_id"], unique=False)
    op.create_table(
        "login_sessions",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=64), nullable=False),
        sa.Column("created_at", storage.engine.Utc(), nullable=False),
        sa.Column("expires_at", storage.engine.Utc(), nullable=False),
        sa.Column("revoked_at", storage.engine.Utc(), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("device", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_login_sessions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_sessions")),
    )
    op.create_index(op.f("ix_login_sessions_person_id"), "login_sessions", ["person_id"], unique=False)
    op.create_table(
        "records",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("issue_type", sa.String(length=64), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("captured_at", storage.engine.Utc(), nullable=False),
        sa.Column("sent_at", storage.engine.Utc(), nullable=True),
        sa.Column("received_at", storage.engine.Utc(), nullable=False),
        sa.Column("clock_off_s", sa.Float(), nullable=True),
        sa.Column("reporter_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.JSON(), nullable=True),
        sa.Column("position_reason", sa.String(length=200), nullable=True),
        sa.Column("pin", sa.JSON(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("place_state", sa.String(length=16), nullable=False),
        sa.Column("street_id", sa.String(length=64), nullable=True),
        sa.Column("street_version_id", sa.String(length=64), nullable=True),
        sa.Column("community_id", sa.String(length=64), nullable=True),
        sa.Column("grid_id", sa.String(length=64), nullable=True),
        sa.Column("grid_version_id", sa.String(length=64), nullable=True),
        sa.Column("zone_id", sa.String(length=64), nullable=True),
        sa.Column("zone_version_id", sa.String(length=64), nullable=True),
        sa.Column("building", sa.String(length=80), nullable=True),
        sa.Column("unit", sa.String(length=80), nullable=True),
        sa.Column("floor", sa.String(length=80), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("plate", sa.String(length=32), nullable=True),
        sa.Column("catalogue_edition", sa.String(length=64), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("is_sample", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["reporter_id"], ["people.id"], name=op.f("fk_records_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_records")),
        sa.UniqueConstraint("number", name=op.f("uq_records_number")),
    )
    op.create_index(op.f("ix_records_captured_at"), "records", ["captured_at"], unique=False)
    op.create_index(op.f("ix_records_community_id"), "records", ["community_id"], unique=False)
    op.create_index(op.f("ix_records_grid_id"), "records", ["grid_id"], unique=False)
    op.create_index(op.f("ix_records_issue_type"), "records", ["issue_type"], unique=False)
    op.create_index(op.f("ix_records_place_state"), "records", ["place_state"], unique=False)
    op.create_index(op.f("ix_records_plate"), "records", ["plate"], unique=False)
    op.create_index(op.f("ix_records_reporter_id"), "records", ["reporter_id"], unique=False)
    op.create_index(op.f("ix_records_street_id"), "records", ["street_id"], unique=False)
    op.create_index(op.f("ix_records_zone_id"), "records", ["zone_id"], unique=False)
    op.create_table(
        "area_lineage",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("from_version_id", sa.String(length=64), nullable=False),
        sa.Column("to_version_id", sa.String(length=64), nullable=False),
        sa.Column("relation", sa.String(length=16), nullable=False),
        sa.Column("at", storage.engine.Utc(), nullable=False),
        sa.ForeignKeyConstraint(
            ["from_version_id"], ["area_versions.id"], name=op.f("fk_area_lineage_from_version_id")
        ),
        sa.ForeignKeyConstraint(["to_version_id"], ["area_versions.id"], name=op.f("fk_area_lineage_to_version_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_area_lineage")),
    )
    op.create_index(op.f("ix_area_lineage_from_version_id"), "area_lineage", ["from_version_id"], unique=False)
    op.create_index(op.f("ix_area_lineage_to_version_id"), "area_lineage", ["to_version_id"], unique=False)
    op.create_table(
        "divisions",
        sa.Column("serial", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("zone_version_id", sa.String(length=64), nullable=False),
        sa.Column("grid_version_id", sa.String(length=64), nullable=True),
        sa.Column("grid_id", sa.String(length=64), nullable=True),
        sa.Column("grid_code", sa.String(length=64), nullable=False),
        sa.Column("grid_name", sa.String(length=200), nullable=False),
        sa.Column("area_m2", sa.Float(), nullable=False),
        sa.Column("share", sa.Float(), nullable=False),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("is_sliver", sa.Boolean(), nullable=False),
        sa.Column("piece", storage.spatial.Geometry(), nullable=True),
        sa.ForeignKeyConstraint(["zone_version_id"], ["area_versions.id"], name=op.f("fk_divisions_zone_version_id")),
        sa.PrimaryKeyConstraint("serial", name=op.f("pk_divisions")),
    )
    op.create_index(op.f("ix_divisions_grid_id"), "divisions", ["grid_id"], unique=False)
    op.create_index(op.f("ix_divisions_zone_version_id"), "divisions", ["zone_version_id"], unique=False)
    op.create_table(
        "photos",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("record_id", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("shot", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("taken_at", storage.engine.Utc(), nullable=True),
        sa.Column("position", sa.JSON(), nullable=True),
        sa.Column("derived_from", sa.String(length=64), nullable=True),
        sa.Column("preview", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("kept_at", storage.engine.Utc(), nullable=True),
        sa.Column("views", sa.String(length=16), nullable=False),
        sa.Column("view_error", sa.String(length=64), nullable=True),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_photos_record_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("record_id", "sha256", name=op.f("uq_photos_record_id_sha256")),
    )
    op.create_index(op.f("ix_photos_record_id"), "photos", ["record_id"], unique=False)
    op.create_index(op.f("ix_photos_sha256"), "photos", ["sha256"], unique=False)
    storage.spatial.create_indexes(op.get_bind())


def downgrade() -> None:
    raise RuntimeError("the first tables are not taken away")
