"""A changed limit and a newly required photo, from the administrator's form to the inspector's phone and the command line."""

from __future__ import annotations

import json
import re


def settled(page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def test_what_the_office_changes_is_what_the_phone_asks_next(people, server, tmp_path):
    admin = people("admin1")
    admin.goto("/catalogues?list=issues-types&entry=zombie_vehicle")
    limit = admin.get_by_label("时限", exact=True)
    limit.wait_for()
    settled(admin)
    limit.fill("20")
    limit.press("Tab")
    preview = admin.locator(".slg-phone[lang=zh-CN]")
    preview.get_by_text("限 20 天（建议值）").wait_for()
    assert preview.locator("em").count() == 3
    admin.get_by_test_id("stCheckbox").filter(has_text="必拍").nth(3).click()  # 特写 becomes required
    preview.locator("em").nth(3).wait_for()
    settled(admin)
    admin.get_by_role("button", name="存进草稿").click()
    admin.get_by_text("已存进草稿").wait_for()
    admin.get_by_text("草稿 1").click()
    admin.locator(".slg-diff").get_by_text("20").wait_for()
    admin.get_by_label("改了什么、为什么").fill("时限 20 天，特写必拍")
    admin.get_by_label("改了什么、为什么").press("Tab")
    settled(admin)
    admin.get_by_role("button", name="采用草稿").click()
    admin.get_by_text("已采用").wait_for()

    inspector = people("inspector1", phone=True, at=(120.82, 29.59))
    told = json.loads(inspector.evaluate("fetch('/api/v1/catalogue').then((answer) => answer.text())"))
    car = next(kind for kind in told["types"] if kind["code"] == "zombie_vehicle")
    assert told["edition"].startswith("office-")
    assert (car["time_limit"]["value"], car["time_limit"]["unit"]) == (20, "day")
    assert [shot["code"] for shot in car["shots"] if shot["required"]] == ["panorama", "closeup", "plate", "detail"]
    inspector.goto("/record")
    inspector.get_by_text("僵尸车", exact=True).click()
    inspector.get_by_text(re.compile("要拍 4 张")).wait_for()

    out = server.manage("catalogue", "export", str(tmp_path / "edition.toml"))
    assert out.returncode == 0, out.stderr
    seen = server.manage("catalogue", "import", str(tmp_path / "edition.toml"))
    assert "changes: 0" in seen.stdout, seen.stderr
    text = (tmp_path / "edition.toml").read_text("utf-8")
    (tmp_path / "bad.toml").write_text(text.replace('tile_zh = "僵尸车"', 'tile_zh = "长期停放僵尸车"'), "utf-8")
    bad = server.manage("catalogue", "import", str(tmp_path / "bad.toml"), "--confirm")
    assert bad.returncode == 1
    assert "zombie_vehicle" in bad.stderr
    assert "tile_zh" in bad.stderr
