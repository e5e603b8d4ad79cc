"""The operator's figures and buttons, a certificate's end, and who may see a path."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
import time_machine

from domain.errors import NotAllowed, NotFound
from domain.records import Actor
from i18n import words
from jobs.runner import Runner
from services.certificate import ends_at
from services.operations import DISK_LEFT_BYTES
from storage.tables import jobs
from tests.web.small_city import City, build_city
from ui.operations import reason
from wiring import now


@pytest.fixture
def city(own_database: dict, tmp_path) -> Iterator[City]:
    built = build_city(tmp_path, backup_dir=tmp_path / "backups", **own_database)
    yield built
    built.services.close()


@pytest.fixture
def admin(city: City) -> Actor:
    found = city.actor("admin", "city")
    return Actor(found.person_id, found.name, found.assignments)


def codes(city: City, admin: Actor) -> list[str]:
    return [trouble.code for trouble in city.services.operations.status(admin).troubles]


def test_backup_now_and_verify_now_end_in_what_the_page_says(city: City, admin: Actor, tmp_path):
    for kind in ("backup", "verify"):
        city.services.timetable.start(kind, admin)
    Runner(city.services).run_until_empty()
    status = city.services.operations.status(admin)
    backup, verified = status.last_backup, status.last_verify
    assert backup is not None
    assert verified is not None
    assert backup.facts["checked"]
    assert backup.facts["folder"].startswith(str(tmp_path / "backups"))
    assert backup.facts["originals"] == verified.facts["photos"] > 0
    assert verified.facts["found"] == 0
    assert status.queue["backup"] == {"done": 1}
    assert status.troubles == ()
    with time_machine.travel(now() + timedelta(days=3), tick=False):
        assert set(codes(city, admin)) == {"backup_old", "nobody_at_work"}


def test_a_given_up_job_is_tried_again_or_dropped_once(city: City, admin: Actor):
    with city.services.store.work() as work:
        for key in ("one", "two"):
            work.jobs.queue("sweep", key, {}, at=now() - timedelta(days=1))
        work.connection.execute(
            sa.update(jobs).where(jobs.c.kind == "sweep").values(state="failed", error="store_busy")
        )
    assert codes(city, admin) == ["failed", "backup_not_yet"]
    two, one = (job.serial for job in city.services.operations.status(admin).failed)
    city.services.operations.again(one, admin)
    city.services.operations.drop(two, admin)
    for act in (city.services.operations.again, city.services.operations.drop):
        with pytest.raises(NotFound):
            act(two, admin)
    Runner(city.services).run_until_empty()
    assert city.services.operations.status(admin).queue["sweep"] == {"done": 1, "dropped": 1}
    with city.services.store.look() as work:
        assert [e.action for e in work.history.of("operations", "office")] == ["job.again", "job.dropped"]


def test_a_full_disk_is_the_first_thing_said(city: City, admin: Actor, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, used=0, free=DISK_LEFT_BYTES - 1))
    assert "disk_stopped_photos" in codes(city, admin)
    assert city.services.operations.not_ready()[0] == ["disk_full"]


def test_only_the_administrator_sees_anything(city: City):
    for role in ("leader", "auditor", "street_officer"):
        for ask in (city.services.operations.status, city.services.operations.gauges, city.services.timetable.entries):
            with pytest.raises(NotAllowed):
                ask(city.actor(role, "city"))


@pytest.mark.parametrize("days", [3, 40, 12_000])
def test_the_end_of_a_certificate_is_read_from_it(tmp_path, days):
    if not shutil.which("openssl"):
        pytest.skip("no openssl here")
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=inspect.test",
         "-keyout", tmp_path / "key.pem", "-out", tmp_path / "cert.pem"], capture_output=True, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    told = subprocess.run(["openssl", "x509", "-in", tmp_path / "cert.pem", "-noout", "-enddate"], capture_output=True,
                          text=True, check=True).stdout  # fmt: skip
    at = datetime.strptime(told.strip().partition("=")[2], "%b %d %H:%M:%S %Y GMT").replace(tzinfo=UTC)
    assert ends_at(tmp_path / "cert.pem") == at
    (tmp_path / "cert.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    assert ends_at(tmp_path / "cert.pem") is None
    assert ends_at(tmp_path / "none.pem") is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("store_busy", "数据库正忙，没有丢，稍后再试。"),
        ("backup_original_missing sha256=ab12", "有一张原图不在或变了（ab12），先运行 verify。"),
        ("ValueError: 坏图", "这里出错了，已经记下。存好的都在，稍后再试。"),
        ("backup_original_missing", "现在忙不过来，没有丢，稍后再试。"),
    ],
)
def test_a_stored_error_is_a_sentence(error, said):
    assert reason(error, words("zh")) == said
