"""The operator's page and what else the clock shows, drawn by Streamlit's own test runner."""

from __future__ import annotations

import sqlalchemy as sa

from i18n import words
from jobs.runner import Runner
from storage.tables import jobs
from tests.pages.test_city_pages import labels, markup_of, plain
from wiring import now


def button(at, label: str):
    return next(b for b in at.button if b.label == label)


def test_one_sentence_opens_the_page_and_buttons_end_in_results(services, visit):
    say = words("zh")
    with services.store.work() as work:  # a runner was here a moment ago; the city may have been loaded long before
        work.timetable.settle("sweep", now())
    at = visit("admin1", "operations")
    assert say("operations.title_waits", n=1) in plain(markup_of(at)), "no folder for backups is set here"
    assert say("operations.backup_off") in plain(markup_of(at))
    button(at, say("operations.verify_now")).click().run()
    assert say("operations.asked", kind="核对记录链和原图") in plain(markup_of(at))
    with services.store.work() as work:
        work.connection.execute(sa.delete(jobs).where(jobs.c.kind == "photo.views"))
    Runner(services).run_until_empty()
    at = visit("admin1", "operations")
    assert say("operations.verify_clean") in plain(markup_of(at))


def test_a_failed_job_is_shown_in_words_and_can_be_dropped(services, visit):
    say = words("zh")
    with services.store.work() as work:
        work.jobs.queue("sweep", "sweep@drill", {}, at=now())
        failed = {"state": "failed", "error": "store_busy", "done_at": now(), "attempts": 6}
        work.connection.execute(sa.update(jobs).where(jobs.c.key == "sweep@drill").values(**failed))
    at = visit("admin1", "operations")
    assert say("refused.store_busy") in plain(markup_of(at))
    button(at, say("operations.drop", kind="清理")).click().run()
    assert say("operations.drop_done") in plain(markup_of(at))
    assert say("refused.store_busy") not in plain(markup_of(at))


def test_hours_are_changed_and_bad_ones_are_not(services, visit, session_of):
    say = words("zh")
    at = visit("admin1", "operations")
    at.selectbox(key="slg.slot_kind").set_value("verify").run()
    at.text_input(key="slg.slot_at_verify").set_value("25:00")
    button(at, say("operations.save")).click().run()
    admin = services.people.actor(session_of("admin1"))

    def slot():
        return next(e.slot for e in services.timetable.entries(admin) if e.kind.code == "verify")

    assert (slot().at, slot().weekday) == ("03:30", 6), "a bad hour changes nothing"
    at.text_input(key="slg.slot_at_verify").set_value("23：15")
    at.selectbox(key="slg.slot_day_verify").set_value(-1)
    button(at, say("operations.save")).click().run()
    assert not at.exception
    assert (slot().at, slot().weekday, slot().is_on) == ("23:15", None, True)


def test_it_is_complete_in_english(visit):
    at = visit("admin1", "operations", "en")
    assert not any("一" <= sign <= "鿿" for sign in labels(at)), labels(at)


def test_reminders_stand_on_today_and_reports_on_coverage(services, visit):
    say = words("zh")
    for kind in ("reminders", "report.weekly"):
        with services.store.work() as work:
            work.jobs.queue(kind, f"{kind}@now-drill", {}, at=now())
    Runner(services).run_until_empty()
    assert say("reminder.title") not in plain(markup_of(visit("leader1", "today")))
    at = visit("leader1", "coverage")
    assert "/api/v1/reports/" in markup_of(at)
    assert "/api/v1/reports/" not in markup_of(visit("officer1", "coverage")), "over one street alone"
