"""An original in parts: it goes on where it broke off, in one order, from one sender at a time, and only as announced."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
import uuid
from datetime import timedelta

import pytest
import time_machine

from domain.capture import Part
from domain.errors import Held
from services.evidence import Swept
from tests.intake.bodies import capture_json, photo_json
from wiring import now

CHUNK = 50_000


class Sender:
    """A phone that sends one original of one capture."""

    def __init__(self, client, spot, jpegs, data: bytes | None = None) -> None:
        self.client, self.data = client, data or jpegs["panorama"]
        self.sha256, self.size = hashlib.sha256(self.data).hexdigest(), len(self.data)
        photos = [photo_json(self.data, "panorama"), *(photo_json(jpegs[s], s) for s in ("closeup", "plate"))]
        self.body = capture_json(spot, photos)
        assert client.post("/api/v1/captures", json=self.body).status_code == 201
        self.where = f"/api/v1/captures/{self.body['id']}/photos/{self.sha256}"

    def part(self, first: int, last: int | None = None, *, told: str | None = None, client=None, content=None):
        last = min(first + CHUNK, self.size) - 1 if last is None else last
        told = told or f"bytes {first}-{last}/{self.size}"
        content = self.data[first : last + 1] if content is None else content
        return (client or self.client).put(self.where, content=content, headers={"Content-Range": told})

    def offset(self) -> int:
        answer = self.client.head(self.where)
        assert (answer.status_code, answer.headers["upload-length"]) == (200, str(self.size))
        return int(answer.headers["upload-offset"])

    def send_all(self):
        while True:
            answer = self.part(self.offset())
            if answer.status_code != 204:
                return answer


@pytest.fixture
def sender(enter, spot, jpegs) -> Sender:
    return Sender(enter("inspector1"), spot, jpegs)


def left(services) -> list[str]:
    return [one.path.name for one in services.evidence._photos.unfinished()]


def test_parts_make_the_whole_and_each_answer_says_how_far_it_is(sender, services):
    assert sender.offset() == 0
    first = sender.part(0)
    assert (first.status_code, first.content, first.headers["upload-offset"]) == (204, b"", str(CHUNK))
    assert "upload-complete" not in sender.client.head(sender.where).headers
    last = sender.send_all()
    assert (last.status_code, last.json()["state"], last.json()["kept"]) == (201, "kept", 1)
    told = sender.client.head(sender.where).headers
    assert (told["upload-complete"], told["upload-offset"]) == ("?1", str(sender.size))
    assert services.evidence._photos.original(sender.sha256).read_bytes() == sender.data
    assert left(services) == []
    assert services.history.verify().is_clean


def test_an_unknown_photo_a_strangers_and_another_records_are_all_the_same_404(sender, enter, spot, jpegs):
    stranger, other = enter("inspector2"), Sender(enter("inspector2"), spot, jpegs)
    sender.part(0)
    for client, where in (
        (stranger, sender.where),
        (enter("officer1"), sender.where),
        (sender.client, other.where),
        (sender.client, sender.where.replace(sender.body["id"], str(uuid.uuid4()))),
        (sender.client, sender.where.replace(sender.sha256, "0" * 64)),
    ):
        head = client.head(where)
        assert (head.status_code, "upload-offset" in head.headers) == (404, False)
        assert client.put(where, content=b"x", headers={"Content-Range": "bytes 0-0/1"}).status_code == 404
    assert (sender.offset(), other.client.head(other.where).headers["upload-offset"]) == (CHUNK, "0")


@pytest.mark.parametrize("first", [0, 1, CHUNK - 1, CHUNK + 1, 2 * CHUNK])
def test_a_part_that_does_not_fit_on_is_told_where_to_go_on(first, sender):
    sender.part(0)
    answer = sender.part(first)
    assert (answer.status_code, answer.json()["code"], answer.headers["upload-offset"]) == (
        409, "upload_offset", str(CHUNK),
    )  # fmt: skip
    assert sender.send_all().status_code == 201


LIES = {
    "bytes -5-10/{size}": (422, "content_range_wrong"),
    "bytes 10-5/{size}": (422, "content_range_wrong"),
    "bytes 0-x/{size}": (422, "content_range_wrong"),
    "bytes ０-９/{size}": (422, "content_range_wrong"),
    "bytes 0-9/*": (422, "content_range_wrong"),
    "bytes */{size}": (422, "content_range_wrong"),
    "bytes=0-9": (422, "content_range_wrong"),
    "lines 0-9/{size}": (422, "content_range_wrong"),
    "bytes 0-9/{size}, 10-19/{size}": (422, "content_range_wrong"),
    "bytes 0-99999999999999999999999/{size}": (422, "content_range_wrong"),
    "bytes 0-10/{size}": (422, "content_range_wrong"),  # eleven bytes announced, ten sent
    "bytes 0-9/{more}": (422, "photo_size_differs"),
    "bytes 0-9/10": (422, "photo_size_differs"),
    "bytes {size}-{to}/{size}": (413, "photo_longer"),
    "bytes 999999999999999990-999999999999999999/{size}": (413, "photo_longer"),
    "bytes 999999999999999990-999999999999999999/1000000000000000000": (413, "photo_longer"),
}


@pytest.mark.parametrize("told", LIES)
def test_a_range_that_lies_is_refused_in_words_and_moves_nothing(told, sender, services):
    size = sender.size
    told_bytes = told.format(size=size, more=size + 1, to=size + 9).encode()
    answer = sender.client.put(sender.where, content=sender.data[:10], headers=[(b"content-range", told_bytes)])
    assert (answer.status_code, answer.json()["code"]) == LIES[told]
    assert answer.json()["detail"].endswith("。")
    assert (sender.offset(), left(services)) == (0, [])


def test_more_bytes_than_the_part_announced_are_refused_and_fewer_are_kept(sender):
    def too_many():
        yield sender.data[:CHUNK]
        yield b"and more"

    def too_few():
        yield sender.data[:700]

    few = sender.part(0, CHUNK - 1, content=too_few())  # no Content-Length: nobody can tell beforehand
    assert (few.status_code, few.headers["upload-offset"]) == (204, "700")
    many = sender.part(700, CHUNK - 1, content=too_many())
    assert (many.status_code, many.json()["code"], sender.offset()) == (413, "photo_longer", 700)
    assert sender.send_all().status_code == 201


def test_parts_of_another_photo_are_thrown_away_at_the_end_and_it_begins_again(sender, services, jpegs):
    wrong = bytearray(sender.data)
    wrong[5000] ^= 1
    for first in range(0, sender.size, CHUNK):
        last = min(first + CHUNK, sender.size) - 1
        answer = sender.part(first, content=bytes(wrong[first : last + 1]))
    assert (answer.status_code, answer.json()["code"]) == (422, "photo_hash_differs")
    assert (sender.offset(), left(services)) == (0, [])
    assert sender.send_all().status_code == 201


def test_parts_that_make_no_photo_are_refused_and_leave_nothing(enter, services, spot, jpegs):
    sender = Sender(enter("inspector1"), spot, jpegs, b"<html>" + b"x" * (CHUNK + 10))
    answer = sender.send_all()
    assert (answer.status_code, answer.json()["code"], left(services)) == (422, "not_a_photo", [])


def test_a_part_of_what_is_kept_already_changes_nothing(sender, services):
    sender.send_all()
    for answer in (
        sender.part(0),
        sender.part(CHUNK),
        sender.part(0, sender.size - 1),
        sender.part(0, content=b"x" * CHUNK),
    ):
        assert (answer.status_code, answer.headers["upload-complete"]) == (200, "?1")
    assert services.evidence._photos.rehash(sender.sha256) == sender.sha256
    with services.store.look() as work:
        assert [e.action for e in work.history.of("record", sender.body["id"])] == ["record.received", "photo.kept"]


def test_the_whole_in_one_go_takes_the_place_of_its_parts(sender, services):
    sender.part(0)
    assert sender.client.put(sender.where, content=sender.data).status_code == 201
    assert left(services) == []


def test_a_second_sender_is_held_back_and_told_how_far_the_first_got(sender, services):
    sender.part(0)
    actor = reporter_of(services, sender)
    arrival = services.evidence.begin(sender.body["id"], sender.sha256, actor, Part(CHUNK, 2 * CHUNK - 1, sender.size))
    services.evidence.take(arrival, sender.data[CHUNK : CHUNK + 300])
    answer = sender.part(CHUNK + 300)
    assert (answer.status_code, answer.json()["code"], answer.headers["upload-offset"]) == (
        423, "upload_held", str(CHUNK + 300),
    )  # fmt: skip
    assert answer.headers["retry-after"] == "2"
    services.evidence.abandon(arrival)
    assert sender.offset() == CHUNK + 300
    assert sender.send_all().status_code == 201


def test_another_process_is_held_back_too_and_its_death_gives_the_photo_free(sender, services):
    sender.part(0)
    path = services.evidence._photos.unfinished()[0].path
    holds = "import sys, fcntl\nf = open(sys.argv[1], 'r+b')\nfcntl.flock(f, fcntl.LOCK_EX)\nprint('held', flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        assert sender.part(CHUNK).status_code == 423
        other.kill()
    assert sender.send_all().status_code == 201


def test_many_senders_at_once_never_mix(sender, services):
    """Each asks how far it is and sends from there, as eight tabs would; one original comes out, whole."""

    def send() -> None:
        while True:
            answer = sender.part(min(sender.offset(), sender.size - 1), client=sender.client)
            if answer.status_code in (200, 201):
                return
            assert answer.status_code in (204, 409, 423), answer.text

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert services.evidence._photos.rehash(sender.sha256) == sender.sha256
    with services.store.look() as work:
        assert [e.action for e in work.history.of("record", sender.body["id"])].count("photo.kept") == 1


def test_a_restart_in_between_goes_on_where_it_was(sender, services, sample_settings):
    from wiring import Settings, build

    sender.part(0)
    other = build(Settings(**sample_settings))
    photo, offset = other.evidence.arrived(sender.body["id"], sender.sha256, reporter_of(other, sender))
    other.close()
    assert (photo.state, offset) == ("expected", CHUNK)


def all_has_come(sender, services, data: bytes) -> None:
    """The last bytes are written, and the request dies before it can look at the whole."""
    actor = reporter_of(services, sender)
    arrival = services.evidence.begin(sender.body["id"], sender.sha256, actor, Part(0, sender.size - 1, sender.size))
    services.evidence.take(arrival, data)
    services.evidence.abandon(arrival)
    assert len(left(services)) == 1


@pytest.mark.parametrize("ask", ["head", "put"])
def test_a_request_that_died_after_the_last_byte_leaves_nothing_to_send(sender, services, ask):
    all_has_come(sender, services, sender.data)
    answer = sender.client.head(sender.where) if ask == "head" else sender.part(0)
    assert (answer.status_code, answer.headers["upload-complete"]) == (200, "?1")
    assert left(services) == []
    with services.store.look() as work:
        assert [e.action for e in work.history.of("record", sender.body["id"])] == ["record.received", "photo.kept"]


def test_whole_but_wrong_it_begins_again(sender, services):
    all_has_come(sender, services, sender.data[:-1] + b"?")
    assert (sender.offset(), left(services)) == (0, [])
    assert sender.send_all().status_code == 201


def test_the_janitor_keeps_parts_a_week_and_what_nobody_waits_for_ten_minutes(sender, services, enter, spot, jpegs):
    sender.part(0)
    orphan = services.evidence._photos.growing(str(uuid.uuid4()), "0" * 64)
    orphan.write(b"of no record")
    orphan.leave()
    assert services.evidence.sweep() == Swept()
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert services.evidence.sweep() == Swept(files=1, stale=0, size_bytes=12)
        assert sender.offset() == CHUNK
    with time_machine.travel(now() + timedelta(days=6, hours=23), tick=False):
        assert services.evidence.sweep() == Swept()
    with time_machine.travel(now() + timedelta(days=7, minutes=1), tick=False):
        assert services.evidence.sweep() == Swept(files=1, stale=1, size_bytes=CHUNK)
    assert sender.offset() == 0
    assert sender.send_all().status_code == 201


def test_the_janitor_waits_for_whoever_is_writing(sender, services):
    arrival = services.evidence.begin(
        sender.body["id"], sender.sha256, reporter_of(services, sender), Part(0, 99, sender.size)
    )
    services.evidence.take(arrival, sender.data[:50])
    with time_machine.travel(now() + timedelta(days=8), tick=False):
        assert services.evidence.sweep() == Swept()
    with pytest.raises(Held):
        services.evidence.begin(
            sender.body["id"], sender.sha256, reporter_of(services, sender), Part(0, 9, sender.size)
        )
    services.evidence.abandon(arrival)
    assert sender.offset() == 50


def reporter_of(services, sender):
    from services.people import session_id

    token, _ = services.people.log_in("inspector1", "shili-2026", address="127.0.0.1", device="test")
    return services.people.actor(session_id(token))
