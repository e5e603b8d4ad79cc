"""Times the offline app on a slow phone. Run: python tests/benchmarks/bench_capture.py

Real Chromium: 1.6 Mbit/s down, 750 kbit/s up, 150 ms, CPU slowed four times. The page's own clock is read, which
starts with the navigation: when the first tap on a tile was answered, when the tiles stood after a reload without a
network, when a 12-megapixel photo lay in the store, when the office had a record after the network came back, and the
longest task while a finger scrolls through 500 records. The targets are those of the plan; seconds belong to the
machine, so the log-in page (plain HTML, no script) is timed beside the first visit as its peer.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[2]))
from bench_page import CPU_SLOWED, SLOW_PHONE
from city import city, log_in
from figures import figure, is_short, load, say

from demo.pictures import picture
from tests.browser.phones import KEPT
from tests.browser.running import CHROMIUM, FLAGS, Server

ROUNDS = 3 if is_short() else 7
SPOT = {"longitude": 120.8285, "latitude": 29.5905, "accuracy": 6}
TILE = '[data-testid="tile-zombie_vehicle"]'
FIRST_TAP_MS, OFFLINE_MS, PHOTO_MS, RECEIVED_MS, LONG_TASK_MS, FIRST_KB = 1500, 500, 1000, 2000, 100, 120
MANY = 500
# Taps the tile as soon as it stands, and notes when it wears its tick.
TAPPER = f"""(() => {{
  const look = () => {{
    const tile = document.querySelector('{TILE}');
    if (!tile) return requestAnimationFrame(look);
    window.tilesStand = performance.now();
    if (!location.hash.includes("tap")) return;
    tile.click();
    requestAnimationFrame(() => {{ if (tile.getAttribute("aria-pressed") === "true") window.firstTap = performance.now(); }});
  }};
  addEventListener("DOMContentLoaded", look);
}})();"""


def main() -> None:
    say(load())
    if CHROMIUM is None:
        say("no Chromium on this machine (apt install chromium): the offline app is not timed")
        return
    from playwright.sync_api import sync_playwright

    with city() as server, sync_playwright() as playwright, TemporaryDirectory(prefix="slg-bench-photo-") as folder:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        phone = Phone(chromium, playwright.devices["Pixel 7"], server)
        cold(phone)
        warm(phone, Path(folder))
        many(phone)
        chromium.close()
    say(load())


class Phone:
    """Contexts of one slow, logged-in phone."""

    def __init__(self, chromium, device: dict, server: Server) -> None:
        self._chromium, self._server = chromium, server
        self._device = {key: value for key, value in device.items() if key != "default_browser_type"}
        self._cookie = log_in(server, "inspector1").partition("=")

    def start(self):
        """(context, page, wire): an empty cache, slowed; bytes are counted in wire.sizes."""
        context = self._chromium.new_context(
            **self._device, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=self._server.url, geolocation=SPOT,
            permissions=["geolocation"],
        )  # fmt: skip
        context.set_default_timeout(60_000)
        context.add_cookies([{"name": self._cookie[0], "value": self._cookie[2], "url": self._server.url}])
        page = context.new_page()
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.emulateNetworkConditions", SLOW_PHONE)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": CPU_SLOWED})
        wire.sizes = []
        wire.on("Network.loadingFinished", lambda event: wire.sizes.append(event["encodedDataLength"]))
        page.add_init_script(TAPPER)
        return context, page, wire


def cold(phone: Phone) -> None:
    taps, peers, sizes, requests = [], [], [], 0
    for turn in range(ROUNDS + 1):
        context, page, _ = phone.start()
        page.goto("/login?lang=zh", wait_until="commit")
        page.wait_for_load_state("load")
        peer = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        context.close()
        context, page, wire = phone.start()
        page.goto("/capture/#tap", wait_until="commit")
        page.wait_for_function("() => window.firstTap !== undefined", polling=20)
        tapped, count, size = page.evaluate("window.firstTap"), len(wire.sizes), sum(wire.sizes)
        context.close()
        if turn:  # the first turn fills the server's own caches
            taps.append(tapped)
            peers.append(peer)
            sizes.append(size)
            requests = count
            say(f"  cold, round {turn}: first tap answered after {tapped:.0f} ms, {size / 1000:.0f} KB, {load()}")
    figure("first tap answered, cold, slow phone", median(taps), unit="ms", at_most=FIRST_TAP_MS,
           peer="the plan's 1.5 s", note=f"{median(taps) / median(peers):.1f} times the log-in page ({median(peers):.0f} ms); {requests} requests")  # fmt: skip
    figure("transferred until the first tap", max(sizes) / 1000, unit="KB", at_most=FIRST_KB, peer="the plan's 120 KB")


def warm(phone: Phone, folder: Path) -> None:
    """Offline reload, a 12-megapixel photo, and the way of a record once the network is back."""
    photos = {}
    for i, shot in enumerate(("panorama", "closeup", "plate")):
        photos[shot] = folder / f"{shot}.jpg"
        photos[shot].write_bytes(picture("zombie_vehicle", shot, 40 + i, (4000, 3000), taken_at=datetime.now(UTC)))
    context, page, wire = phone.start()
    page.goto("/capture/")
    page.locator(TILE).wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    # Through the same session as the slowness: two sessions would each keep their own idea of the network.
    wire.send("Network.emulateNetworkConditions", {**SLOW_PHONE, "offline": True})
    reloads = []
    for _ in range(ROUNDS):
        page.reload(wait_until="commit")
        page.wait_for_function("() => window.tilesStand !== undefined", polling=20)
        reloads.append(page.evaluate("window.tilesStand"))
    figure("reload without a network", median(reloads), unit="ms", at_most=OFFLINE_MS, peer="the plan's 0.5 s")

    page.locator(TILE).click()
    page.get_by_test_id("start-shots").click()
    kept = []
    for shot, path in photos.items():
        page.evaluate(
            """(shot) => { const input = document.querySelector(`[data-testid="shot-input-${shot}"]`);
              window.photoKept = undefined;
              input.addEventListener("change", () => { const start = performance.now();
                const look = () => document.querySelector(`[data-testid="thumb-${shot}"]`)
                  ? (window.photoKept = performance.now() - start) : setTimeout(look, 5);
                look(); }, { once: true, capture: true }); }""",
            shot,
        )
        page.get_by_test_id(f"shot-input-{shot}").set_input_files(str(path))
        page.wait_for_function("() => window.photoKept !== undefined", polling=20)
        kept.append(page.evaluate("window.photoKept"))
    size = sum(path.stat().st_size for path in photos.values()) / len(photos) / 1e6
    figure("12 MP photo until it lies in the store", median(kept), unit="ms", at_most=PHOTO_MS, peer="the plan's 1 s", note=f"{size:.1f} MB each")  # fmt: skip

    page.get_by_test_id("to-place").click()
    page.get_by_test_id("plate-input").fill("浙D12345")
    page.get_by_test_id("submit").click()
    page.get_by_text("已存在本机").first.wait_for()
    page.evaluate(
        """() => addEventListener("online", () => { const start = performance.now();
          const look = () => { const number = document.querySelector('[data-testid="record-number"]');
            number && !number.hidden ? (window.received = performance.now() - start) : setTimeout(look, 10); };
          look(); })"""
    )
    wire.send("Network.emulateNetworkConditions", SLOW_PHONE)
    page.wait_for_function("() => window.received !== undefined", polling=50)
    figure("network back until the record is received", page.evaluate("window.received"), unit="ms",
           at_most=RECEIVED_MS, peer="the plan's 2 s")  # fmt: skip
    context.close()


def many(phone: Phone) -> None:
    """500 records in the outbox: copies of one real draft, put into the phone's own store."""
    context, page, _ = phone.start()
    page.goto("/capture/")
    page.locator(TILE).wait_for()
    me = page.evaluate(f"({KEPT})('facts')")
    owner = next(row["value"]["person_id"] for row in me if row["key"] == "account")
    preview = page.evaluate(
        """() => { const sheet = document.createElement("canvas"); sheet.width = 480; sheet.height = 360;
          const pen = sheet.getContext("2d");
          for (let i = 0; i < 400; i += 1) { pen.fillStyle = `hsl(${i * 37} 60% 50%)`; pen.fillRect((i * 53) % 480, (i * 29) % 360, 40, 30); }
          return sheet.toDataURL("image/jpeg", 0.6).split(",")[1]; }"""
    )
    page.evaluate(
        """([owner, preview, many]) => new Promise((resolve) => { const opening = indexedDB.open("slg-phone");
          opening.onsuccess = () => { const db = opening.result, work = db.transaction(["records", "originals"], "readwrite");
            for (let i = 0; i < many; i += 1) { const id = `many-${i}`, sha256 = `hash-${i}`;
              work.objectStore("records").put({ id, owner, state: "draft", made_ms: i, changed_ms: i,
                draft: { id, issue_type: "zombie_vehicle", building: `${i}幢`, photos: [{ key: sha256, sha256, shot: "panorama", size: 1 }] } });
              work.objectStore("originals").put({ record_id: id, sha256, blob: new Blob(["x"]), preview }); }
            work.oncomplete = () => { db.close(); resolve(); }; }; })""",
        [owner, preview, MANY],
    )
    page.evaluate(
        """() => { window.longest = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
        }).observe({ entryTypes: ["longtask"] }); }"""
    )
    page.reload()
    page.locator(TILE).wait_for()
    page.get_by_test_id("notice").click()
    page.wait_for_function(f"() => document.querySelectorAll('.row-item').length === {MANY}", polling=100)
    page.evaluate(
        """() => { window.longest = 0; new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
        }).observe({ entryTypes: ["longtask"] }); }"""
    )
    page.evaluate(
        """() => new Promise((resolve) => { const end = document.documentElement.scrollHeight;
          const step = () => { scrollBy(0, 900); scrollY + innerHeight >= end - 5 ? setTimeout(resolve, 500) : requestAnimationFrame(step); };
          step(); })"""
    )
    figure(f"longest task while {MANY} records scroll by", page.evaluate("window.longest"), unit="ms",
           at_most=LONG_TASK_MS, peer="the plan's 100 ms")  # fmt: skip
    context.close()


if __name__ == "__main__":
    main()
