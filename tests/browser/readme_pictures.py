"""Takes the pictures of the READMEs and of the inspector's page: `python tests/browser/readme_pictures.py [NAME...]`."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOME))

import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402
from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from demo.pictures import picture  # noqa: E402
from tests.browser.phones import open_app, report, shoot  # noqa: E402
from tests.browser.running import CHROMIUM, FLAGS, running_server  # noqa: E402
from tests.browser.screenshots import SIZES, log_in  # noqa: E402

FOLDER = HOME / "docs" / "screenshots"
COLOURS, EXACT_COLOURS = 256, 128
CAP_BYTES = 250_000
SETTLE_MS = 5000
# West, south, east, north around houses of 剡湖街道 that two grids and no zone hold, with estates beside them.
FREE_GROUND = "120.8066,29.5958,120.8126,29.5998"


def main(wanted: set[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, running_server(Path(temporary)) as server, sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for name, (account, size, show) in PICTURES.items():
            if not wanted or name in wanted:
                page = open_page(browser, server.url, account, size)
                show(page)
                page.wait_for_load_state("networkidle")
                page.get_by_text("地图正在打开").wait_for(state="hidden")
                page.wait_for_timeout(SETTLE_MS)  # pictures, not a test: let the map paint its last tile
                keep(page.screenshot(), FOLDER / f"{name}.png")
                page.context.close()
        browser.close()


def open_page(browser: Browser, url: str, account: str, size: str) -> Page:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", base_url=url,
        has_touch=size == "phone", is_mobile=size == "phone", permissions=["geolocation"],
        geolocation={"longitude": 120.8245, "latitude": 29.5925, "accuracy": 6},
    )  # fmt: skip
    page = context.new_page()
    log_in(page, account)
    return page


def record(page: Page) -> None:
    page.goto("/record")
    page.get_by_test_id("tile-zombie_vehicle").click()


def seen(page: Page) -> None:
    """The offline app without a network: what was seen."""
    open_app(page)
    page.locator(".spot .dim").wait_for()
    page.context.set_offline(True)
    page.get_by_test_id("tile-zombie_vehicle").click()
    page.get_by_text("离线，照常用").first.wait_for()


def shots(page: Page) -> None:
    seen(page)
    page.get_by_test_id("start-shots").click()
    shoot(page, photo_files("panorama", "closeup"))
    page.get_by_test_id("thumb-panorama").click()


def kept_on_phone(page: Page) -> None:
    seen(page)
    report(page, photo_files("panorama", "closeup", "plate"))


def outbox(page: Page) -> None:
    kept_on_phone(page)
    page.get_by_test_id("to-outbox").click()
    page.get_by_text("已存好，排队中").wait_for()


def photo_files(*names: str) -> dict[str, Path]:
    folder = Path(tempfile.mkdtemp())
    files = {shot: folder / f"{shot}.jpg" for shot in names}
    for i, (shot, file) in enumerate(files.items()):
        file.write_bytes(picture("zombie_vehicle", shot, 11 + i, (2000, 1500)))
    return files


def on_map(page: Page) -> None:
    page.goto("/map")
    page.locator("canvas").first.wait_for()


def draw(page: Page) -> None:
    """A zone over two grids, drawn with the mouse and not saved."""
    page.goto(f"/draw?bbox={FREE_GROUND}")
    page.get_by_label("区域名称").fill("示例新区")  # first: a click in the form scrolls its figures away
    page.get_by_role("button", name="画界").click()
    box = page.locator("canvas").first.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5
    corners = [(x - 100, y - 90), (x + 95, y - 100), (x + 112, y + 5), (x + 98, y + 72), (x - 90, y + 68)]
    with page.expect_response("**/zones/measure"):
        for corner in [*corners, corners[0]]:
            page.mouse.move(*corner)
            page.mouse.click(*corner)


def coverage(page: Page) -> None:
    page.goto("/coverage")
    page.locator("canvas").first.wait_for()


PICTURES: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "record-phone": ("inspector1", "phone", record),
    "inspector-1": ("inspector1", "phone", seen),
    "inspector-2": ("inspector1", "phone", shots),
    "inspector-3": ("inspector1", "phone", kept_on_phone),
    "inspector-4": ("inspector1", "phone", outbox),
    "map-desk": ("officer1", "desk", on_map),
    "draw-desk": ("officer1", "desk", draw),
    "coverage-desk": ("leader1", "desk", coverage),
}


def keep(png: bytes, path: Path) -> None:
    """Fewer colours, same pixels. Raises SystemExit over the cap: a picture in the tree stays there for ever."""
    with Image.open(io.BytesIO(png)) as picture:
        full = picture.convert("RGB")
    out = io.BytesIO()
    with_palette(full).save(out, "PNG", optimize=True)
    if out.tell() >= CAP_BYTES:
        raise SystemExit(f"{path.name}: {out.tell()} bytes, over {CAP_BYTES}")
    path.write_bytes(out.getvalue())
    print(path.relative_to(HOME), out.tell())


def with_palette(full: Image.Image) -> Image.Image:
    """256 colours: the commonest exactly as they are, so that grounds and legends keep theirs, the others nearly."""
    counted = sorted(full.getcolors(full.width * full.height) or [], reverse=True)
    exact = [colour for _, colour in counted[:EXACT_COLOURS]]
    spread = full.quantize(COLOURS - len(exact), Image.Quantize.MAXCOVERAGE).getpalette() or []
    palette = np.array([*exact, *np.reshape(spread, (-1, 3))], dtype=np.int32)
    seen, where = np.unique(np.asarray(full, dtype=np.int32).reshape(-1, 3), axis=0, return_inverse=True)
    nearest = [int(np.square(palette - colour).sum(axis=1).argmin()) for colour in seen]
    picture = Image.fromarray(np.array(nearest, dtype=np.uint8)[where].reshape(full.height, full.width))
    picture.putpalette(palette.astype(np.uint8).tobytes())
    return picture


if __name__ == "__main__":
    main(set(sys.argv[1:]))
