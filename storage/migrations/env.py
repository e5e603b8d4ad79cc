"""Runs migrations on the connection that storage/schema.py hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from storage.tables import metadata


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Leave the R*Tree tables and PostGIS's own alone: autogenerate would drop them."""
    return not (kind == "table" and name is not None and ("_box" in name or name == "spatial_ref_sys"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
