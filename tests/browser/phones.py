"""A phone for the offline app's tests: Chromium with a profile on the disk, which can be killed and opened again."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Error, Page, Playwright

from tests.browser.running import CHROMIUM, FLAGS, PASSWORD

PLATE = "浙D12345"


@contextmanager
def phone(
    playwright: Playwright, profile: Path, url: str, at: tuple[float, float], *, draws_maps: bool = True, **more: Any
) -> Iterator[BrowserContext]:
    """One start of the browser over `profile`; what it kept is there again at the next start.

    draws_maps: False for a phone without WebGL, as old ones and locked-down ones are.
    """
    device = dict(playwright.devices["Pixel 7"])
    device.pop("default_browser_type")
    device["viewport"] = {"width": 390, "height": 844}
    context = playwright.chromium.launch_persistent_context(
        str(profile), executable_path=CHROMIUM, args=FLAGS if draws_maps else [*FLAGS, "--disable-3d-apis"], **device, locale="zh-CN", timezone_id="Asia/Shanghai",
        base_url=url, geolocation={"longitude": at[0], "latitude": at[1], "accuracy": 6}, permissions=["geolocation"],
        **more,
    )  # fmt: skip
    context.set_default_timeout(45_000)
    try:
        yield context
    finally:
        with suppress(Error):  # a browser that was killed has nothing left to close
            context.close()


def kill(profile: Path) -> None:
    """SIGKILL to the browser of this profile, as when a phone's battery ends. Only that one process is looked for."""
    wanted = f"--user-data-dir={profile}".encode()
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if wanted in words and not any(word.startswith(b"--type=") for word in words):
            os.kill(int(entry.name), signal.SIGKILL)


def log_in(page: Page, username: str, next_page: str = "/capture/") -> None:
    page.goto(f"/login?next={next_page}")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def open_app(page: Page) -> None:
    """The app stands and works without a network from here on."""
    page.goto("/capture/")
    page.get_by_test_id("tile-zombie_vehicle").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")


def shoot(page: Page, photos: dict[str, Path]) -> None:
    for shot, path in photos.items():
        page.get_by_test_id(f"shot-input-{shot}").set_input_files(str(path))
        page.get_by_test_id(f"thumb-{shot}").wait_for()


def report(page: Page, photos: dict[str, Path]) -> str:
    """From the tiles to "saved on this phone"; gives the record's id."""
    page.get_by_test_id("tile-zombie_vehicle").click()
    page.get_by_test_id("start-shots").click()
    shoot(page, photos)
    page.get_by_test_id("to-place").click()
    page.get_by_test_id("plate-input").fill(PLATE)
    page.get_by_test_id("submit").click()
    page.get_by_text("已存在本机，退出也不会丢").first.wait_for()
    return newest_record(page)["id"]


KEPT = """(which) => new Promise((resolve, reject) => {
  const opening = indexedDB.open("slg-phone");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const db = opening.result;
    const asked = db.transaction(which).objectStore(which).getAll();
    asked.onsuccess = () => { db.close(); resolve(JSON.parse(JSON.stringify(asked.result))); };
    asked.onerror = () => { db.close(); reject(asked.error); };
  };
})"""


def kept(page: Page, which: str = "records") -> list[dict[str, Any]]:
    """What really lies in the phone's store."""
    return page.evaluate(KEPT, which)


def newest_record(page: Page) -> dict[str, Any]:
    return max(kept(page), key=lambda record: record["made_ms"])


WAIT = f"""async ([id, states]) => {{
  for (const until = Date.now() + 60000; Date.now() < until; ) {{
    const record = (await ({KEPT})("records")).find((one) => one.id === id);
    if (states.includes(record?.state)) return record;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }}
  return null;
}}"""


def wait_for_state(page: Page, record_id: str, *states: str) -> dict[str, Any]:
    """Waits until the store says so; the screen may be anywhere. (wait_for_function takes a promise for a yes.)"""
    record = page.evaluate(WAIT, [record_id, list(states)])
    assert record, (
        f"{record_id} is not {states}: {[(one['id'], one['state'], one.get('trouble'), one.get('refusals')) for one in kept(page)]}"
    )
    return record


def stored(server, record_id: str) -> list[tuple]:
    with sqlite3.connect(server.folder / "slg.db") as connection:
        return connection.execute(
            "select r.number, r.zone_id, p.sha256, p.state from records r join photos p on p.record_id=r.id where r.id=?",
            (record_id,),
        ).fetchall()


def assert_whole(server, record_id: str, photos: dict[str, Path]) -> None:
    """One record, every original kept, and its bytes those of the file."""
    rows = stored(server, record_id)
    wanted = {hashlib.sha256(path.read_bytes()).hexdigest(): path for path in photos.values()}
    assert {sha256 for _, _, sha256, _ in rows} == set(wanted)
    assert {state for *_, state in rows} == {"kept"}
    for sha256, path in wanted.items():
        assert (server.folder / "photos" / "originals" / sha256[:2] / sha256).read_bytes() == path.read_bytes()
