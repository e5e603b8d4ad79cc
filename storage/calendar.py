"""The office's calendar: days that differ from Monday to Friday, the years that are known, the hours of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from domain.records import Day
from storage.tables import calendar_days, calendar_years


class Calendar:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def years(self) -> list[int]:
        return list(self._connection.scalars(sa.select(calendar_years.c.year).order_by(calendar_years.c.year)))

    def days(self, year: int | None = None) -> list[Day]:
        query = sa.select(calendar_days).order_by(calendar_days.c.day)
        if year is not None:
            query = query.where(calendar_days.c.day.between(f"{year}-01-01", f"{year}-12-31"))
        rows = self._connection.execute(query)
        return [Day(date.fromisoformat(r.day), r.is_working, r.name, r.source) for r in rows]

    def add_year(self, year: int, source: str, days: Sequence[Day], *, at: datetime) -> None:
        """A year becomes known. Days that are written down already stay as they are."""
        self._connection.execute(sa.insert(calendar_years).values(year=year, source=source, added_at=at))
        there = {found.day for found in self.days(year)}
        for found in days:
            if found.day not in there:
                self._insert(found, at)

    def set_day(self, found: Day, *, at: datetime) -> None:
        self.clear_day(found.day)
        self._insert(found, at)

    def clear_day(self, day: date) -> None:
        """The day counts as its weekday again."""
        self._connection.execute(sa.delete(calendar_days).where(calendar_days.c.day == day.isoformat()))

    def _insert(self, found: Day, at: datetime) -> None:
        self._connection.execute(
            sa.insert(calendar_days).values(
                day=found.day.isoformat(),
                is_working=found.is_working,
                name=found.name,
                source=found.source,
                edited_at=at,
            )
        )
