"""Tables of the ground: streets, grids, zones with their versions and pieces, buildings, roads, layers on their way in.

No ON DELETE CASCADE anywhere: nothing here is deleted because something else was.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from storage.columns import identity, metadata, serial
from storage.engine import Utc
from storage.spatial import Geometry

areas = Table(
    "areas", metadata, identity(),
    Column("layer", String(16), nullable=False, index=True),
    Column("created_at", Utc, nullable=False),
)  # fmt: skip

area_versions = Table(
    "area_versions", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("area_id", ForeignKey("areas.id"), nullable=False),
    Column("layer", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("status", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("kind", String(32)),
    Column("mode", String(32)),
    Column("manager", String(200)),
    Column("street_id", String(64), index=True),
    Column("community_id", String(64), index=True),
    Column("households", Integer),
    Column("geometry", Geometry, nullable=False),
    Column("area_m2", sa.Float, nullable=False),
    Column("origin", Text, nullable=False),
    Column("crosses_grids", sa.Boolean, nullable=False, default=False),
    Column("is_sample", sa.Boolean, nullable=False, default=False),
    Column("valid_from", Utc),
    Column("valid_to", Utc),
    Column("created_at", Utc, nullable=False),
    Column("created_by", String(64)),
    Column("attributes", sa.JSON, nullable=False, default=dict),
    UniqueConstraint("area_id", "version"),
    Index("ix_area_versions_layer_status", "layer", "status"),
)  # fmt: skip

area_lineage = Table(
    "area_lineage", metadata, serial(),
    Column("from_version_id", ForeignKey("area_versions.id"), nullable=False, index=True),
    Column("to_version_id", ForeignKey("area_versions.id"), nullable=False, index=True),
    Column("relation", String(16), nullable=False),  # next, split, merged, border, recoded
    Column("at", Utc, nullable=False),
)  # fmt: skip

divisions = Table(
    "divisions", metadata, serial(),
    Column("zone_version_id", ForeignKey("area_versions.id"), nullable=False, index=True),
    # 0: as it was drawn and decided. A version in force gets another whole set each time grids change under it.
    Column("set_no", Integer, nullable=False, default=0, server_default="0"),
    Column("made_at", Utc),  # empty: before sets were counted
    Column("grid_version_id", String(64)),  # empty: outside every grid
    Column("grid_id", String(64), index=True),
    Column("grid_code", String(64), nullable=False),
    Column("grid_name", String(200), nullable=False),
    Column("area_m2", sa.Float, nullable=False),
    Column("share", sa.Float, nullable=False),
    Column("buildings", Integer, nullable=False),
    Column("households", Integer, nullable=False),
    Column("is_sliver", sa.Boolean, nullable=False),
    Column("piece", Geometry),
)  # fmt: skip

# What was decided about zones: versions that take force together, at once or from a day.
zone_decisions = Table(
    "zone_decisions", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("kind", String(16), nullable=False),  # version, split, merge, border
    Column("state", String(16), nullable=False, index=True),  # planned, in_force, withdrawn, failed
    Column("street_id", String(64), index=True),
    Column("versions", sa.JSON, nullable=False),  # of versions, drafts until then
    Column("over", sa.JSON, nullable=False),  # of versions that were in force when it was decided and end with it
    Column("starts_at", Utc, nullable=False),
    Column("reason", Text, nullable=False),
    Column("consent", Text),  # the street's, where a zone crosses grids
    Column("decided_by", String(64)),
    Column("decided_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("refusal", sa.JSON(none_as_null=True)),
)  # fmt: skip

# Who manages a zone, entry after entry; the newest counts.
zone_modes = Table(
    "zone_modes", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("zone_id", ForeignKey("areas.id"), nullable=False, index=True),
    Column("mode", String(32), nullable=False),
    Column("manager", String(200)),
    Column("since", String(10), nullable=False),
    Column("contract_start", String(10)),
    Column("contract_end", String(10)),
    Column("source", Text, nullable=False),
    Column("entered_by", String(64)),
    Column("entered_at", Utc, nullable=False),
)  # fmt: skip

# What became of the records, assets and contracts of a zone that was split or taken in.
zone_successions = Table(
    "zone_successions", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("decision_id", String(64), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # record, asset, contract
    Column("subject_id", String(64), nullable=False, index=True),
    Column("label", String(200), nullable=False),
    Column("from_zone", ForeignKey("areas.id"), nullable=False, index=True),
    Column("heirs", sa.JSON, nullable=False),  # ids of the zones it may go to
    Column("to_zone", String(64), index=True),
    Column("why", String(16), nullable=False),  # place; no_place, outside, several, contract
    Column("state", String(16), nullable=False, index=True),  # followed, open, settled
    Column("at", Utc, nullable=False),
    Column("settled_by", String(64)),
    Column("settled_at", Utc),
    Column("reason", Text),
)  # fmt: skip

# Findings of the topology report that somebody set aside, with the ground as it was then. Nothing is deleted.
set_asides = Table(
    "set_asides", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("key", String(200), nullable=False, index=True),  # of the finding
    Column("kind", String(16), nullable=False),
    Column("code", String(64), nullable=False),
    Column("name", Text, nullable=False),  # what it was about, in the names of then
    Column("lon", sa.Float),
    Column("lat", sa.Float),
    Column("shape", Geometry),
    Column("versions", sa.JSON, nullable=False),  # of the zones round a building
    Column("reason", Text, nullable=False),
    Column("set_by", String(64)),
    Column("set_at", Utc, nullable=False),
    Column("ended_by", String(64)),
    Column("ended_at", Utc, index=True),
)  # fmt: skip

layer_stamps = Table(
    "layer_stamps", metadata,
    Column("layer", String(16), primary_key=True),
    Column("stamp", Integer, nullable=False),
)  # fmt: skip

layer_imports = Table(
    "layer_imports", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("layer", String(16), nullable=False),
    Column("file_name", String(200), nullable=False),  # a label; on the disk the file is called by its id
    Column("ending", String(16), nullable=False),
    Column("size", sa.BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("state", String(16), nullable=False, index=True),  # uploaded reading ready storing stored refused closed
    Column("revision", Integer, nullable=False),  # counts changes of the choices
    Column("choices", sa.JSON, nullable=False),
    Column("stamp", Integer),  # of the layer, as the reading saw it
    Column("runner", String(64)),  # the one run that may write now
    Column("progress", sa.JSON, nullable=False),
    Column("summary", sa.JSON(none_as_null=True)),
    Column("refusal", sa.JSON(none_as_null=True)),
    Column("stored", sa.JSON(none_as_null=True)),
    Column("made_by", String(64), nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("changed_by", String(64), nullable=False),
    Column("changed_at", Utc, nullable=False),
)  # fmt: skip

# Rows of an import that is not whole yet: they are in their table and nobody sees them. Usually empty.
hidden_rows = Table(
    "hidden_rows", metadata, serial(),
    Column("import_id", String(64), nullable=False, index=True),
    Column("of", String(32), nullable=False),  # the table
    Column("first", Integer, nullable=False),  # serials
    Column("last", Integer, nullable=False),
    Column("at", Utc, nullable=False),
)  # fmt: skip

buildings = Table(
    "buildings", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("number", String(64), nullable=False),
    Column("geometry", Geometry, nullable=False),
    Column("lon", sa.Float, nullable=False),
    Column("lat", sa.Float, nullable=False),
    Column("households", Integer, nullable=False),
    Column("is_residential", sa.Boolean, nullable=False),
    Column("street_id", String(64), index=True),
    Column("grid_id", String(64), index=True),
    Column("zone_id", String(64), index=True),
    Column("is_sample", sa.Boolean, nullable=False, default=False),
)  # fmt: skip

roads = Table(
    "roads", metadata, serial(),
    Column("id", String(64), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("geometry", Geometry, nullable=False),
    Column("is_sample", sa.Boolean, nullable=False, default=False),
)  # fmt: skip
