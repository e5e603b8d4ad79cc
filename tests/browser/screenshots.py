"""`make screenshots`: every page at 390x844 and 1440x900, over the sample city, written into a folder to be looked at."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME))

from playwright.sync_api import Page, sync_playwright  # noqa: E402

from demo.pictures import picture  # noqa: E402
from tests.browser.running import CHROMIUM, FLAGS, PASSWORD, Server, running_server  # noqa: E402

SIZES = {"phone": (390, 844), "desk": (1440, 900)}
# page address, account, what must be on the screen before the picture is taken
PAGES = (
    ("login", None, "input[name=username]"),
    ("today", "inspector1", "h1"), ("today", "officer1", "h1"), ("today", "leader1", "h1"), ("today", "clerk1", "h1"),
    ("today", "admin1", "h1"),
    ("record", "inspector1", "[data-testid=tile-zombie_vehicle]"),
    ("map", "officer1", "canvas"), ("records", "officer1", "h1"), ("one_record", "officer1", "h1"),
    ("draw", "officer1", "canvas"), ("asset", "clerk1", "h1"), ("coverage", "leader1", "canvas"),
    ("people", "admin1", "h1"), ("calendar", "admin1", "h1"),
)  # fmt: skip


def main(folder: Path, wanted: set[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, running_server(Path(temporary)) as server, sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for size, (width, height) in SIZES.items():
            for account in dict.fromkeys(account for _, account, _ in PAGES):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai",
                    base_url=server.url, device_scale_factor=1, has_touch=size == "phone", is_mobile=size == "phone",
                    geolocation={"longitude": 120.8245, "latitude": 29.5925, "accuracy": 6}, permissions=["geolocation"],
                )  # fmt: skip
                page = context.new_page()
                if account:
                    log_in(page, account)
                for name, who, ready in PAGES:
                    if who == account and (not wanted or name in wanted):
                        take(page, server, name, ready, folder / f"{name}-{account or 'anyone'}-{size}.png")
                if account == "inspector1" and (not wanted or "record" in wanted):
                    report(page, Path(temporary), folder, size)
                context.close()
        browser.close()


def report(page: Page, scratch: Path, folder: Path, size: str) -> None:
    """The capture form's further screens, to the record number."""

    def shoot(name: str) -> None:
        page.wait_for_timeout(800)
        page.screenshot(path=folder / f"record-{name}-inspector1-{size}.png")
        print(folder / f"record-{name}-inspector1-{size}.png")

    page.goto("/record")
    page.get_by_test_id("tile-zombie_vehicle").click()
    shoot("1-kind")
    page.get_by_test_id("start-shots").click()
    for i, shot in enumerate(("panorama", "closeup", "plate")):
        file = scratch / f"{shot}.jpg"
        file.write_bytes(picture("zombie_vehicle", shot, 11 + i, (2000, 1500)))
        page.get_by_test_id(f"shot-input-{shot}").set_input_files(str(file))
        page.get_by_test_id(f"thumb-{shot}").wait_for()
        if shot == "panorama":
            shoot("2-shots")
    page.get_by_test_id("to-place").click()
    page.get_by_test_id("plate-input").fill("浙D12345")
    page.wait_for_timeout(2500)
    shoot("3-place")
    page.get_by_test_id("submit").click()
    page.get_by_test_id("record-number").wait_for()
    page.get_by_text("3 / 3").first.wait_for()
    shoot("4-received")


def log_in(page: Page, account: str) -> None:
    page.goto("/login")
    page.fill("input[name=username]", account)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)


def take(page: Page, server: Server, name: str, ready: str, path: Path) -> None:
    query = ""
    if name == "one_record":
        newest = page.request.get("/api/v1/records?limit=1").json()["items"][0]
        query = f"?id={newest['number']}"
    page.goto(f"/{name}{query}")
    page.locator(ready).first.wait_for(timeout=60_000)
    if ready != "input[name=username]":
        page.locator("[data-testid=stStatusWidget]").wait_for(state="detached", timeout=60_000)
    if ready == "canvas" and name in ("map", "draw"):
        page.locator(".slg-map[data-ready]").first.wait_for(timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)  # pictures, not a test: let the map paint its last tile
    page.screenshot(path=path)
    print(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), set(sys.argv[2:]))
