"""Public-revenue assets: the inventory rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.filters import AssetFilter
from domain.policy.permissions import Reach
from domain.records import Asset
from storage.tables import area_versions, assets

ENDING_AT_MOST = 5000
ALL_OF_A_ZONE = 100_000


class Assets:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, found: Sequence[Asset]) -> None:
        if found:
            self._connection.execute(
                sa.insert(assets),
                [{f.name: getattr(a, f.name) for f in fields(Asset) if f.name != "zone_name"} for a in found],
            )

    def number_taken(self, asset_no: str) -> bool:
        return self._connection.scalar(sa.select(assets.c.id).where(assets.c.asset_no == asset_no)) is not None

    def get(self, asset_id: str) -> Asset | None:
        return next(iter(self._select([assets.c.id == asset_id], 1)), None)

    def search(self, view: AssetFilter, reach: Reach) -> list[Asset]:
        return self._select(_where(view, reach), view.limit)

    def of_zone(self, zone_id: str) -> list[Asset]:
        return self._select([assets.c.zone_id == zone_id], ALL_OF_A_ZONE)

    def move(self, asset_id: str, zone_id: str) -> None:
        """The asset belongs to another zone from now on."""
        self._connection.execute(sa.update(assets).where(assets.c.id == asset_id).values(zone_id=zone_id))

    def counts(self, view: AssetFilter, reach: Reach) -> dict[str, int]:
        """How many of each category."""
        number = sa.func.count().label("n")
        rows = self._connection.execute(
            sa.select(assets.c.category, number).where(*_where(view, reach)).group_by(assets.c.category)
        )
        return {row.category: row.n for row in rows}

    def ending(self, since: str, until: str) -> list[Asset]:
        """Assets whose contract ends between these days (YYYY-MM-DD), both included."""
        return self._select([assets.c.contract_end.between(since, until)], ENDING_AT_MOST)

    def counts_by_street(self) -> dict[tuple[str | None, str], int]:
        """How many per street and category, over the whole city."""
        of = (assets.c.street_id, assets.c.category)
        return {(r[0], r[1]): r[2] for r in self._connection.execute(sa.select(*of, sa.func.count()).group_by(*of))}

    def _select(self, where: list[Any], limit: int) -> list[Asset]:
        zone = area_versions.alias("zone")
        query = (
            sa.select(assets, zone.c.name.label("zone_name"))
            .outerjoin(zone, sa.and_(zone.c.area_id == assets.c.zone_id, zone.c.status == "in_force"))
            .where(*where)
            .order_by(assets.c.asset_no)
            .limit(limit)
        )
        return [Asset(**row) for row in self._connection.execute(query).mappings()]


def _where(view: AssetFilter, reach: Reach) -> list[sa.ColumnElement[bool]]:
    where = [within(reach)]
    if view.text:
        c = assets.c
        where.append(sa.or_(*(column.icontains(view.text, autoescape=True) for column in
                              (c.name, c.asset_no, c.location_text))))  # fmt: skip
    if view.category:
        where.append(assets.c.category == view.category)
    if view.zone_id:
        where.append(assets.c.zone_id == view.zone_id)
    return where


def within(reach: Reach) -> sa.ColumnElement[bool]:
    if reach.everything:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = []
    if reach.street_ids:
        parts.append(assets.c.street_id.in_(reach.street_ids))
    if reach.grid_ids:
        parts.append(assets.c.grid_id.in_(reach.grid_ids))
    if reach.community_ids:
        mine = sa.select(area_versions.c.area_id).where(
            area_versions.c.layer == "zone", area_versions.c.community_id.in_(reach.community_ids)
        )
        parts.append(assets.c.zone_id.in_(mine))
    return sa.or_(*parts) if parts else sa.false()
