"""Runs migrations on the connection that storage/schema.py hands over."""

from __future__ import annotations

from typing import Any

from alembic import context

from storage.spatial import is_made_here
from storage.tables import metadata


def _ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    """Autogenerate would drop the box indexes and what PostGIS brings along."""
    return not is_made_here(kind, name)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    include_object=_ours,
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
