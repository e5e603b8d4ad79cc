"""A newcomer's afternoon: an empty install becomes a city of its own, works, is backed up and moves to PostGIS.

Everything goes the way the documents say: set-up, own boundaries from an office's GBK Shapefiles in GCJ-02, ten people
from a sheet, a changed time limit, one record from a phone, a backup, the move, and the same pages on the new database.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from demo.pictures import picture
from storage.sheets import read_sheet
from storage.store import Store
from tests.browser.own_city import (
    PARTS,
    as_offices_have_it,
    bring,
    decide,
    lies_where_it_lay,
    save,
    set_up,
    settled,
    true_city,
)
from tests.browser.running import Server, running_server
from tests.clusters import Cluster
from tests.sheets.files import xlsx

pytestmark = pytest.mark.browser
PASSWORD = "yige-xiawu-2026"
DESK = {"viewport": {"width": 1440, "height": 900}}
SHOTS = ("panorama", "closeup")
TABLES = (
    "area_versions",
    "divisions",
    "zone_decisions",
    "records",
    "photos",
    "people",
    "assignments",
    "history",
    "catalogue_editions",
    "calendar_days",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("afternoon")


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


def enter(browser: Browser, server: Server, **more: Any) -> Page:
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", base_url=server.url, **more)
    context.set_default_timeout(60_000)
    return context.new_page()


def log_in(page: Page, username: str) -> Page:
    page.goto("/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/login" not in url)
    return page


def left_to_do(page: Page, title: str, *words: str) -> None:
    page.goto("/")
    expect(page.locator("h1")).to_contain_text(title)
    for word in words:
        expect(page.get_by_text(word).first).to_be_visible()


def boundaries(page: Page, city: dict[str, list], folder: Path) -> None:
    columns = {
        "street": lambda found: {"街道编码": [a.code for a in found], "街道名称": [a.name for a in found]},
        "grid": lambda found: {"wgbm": [a.code for a in found], "网格名称": [a.name for a in found]},
        "zone": lambda found: {"小区名称": [a.name for a in found], "户数": [a.households or 0 for a in found]},
    }
    for layer, found in city.items():
        path = as_offices_have_it(folder, layer, found, columns[layer](found))
        bring(page, layer, path if layer != "grid" else [path.with_suffix(part) for part in PARTS])
        decide(page, lambda: page.locator("label", has_text="GCJ-02（").click(), f"{len(found)} 新")
        save(page, len(found))
    page.get_by_text("区域进来是草案").wait_for()
    store = Store.open(f"sqlite:///{folder}/slg.db")
    with store.look() as work:
        zones = work.areas.shown("zone")
    store.close()
    assert {zone.status for zone in zones} == {"draft"}
    lies_where_it_lay(zones, city["zone"], "name")


def ten_people(page: Page, street: str, folder: Path) -> dict[str, str]:
    """Account to one-time link, as the sheet that is handed out says."""
    rows = [[f"组员{i}", f"zuyuan{i}", "街道干部" if i == 9 else "网格员", street] for i in range(10)]
    page.goto("/people")
    page.get_by_text("用表格一次加多人").click()
    page.locator(".slg-upload input[type=file]").set_input_files(
        str(xlsx(folder / "人员.xlsx", [["姓名", "用户名", "岗位", "范围"], *rows]))
    )
    page.get_by_role("button", name="加入 10 人").click()
    expect(page.get_by_text("加了 10 人")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载登录链接").click()
    download.value.save_as(folder / "links.xlsx")
    page.get_by_role("button", name="发好了").click()
    return {account: link for _, account, link, _ in read_sheet(folder / "links.xlsx").rows[1:]}


def longer_limit(page: Page) -> None:
    page.goto("/catalogues?list=issues-types&entry=random_piling")
    limit = page.get_by_label("时限", exact=True)
    limit.wait_for()
    settled(page)
    limit.fill("9")
    limit.press("Tab")
    page.locator(".slg-phone[lang=zh-CN]").get_by_text("限 9 ").wait_for()
    settled(page)
    page.get_by_role("button", name="存进草稿").click()
    page.get_by_text("已存进草稿").wait_for()
    page.get_by_text("草稿 1").click()
    page.get_by_label("改了什么、为什么").fill("堆物 9 个工作日")
    page.get_by_label("改了什么、为什么").press("Tab")
    settled(page)
    page.get_by_role("button", name="采用草稿").click()
    page.get_by_text("已采用").wait_for()


def own_password(page: Page, link: str) -> None:
    page.goto(link)
    page.fill("input[name=password]", PASSWORD)
    page.fill("input[name=again]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "/reset" not in url)


def zone_in_force(page: Page, name: str) -> None:
    """An imported draft takes force by a street officer's decision: what is captured in it from now on names it."""
    page.goto("/zones?show=draft")
    page.locator(".slg-zones a", has_text=name).click()
    page.locator(".slg-map[data-version]").wait_for()
    settled(page)
    why = page.get_by_label("为什么")
    why.fill("已征询居委会，边界无异议")
    why.press("Tab")
    settled(page)
    page.get_by_role("button", name="让第 1 稿生效").click()
    page.get_by_text("第 1 版已生效").wait_for()


def one_record(phone: Page, folder: Path) -> str:
    phone.goto("/record")
    phone.get_by_text("乱堆乱放", exact=True).first.click()
    phone.get_by_test_id("start-shots").click()
    for i, shot in enumerate(SHOTS):
        path = folder / f"{shot}.jpg"
        path.write_bytes(picture("random_piling", shot, 3 + i, (1600, 1200)))
        phone.get_by_test_id(f"shot-input-{shot}").set_input_files(str(path))
        phone.get_by_test_id(f"thumb-{shot}").wait_for()
    phone.get_by_test_id("to-place").click()
    phone.get_by_test_id("submit").click()
    number = phone.get_by_test_id("record-number")
    number.wait_for()
    phone.get_by_text(f"{len(SHOTS)} / {len(SHOTS)}").first.wait_for()
    return number.inner_text()


# Resolves once every photo of the record has its views; a promise given to wait_for_function would count as true.
VIEWS_MADE = """async (url) => {
  for (const until = Date.now() + 60000; Date.now() < until; ) {
    if ((await (await fetch(url)).json()).photos.every((photo) => photo.views === "made")) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}"""


def as_seen(browser: Browser, server: Server, number: str) -> dict[str, Any]:
    """What the officer and the administrator meet, in words and in figures."""
    officer, seen = log_in(enter(browser, server, **DESK), "zuyuan9"), {}
    assert officer.evaluate(VIEWS_MADE, f"/api/v1/records/{number}"), "no views after a minute"
    for name in ("records", f"records/{number}", "streets.geojson", "grids.geojson", "zones.geojson", "catalogue"):
        answer = officer.request.get(f"/api/v1/{name}")
        assert answer.status == 200, (name, answer.status)
        seen[name] = answer.json()
    for page in ("records", f"one_record?id={number}"):
        officer.goto(f"/{page}")
        officer.get_by_text(number).first.wait_for()
        # The components have drawn when the last of their words stands there.
        for word in ("全景", "准备取图", "9 工作日") if "one_record" in page else ("乱堆乱放", "列表", "表格", "地图"):
            officer.get_by_text(word).first.wait_for()
        settled(officer)
        seen[page] = officer.locator("[data-testid=stMainBlockContainer]").inner_text()
    admin = log_in(enter(browser, server, **DESK), "first")
    for page in ("people", "calendar"):
        admin.goto(f"/{page}")
        admin.locator("h1").wait_for()
        settled(admin)
        seen[page] = admin.locator("h1").inner_text()
    for page in (officer, admin):
        page.context.close()
    return seen


def test_a_newcomers_afternoon(chromium, cluster: Cluster, sample_template: Path, folder: Path):
    city = true_city(sample_template)
    with running_server(folder, SLG_SAMPLE_CITY="false") as server:
        admin = enter(chromium, server, **DESK)
        set_up(admin, server, "first", PASSWORD)
        left_to_do(admin, "还差 4 步", "街道 0", "还没有手机登录过。", "没有备份。设 SLG_BACKUP_DIR")
        boundaries(admin, city, folder)
        street = city["street"][0]
        links = ten_people(admin, street.name, folder)
        assert len(links) == 10
        left_to_do(admin, "还差 3 步", f"街道 {len(city['street'])}", "在用的账号有 10 个")
        longer_limit(admin)
        admin.context.close()

        officer = enter(chromium, server, **DESK)
        own_password(officer, links["zuyuan9"])
        zone = next(z for z in city["zone"] if not z.crosses_grids)
        zone_in_force(log_in(officer, "zuyuan9"), zone.name)
        officer.context.close()

        spot = zone.geometry.representative_point()
        here = {"longitude": spot.x, "latitude": spot.y, "accuracy": 6}
        phone = enter(chromium, server, viewport={"width": 390, "height": 844}, is_mobile=True, has_touch=True,
                      geolocation=here, permissions=["geolocation"])  # fmt: skip
        own_password(phone, links["zuyuan0"])
        log_in(phone, "zuyuan0")
        number = one_record(phone, folder)
        phone.context.close()

        before = as_seen(chromium, server, number)
        record = before[f"records/{number}"]
        assert record["street"]["name"] == street.name
        assert record["grid"]["name"] in {g.name for g in city["grid"]}
        assert record["zone"]["name"] == zone.name
        assert zone.name in before[f"one_record?id={number}"]
        assert record["catalogue_edition"].startswith("office-")
        assert "9 工作日" in before[f"one_record?id={number}"]
        saved = server.manage("backup", str(folder / "backup"))
        assert saved.returncode == 0, saved.stderr
        assert "checked" in saved.stdout

    url = cluster.create()
    moved = server.manage("move", "--from", f"sqlite:///{folder}/slg.db", "--to", url)
    assert moved.returncode == 0, moved.stdout + moved.stderr
    assert "findings 0" in moved.stdout
    assert counted(f"sqlite:///{folder}/slg.db") == counted(url)

    with running_server(folder, SLG_SAMPLE_CITY="false", SLG_DATABASE_URL=url) as there:
        after = as_seen(chromium, there, number)
        officer = log_in(enter(chromium, there, **DESK), "zuyuan9")
        for photo, shot in zip(record["photos"], SHOTS, strict=True):
            original = officer.request.get(f"/api/v1/photos/{photo['id']}/original?reason=核对一下原图")
            assert original.body() == (folder / f"{shot}.jpg").read_bytes()
        officer.context.close()
    for name, told in before.items():
        assert after[name] == told, name

    (made,) = [path for path in (folder / "backup").iterdir() if re.fullmatch(r"slg-\d{8}-\d{6}", path.name)]
    again = folder / "restored"
    again.mkdir()
    server.environment |= {"SLG_DATABASE_URL": f"sqlite:///{again}/slg.db", "SLG_PHOTO_STORE": str(again / "photos")}
    restored = server.manage("restore", str(made))
    assert restored.returncode == 0, restored.stdout + restored.stderr
    assert "clean" in restored.stdout
    shutil.rmtree(again)
    cluster.drop(url)


def counted(url: str) -> dict[str, int]:
    store = Store.open(url)
    with store.look() as work:
        counts = {t: work.connection.exec_driver_sql(f"SELECT count(*) FROM {t}").scalar() for t in TABLES}
    store.close()
    return counts
