"""All tables: those of the ground by name (storage/area_tables.py), and here people, records, work and policy.

No ON DELETE CASCADE anywhere: nothing here is deleted because something else was.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.area_tables import (  # noqa: F401 - the ground's tables go by this room's name too
    area_lineage,
    area_versions,
    areas,
    buildings,
    divisions,
    hidden_rows,
    layer_imports,
    layer_stamps,
    roads,
    set_asides,
    zone_decisions,
    zone_modes,
    zone_successions,
)
from storage.columns import identity, metadata, serial
from storage.engine import Utc

meta = Table("meta", metadata, Column("key", String(64), primary_key=True), Column("value", Text, nullable=False))

counters = Table(
    "counters", metadata, Column("name", String(64), primary_key=True), Column("value", Integer, nullable=False)
)

people = Table(
    "people", metadata, identity(),
    Column("username", String(64), nullable=False, unique=True),
    Column("phone", String(32), unique=True),
    Column("name", String(64), nullable=False),
    Column("password_hash", String(256), nullable=False),
    Column("lang", String(8), nullable=False, default="zh"),
    Column("is_sample", sa.Boolean, nullable=False, default=False),
    Column("disabled_at", Utc),
    Column("created_at", Utc, nullable=False),
)  # fmt: skip

assignments = Table(
    "assignments", metadata, serial(),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("role", String(32), nullable=False),
    Column("scope_kind", String(16), nullable=False),
    Column("scope_id", String(64)),
    Column("since", Utc, nullable=False),
    Column("until", Utc),
)  # fmt: skip

login_sessions = Table(
    "login_sessions", metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the cookie's token
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("revoked_at", Utc),
    Column("address", String(64)),
    Column("device", String(200)),
)  # fmt: skip

login_attempts = Table(
    "login_attempts", metadata, serial(),
    Column("account", String(64), nullable=False),  # SHA-256: a mistyped name may be a password
    Column("address", String(64), nullable=False),
    Column("at", Utc, nullable=False, index=True),
    Column("succeeded", sa.Boolean, nullable=False),
)  # fmt: skip

password_links = Table(
    "password_links", metadata,
    Column("id", String(64), primary_key=True),  # SHA-256 of the link's token
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("made_by", ForeignKey("people.id")),  # empty: on the server's console
    Column("made_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)  # fmt: skip

identities = Table(
    "identities", metadata,
    Column("issuer", String(255), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, unique=True),
    Column("bound_at", Utc, nullable=False),
)  # fmt: skip

access_tokens = Table(
    "access_tokens", metadata, identity(),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # personal, device
    Column("name", String(80), nullable=False),
    Column("hash", String(64), nullable=False, unique=True),  # SHA-256 of the whole token
    Column("actions", sa.JSON, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("last_used_at", Utc),
    Column("revoked_at", Utc),
    Column("device", String(200), nullable=False),
)  # fmt: skip

records = Table(
    "records", metadata, identity(),
    Column("number", String(32), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),
    Column("issue_type", String(64), nullable=False, index=True),
    Column("subject_id", String(64), index=True),
    Column("state", String(16), nullable=False),
    Column("captured_at", Utc, nullable=False, index=True),
    Column("sent_at", Utc),
    Column("received_at", Utc, nullable=False),
    Column("clock_off_s", sa.Float),
    Column("reporter_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("position", sa.JSON),
    Column("position_reason", String(200)),
    Column("pin", sa.JSON),
    Column("lon", sa.Float),
    Column("lat", sa.Float),
    Column("place_state", String(16), nullable=False, index=True),
    Column("street_id", String(64), index=True),
    Column("street_version_id", String(64)),
    Column("community_id", String(64), index=True),
    Column("grid_id", String(64), index=True),
    Column("grid_version_id", String(64)),
    Column("zone_id", String(64), index=True),
    Column("zone_version_id", String(64)),
    Column("building", String(80)),
    Column("unit", String(80)),
    Column("floor", String(80)),
    Column("note", Text),
    Column("plate", String(32), index=True),
    Column("catalogue_edition", String(64), nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("body", sa.JSON, nullable=False),  # as received, without previews; unknown fields are kept here
    Column("is_sample", sa.Boolean, nullable=False, default=False),
)  # fmt: skip

photos = Table(
    "photos", metadata, identity(),
    Column("record_id", ForeignKey("records.id"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("size", Integer, nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("shot", String(64), nullable=False),
    Column("source", String(16), nullable=False),
    Column("taken_at", Utc),
    Column("position", sa.JSON),
    Column("derived_from", String(64)),
    Column("preview", sa.LargeBinary),
    Column("state", String(16), nullable=False),  # expected, kept
    Column("kept_at", Utc),
    Column("views", String(16), nullable=False),  # none, made, failed
    Column("view_error", String(64)),
    Column("facts", sa.JSON, nullable=False, default=dict),
    UniqueConstraint("record_id", "sha256"),
)  # fmt: skip

# Rows are put in and, when their time is over, taken out; none is ever changed.
track_parts = Table(
    "track_parts", metadata, identity(),
    Column("patrol_id", String(64), nullable=False),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("starts_at", Utc, nullable=False),
    Column("ends_at", Utc, nullable=False, index=True),
    Column("points", sa.JSON, nullable=False),  # [milliseconds since 1970, lon, lat, accuracy_m or null] each
    Column("content_hash", String(64), nullable=False),
    Column("clock_off_s", sa.Float),
    Column("received_at", Utc, nullable=False),
    Index("ix_track_parts_person_id_starts_at", "person_id", "starts_at"),
)  # fmt: skip

assets = Table(
    "assets", metadata, identity(),
    Column("asset_no", String(64), nullable=False, unique=True),
    Column("zone_id", String(64), index=True),
    Column("grid_id", String(64), index=True),
    Column("street_id", String(64), index=True),
    Column("category", String(32), nullable=False, index=True),
    Column("subcategory", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("location_text", String(200), nullable=False),
    Column("lon", sa.Float, nullable=False),
    Column("lat", sa.Float, nullable=False),
    Column("quantity", sa.Float, nullable=False),
    Column("unit", String(16), nullable=False),
    Column("ownership", String(32), nullable=False),
    Column("status", String(32), nullable=False),
    Column("operation_mode", String(32)),
    Column("operator", String(200)),
    Column("decision_ref", String(200)),
    Column("contract_no", String(100)),
    Column("contract_start", String(10)),
    Column("contract_end", String(10)),
    Column("rent_fen", sa.BigInteger),
    Column("billing_cycle", String(16)),
    Column("area_m2", sa.Float),
    Column("remarks", Text),
    Column("surveyed_by", String(64)),
    Column("surveyed_at", Utc),
    Column("attributes", sa.JSON, nullable=False, default=dict),
    Column("is_sample", sa.Boolean, nullable=False, default=False),
)  # fmt: skip

history = Table(
    "history", metadata, serial(),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("at", Utc, nullable=False),
    Column("actor_id", String(64)),
    Column("action", String(64), nullable=False),
    Column("salt", String(32), nullable=False),
    Column("payload", sa.JSON, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("subject_kind", "subject_id", "seq"),
    Index("ix_history_at", "at"),
)  # fmt: skip

history_heads = Table(
    "history_heads", metadata,
    Column("subject_kind", String(16), primary_key=True),
    Column("subject_id", String(64), primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
)  # fmt: skip

history_checkpoints = Table(
    "history_checkpoints", metadata,
    Column("day", String(10), primary_key=True),
    Column("heads", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("head_list", sa.JSON, nullable=False),
    Column("made_at", Utc, nullable=False),
)  # fmt: skip

jobs = Table(
    "jobs", metadata, serial(),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False, unique=True),  # one job for one piece of work
    Column("payload", sa.JSON, nullable=False),
    Column("state", String(16), nullable=False),  # queued, running, done, failed
    Column("run_after", Utc, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("leased_by", String(64)),
    Column("lease_until", Utc),
    Column("error", Text),
    Column("created_at", Utc, nullable=False),
    Column("started_at", Utc),
    Column("done_at", Utc),
    Index("ix_jobs_state_run_after", "state", "run_after"),
)  # fmt: skip

policy_editions = Table(
    "policy_editions", metadata, serial(),
    Column("edition", String(64), nullable=False, unique=True),  # records name it
    Column("base", String(64), nullable=False),  # the built-in edition it goes back to
    Column("is_builtin", sa.Boolean, nullable=False),
    Column("state", String(16), nullable=False, index=True),  # offered, planned, in_force, superseded, withdrawn
    Column("note", Text, nullable=False),
    Column("author_id", String(64)),
    Column("created_at", Utc, nullable=False),
    Column("adopted_at", Utc),
    Column("in_force_from", Utc),
    Column("changes", sa.JSON, nullable=False),  # field by field, against the edition before it
)  # fmt: skip

# Recurring work. Everything due up to `settled_until` has been put into the queue, or was left out on purpose.
timetable = Table(
    "timetable", metadata,
    Column("kind", String(32), primary_key=True),
    Column("is_on", sa.Boolean, nullable=False),
    Column("at", String(5), nullable=False),  # 02:30 in the office's time; empty: every some minutes
    Column("weekday", Integer),  # 0 Monday to 6; empty: every day
    Column("settled_until", Utc, nullable=False),
)  # fmt: skip

# What came of work that people ask about later: the last backup, the last check.
outcomes = Table(
    "outcomes", metadata, serial(),
    Column("kind", String(32), nullable=False),
    Column("key", String(128), nullable=False, unique=True),  # its job, or a run by hand
    Column("started_at", Utc, nullable=False),
    Column("at", Utc, nullable=False),
    Column("facts", sa.JSON, nullable=False),
    Index("ix_outcomes_kind_at", "kind", "at"),
)  # fmt: skip

# Something waits for somebody: for whoever holds `permission` in the street (or anywhere), or for one person.
reminders = Table(
    "reminders", metadata, identity(),
    Column("key", String(200), nullable=False, unique=True),  # kind, subject and for whom: one row, opened again
    Column("kind", String(32), nullable=False, index=True),
    Column("subject_kind", String(16), nullable=False),
    Column("subject_id", String(64), nullable=False),
    Column("street_id", String(64), index=True),
    Column("permission", String(32)),
    Column("person_id", String(64), index=True),
    Column("due_on", String(10)),
    Column("facts", sa.JSON, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("done_at", Utc),
)  # fmt: skip

reports = Table(
    "reports", metadata, identity(),
    Column("kind", String(32), nullable=False),
    Column("since", String(10), nullable=False),  # its first day
    Column("until", String(10), nullable=False),  # its last day
    Column("file", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("made_at", Utc, nullable=False),
    UniqueConstraint("kind", "since"),
)  # fmt: skip

catalogue_editions = Table(
    "catalogue_editions", metadata,
    Column("family", String(32), primary_key=True),
    Column("edition", String(64), primary_key=True),
    Column("body", Text, nullable=False),  # TOML
    Column("kept_at", Utc, nullable=False),
)  # fmt: skip

# What the next edition will change, entry by entry, until it is adopted or thrown away.
policy_drafts = Table(
    "policy_drafts", metadata, serial(),
    Column("family", String(32), nullable=False),
    Column("section", String(64), nullable=False),
    Column("code", String(64), nullable=False),
    Column("changes", sa.JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author_id", String(64), nullable=False),
    Column("at", Utc, nullable=False),
    UniqueConstraint("family", "section", "code"),
)  # fmt: skip

calendar_years = Table(
    "calendar_years", metadata,
    Column("year", Integer, primary_key=True, autoincrement=False),
    Column("source", String(64), nullable=False),
    Column("added_at", Utc, nullable=False),
)  # fmt: skip

# Only days that differ from Monday to Friday.
calendar_days = Table(
    "calendar_days", metadata,
    Column("day", String(10), primary_key=True),
    Column("is_working", sa.Boolean, nullable=False),
    Column("name", String(80), nullable=False),
    Column("source", String(64), nullable=False),
    Column("edited_at", Utc, nullable=False),
)  # fmt: skip
