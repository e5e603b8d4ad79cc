"""Reports by the clock: one workbook a week, kept beside the photos, with the same numbers as the pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from documents.weekly import Table, Weekly, workbook
from domain.errors import NotFound
from domain.filters import RecordFilter
from domain.policy.assets import Category
from domain.policy.permissions import Permissions
from domain.records import Actor, Assignment
from i18n import words
from services.coverage import Coverage, CoverageService
from services.policy import LivePolicy
from services.queue import Closing, Queue
from storage.jobs import Job
from storage.reports import Report, ReportFiles
from storage.store import Store, Work
from storage.timetable import Outcome

WEEKLY = "report.weekly"
# The server itself, when it counts for a report; no login has it.
CLERK = Actor("server", "server", (Assignment("leader", "city"),))


class ReportsService:
    def __init__(
        self, store: Store, permissions: Permissions, policy: LivePolicy, coverage: CoverageService,
        files: ReportFiles, queue: Queue, clock: Callable[[], datetime], timezone: ZoneInfo,
    ) -> None:  # fmt: skip
        self._store = store
        self._permissions = permissions
        self._policy = policy
        self._coverage = coverage
        self._files = files
        self._clock = clock
        self._timezone = timezone
        queue.handle(WEEKLY, self._make_weekly)

    def all(self, actor: Actor) -> list[Report]:
        """Newest first."""
        self._permissions.require(actor, "report.read")
        with self._store.look() as work:
            return work.reports.all()

    def file(self, report_id: str, actor: Actor) -> tuple[Report, Path]:
        """Raises NotFound, also when its file is gone."""
        self._permissions.require(actor, "report.read")
        with self._store.look() as work:
            found = work.reports.get(report_id)
        path = self._files.path(found.file) if found else None
        if found is None or path is None or not path.is_file():
            raise NotFound()
        return found, path

    def _make_weekly(self, job: Job) -> Closing | None:
        """The week before the job was due; made anew it replaces its own unfinished work, and nothing finished."""
        started = self._clock()
        monday = week_before(_due(job) or started, self._timezone)
        sunday = monday + timedelta(days=6)
        with self._store.look() as work:
            there = work.reports.of(WEEKLY, monday.isoformat())
        if there is not None and self._files.path(there.file).is_file():
            return None
        name = f"weekly-{monday.isoformat()}.xlsx"
        data = workbook(self._weekly(monday, started), words("zh"))
        job.go_on()
        sha256 = self._files.write(name, data)
        report = Report(
            str(uuid.uuid4()), WEEKLY, monday.isoformat(), sunday.isoformat(), name, len(data), sha256, started
        )
        facts = {"file": name, "bytes": len(data), "since": report.since, "until": report.until}
        done = Outcome(WEEKLY, job.key, started, self._clock(), facts)

        def keep(work: Work) -> None:
            work.reports.replace(report)
            work.outcomes.keep(done)

        return keep

    def _weekly(self, monday: date, now: datetime) -> Weekly:
        say = words("zh")
        since = datetime.combine(monday, time(), self._timezone)
        week = RecordFilter(since=since, until=since + timedelta(days=7))
        with self._store.look() as work:
            streets = work.areas.in_force("street")
            names: dict[str | None, str] = {street.area_id: street.name for street in streets}
            by_kind = work.records.count_by_two("street_id", "issue_type", week)
            originals = work.records.photos_by("street_id", week)
            assets = work.assets.counts_by_street()
            is_sample = work.meta("sample_city") is not None
        covered = self._coverage.per("street", CLERK)
        order: list[str | None] = [street.area_id for street in sorted(streets, key=lambda s: s.code)]
        found = {street for street, _ in (*by_kind, *assets)} | set(originals)
        for street in sorted(found - set(order), key=str):  # no street, or one that is no longer in force
            order.append(street)
            names[street] = say("report.no_street") if street is None else street
        kept, announced = (sum(pair[i] for pair in originals.values()) for i in (0, 1))
        whole = covered.whole
        return Weekly(
            since=monday.isoformat(), until=(monday + timedelta(days=6)).isoformat(),
            made_at=now.astimezone(self._timezone).strftime("%Y-%m-%d %H:%M"), is_sample=is_sample,
            figures=[
                (say("report.records"), sum(by_kind.values()), ""),
                (say("report.originals"), kept, say("report.of", n=announced)),
                (say("report.share"), say("report.unsurveyed") if whole.household_share is None else whole.household_share,
                 say("report.homes", managed=whole.households_managed, of=whole.households)),
                (say("report.assets"), sum(assets.values()), ""),
            ],
            tables=[self._records(by_kind, originals, order, names), _coverage(covered), _assets(assets, order, names, self._policy.now().assets.categories)],
        )  # fmt: skip

    def _records(
        self, by_kind: dict[tuple[str | None, str | None], int], originals: dict[str | None, tuple[int, int]],
        order: list[str | None], names: dict[str | None, str],
    ) -> Table:  # fmt: skip
        say, issues = words("zh"), self._policy.now().issues
        seen = {kind for _, kind in by_kind if kind}
        known = [t.code for t in issues.types if t.code in seen]
        kinds = [*known, *sorted(seen - set(known))]
        heads = [say("report.street"), say("report.records"), say("report.kept"), say("report.announced")]
        heads += [issues.get(k).name("zh") if issues.has(k) else k for k in kinds]
        rows: list[list[Any]] = []
        for street in order:
            cells = [by_kind.get((street, kind), 0) for kind in kinds]
            rows.append([names[street], sum(cells), *originals.get(street, (0, 0)), *cells])
        return Table(say("report.sheet_records"), heads, rows, total=_sum(say("report.total"), rows))


def week_before(at: datetime, timezone: ZoneInfo) -> date:
    """The Monday of the last whole week before `at`."""
    day = at.astimezone(timezone).date()
    return day - timedelta(days=day.weekday() + 7)


def _due(job: Job) -> datetime | None:
    """When a job of the timetable was due: a week made late is still that week."""
    try:
        return datetime.strptime(job.key.partition("@")[2], "%Y-%m-%dT%H:%MZ").replace(tzinfo=ZoneInfo("UTC"))
    except ValueError:
        return None


def _coverage(covered: Coverage) -> Table:
    say = words("zh")
    heads = [say(f"report.{h}") for h in ("street", "homes_managed", "homes_all", "share", "buildings_managed",
                                          "buildings_all", "zones", "zones_bare")]  # fmt: skip
    rows: list[list[Any]] = []
    for row in sorted(covered.rows, key=lambda r: r.area.code):
        managed, homes = (int(x) for x in row.counted("households"))
        built_managed, built = (int(x) for x in row.counted("buildings"))
        share = row.share("households")
        rows.append([row.area.name, managed, homes, say("report.unsurveyed") if share is None else share, built_managed,
                     built, row.zones, row.unmanaged_zones])  # fmt: skip
    whole = covered.whole
    total: list[Any] = [
        say("report.total"), whole.households_managed, whole.households,
        say("report.unsurveyed") if whole.household_share is None else whole.household_share,
        whole.buildings_managed, whole.buildings, covered.zones, covered.unmanaged_zones,
    ]  # fmt: skip
    return Table(say("report.sheet_coverage"), heads, rows, frozenset({3}), total)


def _assets(
    counts: dict[tuple[str | None, str], int], order: list[str | None], names: dict[str | None, str],
    known: Mapping[str, Category],
) -> Table:  # fmt: skip
    say = words("zh")
    seen = {category for _, category in counts}
    categories = [*(c for c in known if c in seen), *sorted(seen - set(known))]
    rows: list[list[Any]] = []
    for street in order:
        cells = [counts.get((street, category), 0) for category in categories]
        rows.append([names[street], sum(cells), *cells])
    heads = [
        say("report.street"),
        say("report.assets"),
        *(known[c].name("zh") if c in known else c for c in categories),
    ]
    return Table(say("report.sheet_assets"), heads, rows, total=_sum(say("report.total"), rows))


def _sum(name: str, rows: list[list[Any]]) -> list[Any]:
    return [name, *(sum(row[i] for row in rows) for i in range(1, len(rows[0])))] if rows else [name]
