"""Records of capture and their photo rows (the bytes are in storage/photos.py)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.filters import RecordFilter
from domain.policy.permissions import Reach
from domain.records import Photo, Position, Record
from storage.tables import area_versions, people, photos, records

WAITING_AT_MOST = 5000


@dataclass(frozen=True)
class Waiting:
    """A record that waits for `missing` of its `expected` originals."""

    record_id: str
    number: str
    street_id: str | None
    reporter_id: str
    reporter_name: str
    missing: int
    expected: int


_PLAIN = tuple(f.name for f in fields(Record) if f.name not in ("photos", "position"))


class Records:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: dict[str, Any], photo_rows: Sequence[dict[str, Any]]) -> None:
        # The row goes beside the statement, here and below: naming forty columns in it takes longer than inserting.
        self._connection.execute(sa.insert(records), row)
        if photo_rows:
            self._connection.execute(sa.insert(photos), list(photo_rows))

    def add_many(self, rows: Sequence[dict[str, Any]], photo_rows: Sequence[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(sa.insert(records), list(rows))
        if photo_rows:
            self._connection.execute(sa.insert(photos), list(photo_rows))

    def content_hash(self, record_id: str) -> tuple[str, str] | None:
        """(content hash, reporter id) of a known record id."""
        row = self._connection.execute(
            sa.select(records.c.content_hash, records.c.reporter_id).where(records.c.id == record_id)
        ).first()
        return (row.content_hash, row.reporter_id) if row else None

    def get(self, record_id: str) -> Record | None:
        found = self._select([records.c.id == record_id], RecordFilter(limit=1))
        return replace(found[0], photos=tuple(self.photos_of(record_id))) if found else None

    def reporter_id(self, record_id: str) -> str | None:
        return self._connection.scalar(sa.select(records.c.reporter_id).where(records.c.id == record_id))

    def by_number(self, number: str) -> Record | None:
        found = self._select([records.c.number == number], RecordFilter(limit=1))
        return replace(found[0], photos=tuple(self.photos_of(found[0].id))) if found else None

    def search(self, view: RecordFilter, reach: Reach) -> list[Record]:
        """Newest first, only what the reach covers."""
        return self._select([within(reach), *_narrowed(view)], view)

    def count(self, view: RecordFilter, reach: Reach) -> int:
        query = sa.select(sa.func.count()).select_from(records).where(within(reach), *_narrowed(view))
        return self._connection.scalar(query) or 0

    def count_by(self, column: str, view: RecordFilter, reach: Reach) -> dict[str | None, int]:
        """How many records per value of one column (issue_type, street_id, place_state ...)."""
        group = records.c[column]
        query = sa.select(group, sa.func.count()).where(within(reach), *_narrowed(view)).group_by(group)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def last_seen(self, column: str) -> dict[str, datetime]:
        """The newest time of capture per street or grid id."""
        group = records.c[column]
        query = sa.select(group, sa.func.max(records.c.captured_at)).where(group.is_not(None)).group_by(group)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def own(self, reporter_id: str, *, limit: int, before: tuple[datetime, str] | None = None) -> list[Record]:
        """One person's, newest received first; before: (received_at, id) of the last one of the page before."""
        c = records.c
        query = _whole_records().where(c.reporter_id == reporter_id)
        if before is not None:
            at, record_id = before
            query = query.where(sa.or_(c.received_at < at, sa.and_(c.received_at == at, c.id < record_id)))
        rows = self._connection.execute(query.order_by(c.received_at.desc(), c.id.desc()).limit(limit))
        return [_record(row) for row in rows.mappings()]

    def near(self, issue_type: str, box: tuple[float, float, float, float], states: Sequence[str]) -> list[Record]:
        """Reports of a kind in these states inside (west, south, east, north); the caller measures."""
        c, (west, south, east, north) = records.c, box
        where = (c.issue_type == issue_type, c.kind == "report", c.state.in_(states), c.lat.between(south, north),
                 c.lon.between(west, east))  # fmt: skip
        return [_record(row) for row in self._connection.execute(_whole_records().where(*where)).mappings()]

    def sightings(self, record_id: str) -> list[Record]:
        """The sightings of a report, oldest first."""
        query = _whole_records().where(records.c.subject_id == record_id).order_by(records.c.received_at, records.c.id)
        return [_record(row) for row in self._connection.execute(query).mappings()]

    def of_zone(self, zone_id: str) -> list[Record]:
        """Every record of a zone, oldest first."""
        query = _whole_records().where(records.c.zone_id == zone_id).order_by(records.c.received_at, records.c.id)
        return [_record(row) for row in self._connection.execute(query).mappings()]

    def pin(self, record_id: str) -> dict[str, float] | None:
        return self._connection.scalar(sa.select(records.c.pin).where(records.c.id == record_id))

    def update(self, record_id: str, **values: Any) -> None:
        self._connection.execute(sa.update(records).where(records.c.id == record_id).values(**values))

    def photo(self, photo_id: str) -> Photo | None:
        row = self._connection.execute(_photo_select().where(photos.c.id == photo_id)).mappings().first()
        return _photo(row) if row else None

    def photo_by_hash(self, record_id: str, sha256: str) -> Photo | None:
        row = self._connection.execute(
            _photo_select().where(photos.c.record_id == record_id, photos.c.sha256 == sha256)
        ).mappings().first()  # fmt: skip
        return _photo(row) if row else None

    def photos_of(self, record_id: str) -> list[Photo]:
        rows = self._connection.execute(
            _photo_select().where(photos.c.record_id == record_id).order_by(photos.c.ordinal)
        )
        return [_photo(row) for row in rows.mappings()]

    def preview(self, photo_id: str) -> bytes | None:
        return self._connection.scalar(sa.select(photos.c.preview).where(photos.c.id == photo_id))

    def update_photo(self, photo_id: str, **values: Any) -> None:
        self._connection.execute(sa.update(photos).where(photos.c.id == photo_id).values(**values))

    def forget_views(self) -> None:
        """No view has been made of any photo: what is on the disk no longer counts."""
        self._connection.execute(sa.update(photos).values(views="none", view_error=None))

    def kept_photos(self) -> list[tuple[str, str, str, int]]:
        """(photo id, record id, sha256, size) of every photo whose original has been kept."""
        rows = self._connection.execute(
            sa.select(photos.c.id, photos.c.record_id, photos.c.sha256, photos.c.size).where(photos.c.state == "kept")
        )
        return [(row.id, row.record_id, row.sha256, row.size) for row in rows]

    def waiting_for_originals(self, *, received_before: datetime) -> list[Waiting]:
        """Records some of whose announced originals have not come, the oldest first."""
        c, kept = records.c, sa.func.sum(sa.case((photos.c.state == "kept", 1), else_=0))
        of = sa.func.count()
        query = (
            sa.select(
                c.id, c.number, c.street_id, c.reporter_id, people.c.name, of.label("expected"), kept.label("kept")
            )
            .join(photos, photos.c.record_id == c.id)
            .join(people, people.c.id == c.reporter_id)
            .where(c.received_at < received_before)
            .group_by(c.id, c.number, c.street_id, c.reporter_id, people.c.name, c.received_at)
            .having(kept < of)
            .order_by(c.received_at, c.id)
            .limit(WAITING_AT_MOST)
        )
        return [
            Waiting(r.id, r.number, r.street_id, r.reporter_id, r.name, int(r.expected - r.kept), r.expected)
            for r in self._connection.execute(query)
        ]

    def photos_by(self, column: str, view: RecordFilter) -> dict[str | None, tuple[int, int]]:
        """(originals kept, announced) of the records of a filter, per value of one column of records."""
        group, kept = records.c[column], sa.func.sum(sa.case((photos.c.state == "kept", 1), else_=0))
        query = (
            sa.select(group, kept, sa.func.count())
            .join(photos, photos.c.record_id == records.c.id)
            .where(*_narrowed(view))
            .group_by(group)
        )
        return {row[0]: (int(row[1]), row[2]) for row in self._connection.execute(query)}

    def count_by_two(self, first: str, second: str, view: RecordFilter) -> dict[tuple[str | None, str | None], int]:
        """How many records per pair of values (street_id, issue_type ...), over the whole city."""
        one, other = records.c[first], records.c[second]
        query = sa.select(one, other, sa.func.count()).where(*_narrowed(view)).group_by(one, other)
        return {(row[0], row[1]): row[2] for row in self._connection.execute(query)}

    def photos_with_views(self) -> list[str]:
        """Ids of photos whose views are called made."""
        query = sa.select(photos.c.id).where(photos.c.state == "kept", photos.c.views == "made").order_by(photos.c.id)
        return list(self._connection.scalars(query))

    def _select(self, where: list[Any], view: RecordFilter) -> list[Record]:
        query = (
            _whole_records()
            .where(*where)
            .order_by(records.c.captured_at.desc(), records.c.id)
            .limit(view.limit)
            .offset(view.offset)
        )
        return [_record(row) for row in self._connection.execute(query).mappings()]


@cache
def _whole_records() -> sa.Select:
    """Records with the names that people read. Built once: naming the three versions takes longer than asking."""
    expected = sa.select(sa.func.count()).where(photos.c.record_id == records.c.id).scalar_subquery()
    kept = (
        sa.select(sa.func.count()).where(photos.c.record_id == records.c.id, photos.c.state == "kept").scalar_subquery()
    )
    cover = (
        sa.select(photos.c.id)
        .where(photos.c.record_id == records.c.id)
        .order_by(photos.c.ordinal)
        .limit(1)
        .scalar_subquery()
    )
    street, grid, zone = (area_versions.alias(name) for name in ("street", "grid", "zone"))
    subject = records.alias("subject")
    return (
        sa.select(
            records, people.c.name.label("reporter_name"), street.c.name.label("street_name"),
            grid.c.name.label("grid_name"), zone.c.name.label("zone_name"), zone.c.mode.label("zone_mode"),
            expected.label("photos_expected"), kept.label("photos_kept"), cover.label("cover_photo_id"),
            subject.c.number.label("subject_number"),
        )
        .join(people, people.c.id == records.c.reporter_id)
        .outerjoin(street, street.c.id == records.c.street_version_id)
        .outerjoin(grid, grid.c.id == records.c.grid_version_id)
        .outerjoin(zone, zone.c.id == records.c.zone_version_id)
        .outerjoin(subject, subject.c.id == records.c.subject_id)
    )  # fmt: skip


def within(reach: Reach) -> sa.ColumnElement[bool]:
    """The WHERE of a reach over records."""
    if reach.everything:
        return sa.true()
    parts: list[sa.ColumnElement[bool]] = []
    if reach.street_ids:
        parts.append(records.c.street_id.in_(reach.street_ids))
    if reach.community_ids:
        parts.append(records.c.community_id.in_(reach.community_ids))
    if reach.grid_ids:
        parts.append(records.c.grid_id.in_(reach.grid_ids))
    if reach.owner_id:
        parts.append(records.c.reporter_id == reach.owner_id)
    return sa.or_(*parts) if parts else sa.false()


def _narrowed(view: RecordFilter) -> list[Any]:
    c = records.c
    where: list[Any] = []
    if view.text:
        found_in = (c.number, c.note, c.plate, c.building)
        where.append(sa.or_(*(column.icontains(view.text, autoescape=True) for column in found_in)))
    if view.issue_types:
        where.append(c.issue_type.in_(view.issue_types))
    if view.without_states:
        where.append(c.state.not_in(view.without_states))
    if view.place_states:
        where.append(c.place_state.in_(view.place_states))
    for column, value in ((c.street_id, view.street_id), (c.zone_id, view.zone_id), (c.reporter_id, view.reporter_id)):
        if value:
            where.append(column == value)
    if view.since:
        where.append(c.captured_at >= view.since)
    if view.until:
        where.append(c.captured_at < view.until)
    return where


def position_json(position: Position | None) -> dict[str, Any] | None:
    if position is None:
        return None
    fixed_at = position.fixed_at.isoformat() if position.fixed_at else None
    return {"lon": position.lon, "lat": position.lat, "accuracy_m": position.accuracy_m, "fixed_at": fixed_at}


def _position(value: dict[str, Any] | None) -> Position | None:
    if not value:
        return None
    fixed_at = datetime.fromisoformat(value["fixed_at"]) if value.get("fixed_at") else None
    return Position(value["lon"], value["lat"], value.get("accuracy_m"), fixed_at)


def _record(row: Any) -> Record:
    return Record(**{name: row[name] for name in _PLAIN}, position=_position(row["position"]))


@cache
def _photo_select() -> sa.Select:
    c = photos.c
    return sa.select(
        c.id, c.record_id, c.sha256, c.size, c.media_type, c.shot, c.source, c.state, c.views, c.ordinal, c.taken_at,
        c.position, c.derived_from, c.kept_at, c.facts, c.view_error, c.preview.is_not(None).label("has_preview"),
    )  # fmt: skip


def _photo(row: Any) -> Photo:
    return Photo(**{**row, "position": _position(row["position"]), "has_preview": bool(row["has_preview"])})
