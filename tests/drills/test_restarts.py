"""PostgreSQL restarted five times under eight senders: nothing acknowledged is lost, nothing doubled, nobody restarts us."""

from __future__ import annotations

import hashlib
import io
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
from PIL import Image

import wiring
from domain.capture import Capture, CapturePhoto
from domain.errors import Busy
from domain.records import Actor, Assignment, Person, Photo, Position
from jobs.runner import Runner
from services import Services
from services.views import MAKE_VIEWS
from storage.tables import jobs, photos, records
from tests.clusters import Cluster, why_not
from wiring import Settings, build

SENDERS, EACH, RESTARTS = 8, 25, 5


@pytest.fixture
def restartable() -> Iterator[Cluster]:
    """A cluster of its own: no other test's connections are cut."""
    reason = why_not()
    if reason:
        pytest.skip(reason)
    started = Cluster()
    yield started
    started.end()


@pytest.fixture
def services(restartable, tmp_path) -> Iterator[Services]:
    built = build(Settings(database_url=restartable.create(), photo_store=tmp_path / "photos", secret_key="k" * 40,
                           sample_city=False))  # fmt: skip
    yield built
    built.close()


@pytest.fixture
def senders(services) -> list[Actor]:
    found = []
    with services.store.work() as work:
        for i in range(SENDERS):
            role = Assignment("inspector", "city")
            who = Person(str(uuid.uuid4()), f"sender{i}", f"示意{i}", None, "zh", None, wiring.now(), (role,))
            work.people.add(who, password_hash="hash")
            found.append(Actor(who.id, who.name, who.assignments))
    return found


class Progress:
    """Counts what was acknowledged; the one who restarts the server waits for it instead of a clock."""

    def __init__(self) -> None:
        self.done = 0
        self._changed = threading.Condition()

    def one_more(self) -> None:
        with self._changed:
            self.done += 1
            self._changed.notify_all()

    def wait_for(self, done: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: self.done >= done, timeout=120), f"stuck at {self.done}"


def picture(seed: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), (seed % 256, seed // 256 % 256, 90)).save(out, "JPEG")
    return out.getvalue()


def capture(services: Services, seed: int) -> tuple[Capture, bytes]:
    """A capture with one photo, in place nowhere: the place is not what is drilled."""
    kind = next(k for k in services.catalogue.types if not k.needs_plate and not k.retired_on
                and sum(s.required for s in k.shots) <= 1)  # fmt: skip
    shot = next((s for s in kind.shots if s.required), kind.shots[0])
    data, now = picture(seed), wiring.now()
    sha256 = hashlib.sha256(data).hexdigest()
    photo = CapturePhoto(sha256, len(data), "image/jpeg", shot.code, "camera", now, None, None, None)
    capture_id = str(uuid.uuid4())
    return Capture(
        id=capture_id, kind="report", issue_type=kind.code, subject_id=None, captured_at=now, sent_at=now,
        position=Position(120.8, 29.58, 6.0, now), position_reason=None, pin=None, building=None, unit=None, floor=None,
        note=None, plate=None, catalogue_edition=services.catalogue.edition, photos=(photo,), body={"id": capture_id},
    ), data  # fmt: skip


def until_it_goes(ask, busy: Counter):
    """A phone: asks the same again until the answer is not 'busy'."""
    while True:
        try:
            return ask()
        except Busy as refused:
            busy[refused.code] += 1


def send_one(services: Services, actor: Actor, seed: int, busy: Counter) -> tuple[str, str, str]:
    """(record id, number, photo hash), acknowledged."""
    taken, data = capture(services, seed)
    record, _ = until_it_goes(lambda: services.intake.receive(taken, actor), busy)

    def keep() -> Photo:
        arrival = services.evidence.begin(taken.id, taken.photos[0].sha256, actor)
        if isinstance(arrival, Photo):
            return arrival
        try:
            services.evidence.take(arrival, data)
            return services.evidence.keep(arrival, actor)
        except BaseException:
            services.evidence.abandon(arrival)
            raise

    assert until_it_goes(keep, busy).state == "kept"
    return taken.id, record.number, taken.photos[0].sha256


@pytest.mark.slow
def test_restarts_under_load_lose_and_double_nothing(restartable, services, senders, monkeypatch, capsys):
    busy, progress, made = Counter(), Progress(), Counter()
    services.queue.handle(MAKE_VIEWS, lambda job: made.update([job.payload["photo_id"]]))
    runner = Runner(services)
    running = threading.Thread(target=runner.run)
    running.start()

    def send_all(i: int) -> list[tuple[str, str, str]]:
        sent = []
        for n in range(EACH):
            sent.append(send_one(services, senders[i], i * EACH + n, busy))
            progress.one_more()
        return sent

    with ThreadPoolExecutor(SENDERS) as pool:
        sending = [pool.submit(send_all, i) for i in range(SENDERS)]
        for n in range(RESTARTS):
            progress.wait_for((n + 1) * SENDERS * EACH // (RESTARTS + 2))
            restartable.stop(at_once=n % 2 == 0)  # a crash, then an orderly stop, and so on
            restartable.start()
        acknowledged = [one for sent in sending for one in sent.result()]
    runner.stop()
    running.join()

    with services.store.look() as work:
        kept = work.connection.execute(sa.select(records.c.id, records.c.number)).all()
        originals = work.connection.execute(sa.select(photos.c.sha256).where(photos.c.state == "kept")).scalars().all()
    assert sorted(kept) == sorted((record_id, number) for record_id, number, _ in acknowledged)
    assert len({number for _, number in kept}) == SENDERS * EACH
    assert sorted(originals) == sorted(sha256 for _, _, sha256 in acknowledged)
    found = services.history.verify()
    seeded = 1  # the built-in catalogue's own first row
    assert (found.links, found.subjects, found.findings) == (2 * SENDERS * EACH + seeded, SENDERS * EACH + seeded, ())

    # A job whose end could not be written is still on lease: it comes back when that is over.
    later = wiring.now() + timedelta(hours=1)
    monkeypatch.setattr(services.queue, "_clock", lambda: later)
    Runner(services).run_until_empty()
    with services.store.look() as work:
        ended = work.connection.execute(
            sa.select(jobs.c.state, sa.func.count()).where(jobs.c.kind == MAKE_VIEWS).group_by(jobs.c.state)
        ).all()
        assert [tuple(row) for row in ended] == [("done", SENDERS * EACH)]
        assert len(made) == SENDERS * EACH
    with capsys.disabled():
        print(f"\n{len(acknowledged)} captures, {RESTARTS} restarts, asked again {dict(busy)}, "
              f"{sum(made.values()) - len(made)} views made twice")  # fmt: skip
