"""The weekly report: the same numbers as the pages, texts that stay texts, one file a week."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
import python_calamine

from documents.weekly import Table, Weekly, workbook
from domain.filters import AssetFilter, RecordFilter
from domain.policy.assets import load_assets
from domain.records import Actor, Assignment
from i18n import words
from services import Services
from services.reports import WEEKLY, week_before
from wiring import Settings, build, now

ALL = Actor("t", "t", tuple(Assignment(role, "city") for role in ("auditor", "leader", "housing_bureau")))


@pytest.fixture
def services(sample_on_both: dict) -> Iterator[Services]:
    built = build(Settings(**sample_on_both))
    yield built
    built.close()


def make(services: Services, key: str = "report.weekly@now-1") -> None:
    with services.store.work() as work:
        work.jobs.queue(WEEKLY, key, {}, at=now())
    assert services.queue.run_next("r", leave=services.queue.kinds - {WEEKLY})


def sheets(data: bytes) -> dict[str, list[list]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_sheets_say_what_the_pages_say(services: Services):
    make(services)
    found = services.reports.all(ALL)
    assert len(found) == 1
    report, path = services.reports.file(found[0].id, ALL)
    data = path.read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (report.size, report.sha256)
    book, say = sheets(data), words("zh")
    since = datetime.combine(week_before(now(), services.timezone), time(), services.timezone)
    week = RecordFilter(since=since, until=since + timedelta(days=7), limit=10_000)
    records, total = services.records.search(week, ALL)
    assert total > 5
    rows = book[say("report.sheet_records")]
    heads, body, sums = rows[0], rows[1:-1], rows[-1]
    by_street = {row[0]: dict(zip(heads, row, strict=True)) for row in body}
    for street, count in Counter(r.street_name for r in records).items():
        told = by_street[street]
        ours = [r for r in records if r.street_name == street]
        assert told[say("report.records")] == count
        assert told[say("report.kept")] == sum(r.photos_kept for r in ours)
        assert told[say("report.announced")] == sum(r.photos_expected for r in ours)
        for kind, n in Counter(r.issue_type for r in ours).items():
            assert told[services.catalogue.get(kind).name("zh")] == n
    assert sums[1] == total == sum(row[1] for row in body)
    covered = services.coverage.per("street", ALL)
    told = {row[0]: row for row in book[say("report.sheet_coverage")][1:]}
    for row in covered.rows:
        managed, homes = row.counted("households")
        share = row.share("households")
        assert told[row.area.name][1:3] == [managed, homes]
        assert told[row.area.name][3] == (say("report.unsurveyed") if share is None else pytest.approx(share))
        assert told[row.area.name][6:8] == [row.zones, row.unmanaged_zones]
    assert told[say("report.total")][1:3] == [covered.whole.households_managed, covered.whole.households]
    held = services.assets.search(AssetFilter(limit=100_000), ALL)
    assets = book[say("report.sheet_assets")]
    assert assets[-1][1] == len(held) == sum(services.assets.counts(AssetFilter(), ALL).values())
    columns = dict(zip(assets[0], assets[-1], strict=True))
    for category, n in Counter(a.category for a in held).items():
        assert columns[load_assets().categories[category].name("zh")] == n
    assert say("app.sample") in [row[0] for row in book[say("report.overview")]]


def test_the_same_week_is_one_report_and_a_lost_file_is_made_again(services: Services):
    make(services)
    make(services, "report.weekly@now-2")
    (found,) = services.reports.all(ALL)
    _, path = services.reports.file(found.id, ALL)
    path.unlink()
    make(services, "report.weekly@now-3")
    (again,) = services.reports.all(ALL)
    assert again.id == found.id
    assert path.is_file()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_a_report_that_was_due_before_a_stop_is_of_that_week(services: Services):
    make(services, "report.weekly@2026-11-15T23:00Z")  # Monday 16 November, 7:00 in the office
    assert [(r.since, r.until) for r in services.reports.all(ALL)] == [("2026-11-09", "2026-11-15")]


def test_texts_never_become_formulas_links_or_numbers():
    table = Table("单", ["=1+1", "@x"], [["=cmd|' /C calc'!A0", "https://x.invalid"], ["+1", "-2"], ["007", "  "]])
    data = workbook(Weekly("a", "b", "c", False, [("=2", "=3", "=4")], [table]), words("zh"))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        whole = "".join(parts.read(name).decode() for name in parts.namelist() if name.endswith((".xml", ".rels")))
    assert "<f>" not in whole
    assert "hyperlink" not in whole
    assert sheets(data)["单"][1] == ["=cmd|' /C calc'!A0", "https://x.invalid"]
    assert sheets(data)["单"][3] == ["007", "  "]
