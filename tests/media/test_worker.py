"""The worker and its client: one picture at a time, and always an answer."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from i18n import words
from media.client import ERROR_CODES, RETRY_CODES, MediaWorker

Request = Callable[..., dict[str, Any]]


@pytest.fixture
def own_worker() -> Any:
    client = MediaWorker()
    yield client
    client.close()


def test_makes_stamped_views_and_facts(worker: MediaWorker, drawn: Path, request_for: Request, font_path: Path) -> None:
    request = request_for(drawn, stamp={"time": "2026-11-09 15:20:33", "place": "示例小区036"}, font=str(font_path))
    answer = worker.make(request)
    assert answer["ok"], answer
    assert answer["stamped"] is True
    assert answer["facts"]["exif_time"]["utc"] == "2026-11-09T07:20:33Z"
    for name, long_side in (("view", 1200), ("thumb", 320)):
        with Image.open(request[f"out_{name}"]) as image:
            assert max(image.size) == long_side
            assert image.size == (answer[name]["width"], answer[name]["height"])
        assert os.path.getsize(request[f"out_{name}"]) == answer[name]["bytes"]


def test_missing_font_makes_an_unstamped_view_and_says_so(
    worker: MediaWorker, drawn: Path, request_for: Request
) -> None:
    answer = worker.make(request_for(drawn, stamp={"time": "9:41"}, font="/no/such/font.ttf"))
    assert (answer["ok"], answer["stamped"]) == (True, False)


def test_the_child_starts_with_the_first_picture_and_stays_warm(
    own_worker: MediaWorker, drawn: Path, request_for: Request
) -> None:
    assert own_worker.pid is None
    own_worker.make(request_for(drawn))
    first = own_worker.pid
    own_worker.make(request_for(drawn))
    assert first == own_worker.pid is not None
    own_worker.close()
    assert own_worker.pid is None
    assert own_worker.make(request_for(drawn))["ok"]


def test_the_child_is_replaced_after_its_share_of_pictures(drawn: Path, request_for: Request) -> None:
    client = MediaWorker(recycle_after=2)
    try:
        pids = []
        for _ in range(4):
            assert client.make(request_for(drawn))["ok"]
            pids.append(client.pid)
        assert pids[0] == pids[1] != pids[2] == pids[3]
    finally:
        client.close()


def test_killed_between_two_pictures_the_next_call_works(
    own_worker: MediaWorker, drawn: Path, request_for: Request
) -> None:
    own_worker.make(request_for(drawn))
    assert own_worker.pid is not None
    os.kill(own_worker.pid, signal.SIGKILL)
    assert own_worker.make(request_for(drawn))["ok"]


def _kill_while_waiting(client: MediaWorker, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child dies after it was asked and before it answers, once."""
    receive = client._receive

    def kill_then_receive(timeout_s: float) -> Any:
        assert client.pid is not None
        os.kill(client.pid, signal.SIGKILL)
        monkeypatch.undo()
        return receive(timeout_s)

    monkeypatch.setattr(client, "_receive", kill_then_receive)


def test_a_warm_child_killed_in_the_middle_is_replaced_within_the_call(
    own_worker: MediaWorker, drawn: Path, request_for: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_worker.make(request_for(drawn))
    child = own_worker.pid
    assert child is not None
    os.kill(child, signal.SIGSTOP)  # so that it cannot answer before it dies
    _kill_while_waiting(own_worker, monkeypatch)
    assert own_worker.make(request_for(drawn))["ok"]
    assert own_worker.pid != child


def test_a_picture_that_kills_a_fresh_child_is_answered_and_the_next_call_works(
    own_worker: MediaWorker, drawn: Path, request_for: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    _kill_while_waiting(own_worker, monkeypatch)  # a child that is still importing cannot answer first
    assert own_worker.make(request_for(drawn)) == {"ok": False, "error": {"code": "worker_died"}, "facts": None}
    assert own_worker.make(request_for(drawn))["ok"]


def test_hung_child_is_ended_and_replaced(own_worker: MediaWorker, drawn: Path, request_for: Request) -> None:
    own_worker.make(request_for(drawn))
    child = own_worker.pid
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    assert own_worker.make(request_for(drawn), timeout_s=0.05)["error"]["code"] == "worker_hung"
    assert own_worker.make(request_for(drawn))["ok"]
    assert own_worker.pid != child


def test_picture_over_its_time_is_given_up_and_the_child_lives(twelve_megapixels: Path, request_for: Request) -> None:
    client = MediaWorker(limit_s=0.002)
    try:
        assert client.make(request_for(twelve_megapixels))["error"]["code"] == "photo_too_slow"
        child = client.pid
        assert client.make(request_for(twelve_megapixels))["error"]["code"] == "photo_too_slow"
        assert client.pid == child is not None
    finally:
        client.close()


def test_memory_cap_holds_and_the_child_goes_on(
    tmp_path: Path, drawn: Path, request_for: Request, write_png: Callable[..., Path]
) -> None:
    heavy = write_png(tmp_path / "heavy.png", 7000, 7000, channels=4)
    client = MediaWorker(memory_mb=350)
    try:
        assert client.make(request_for(drawn))["ok"]
        child = client.pid
        assert client.make(request_for(heavy))["error"]["code"] == "photo_too_heavy"
        assert client.make(request_for(drawn))["ok"]
        assert client.pid == child
    finally:
        client.close()


def test_many_threads_share_one_child(worker: MediaWorker, drawn: Path, tmp_path: Path) -> None:
    answers: list[dict[str, Any]] = []

    def ask(name: int) -> None:
        outs = {"out_view": str(tmp_path / f"{name}.v.jpg"), "out_thumb": str(tmp_path / f"{name}.t.jpg")}
        answers.append(worker.make({"path": str(drawn), **outs, "stamp": None, "font": None}))

    threads = [threading.Thread(target=ask, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer["ok"] for answer in answers] == [True] * 8
    assert len(list(tmp_path.iterdir())) == 16  # and no temp file is left


def test_nothing_is_left_behind_when_a_view_cannot_be_written(worker: MediaWorker, drawn: Path, tmp_path: Path) -> None:
    (tmp_path / "thumb.jpg").mkdir()
    outs = {"out_view": str(tmp_path / "view.jpg"), "out_thumb": str(tmp_path / "thumb.jpg")}
    answer = worker.make({"path": str(drawn), **outs, "stamp": None, "font": None})
    assert answer["error"]["code"] == "view_not_written"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["thumb.jpg", "view.jpg"]


@pytest.mark.parametrize("request_given", [{}, {"path": None}, {"path": "/no/such/file", "out_view": "x"}])
def test_unfinished_requests_are_answered_too(worker: MediaWorker, request_given: dict[str, Any]) -> None:
    answer = worker.make(request_given)
    assert answer["error"]["code"] in {"view_request_broken", "original_missing"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_answer_code_is_worded(lang: str) -> None:
    assert RETRY_CODES < ERROR_CODES
    for code in ERROR_CODES:
        assert words(lang).has(f"refused.{code}"), code


def test_lines_that_are_no_request_are_answered_too(tmp_path: Path) -> None:
    asked = b"not json\n[]\n\x00\n\xff\xfe\n"
    ran = subprocess.run(
        [sys.executable, "-m", "media.worker"], input=asked, capture_output=True, check=True, timeout=60
    )
    assert ran.stdout.splitlines() == [b'{"ok": false, "error": {"code": "view_request_broken"}, "facts": null}'] * 4


def test_the_child_sees_no_setting_of_the_app(
    own_worker: MediaWorker, drawn: Path, request_for: Request, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLG_SECRET_KEY", "not-for-decoders")
    own_worker.make(request_for(drawn))
    environ = Path(f"/proc/{own_worker.pid}/environ")
    if not environ.exists():
        pytest.skip("no /proc here")
    assert b"not-for-decoders" not in environ.read_bytes()


def test_heic_is_answered_with_its_facts_but_not_decoded(
    worker: MediaWorker, photo_folder: Path, request_for: Request, tmp_path: Path
) -> None:
    heic = photo_folder / "pillow_heif" / "tests__images__heif_other__pug.heic"
    answer = worker.make(request_for(heic))
    assert answer["error"]["code"] == "heic_not_decoded"
    assert answer["facts"]["device"]["model"] == "iPhone 13 Pro"
    assert list(tmp_path.iterdir()) == []


def test_heic_is_decoded_where_switched_on(worker: MediaWorker, photo_folder: Path, request_for: Request) -> None:
    pytest.importorskip("pillow_heif", reason="pillow-heif is optional and not installed")
    for name in ("heif_other__arrow.heic", "heif_other__pug.heic", "heif__L_12__29x100.heif"):
        answer = worker.make(request_for(photo_folder / "pillow_heif" / f"tests__images__{name}", heic=True))
        assert answer["ok"], (name, answer)
