"""A changed limit and a newly required photo, from the administrator's form to the inspector's phone and the command line.

Of a kind that no other test in a browser reports: they share the server.
"""

from __future__ import annotations

import json
import re


def settled(page) -> None:
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")


def test_what_the_office_changes_is_what_the_phone_asks_next(people, server, tmp_path):
    admin = people("admin1")
    admin.goto("/catalogues?list=issues-types&entry=flying_wire_charging")
    limit = admin.get_by_label("时限", exact=True)
    limit.wait_for()
    settled(admin)
    limit.fill("20")
    limit.press("Tab")
    preview = admin.locator(".slg-phone[lang=zh-CN]")
    preview.get_by_text("限 20 工作日（建议值）").wait_for()
    assert preview.locator("em").count() == 3
    admin.get_by_test_id("stCheckbox").filter(has_text="必拍").nth(3).click()  # 参照物 becomes required
    preview.locator("em").nth(3).wait_for()
    settled(admin)
    admin.get_by_role("button", name="存进草稿").click()
    admin.get_by_text("已存进草稿").wait_for()
    admin.get_by_text("草稿 1").click()
    admin.locator(".slg-diff").get_by_text("20").wait_for()
    admin.get_by_label("改了什么、为什么").fill("时限 20 天，参照必拍")
    admin.get_by_label("改了什么、为什么").press("Tab")
    settled(admin)
    admin.get_by_role("button", name="采用草稿").click()
    admin.get_by_text("已采用").wait_for()

    inspector = people("inspector1", phone=True, at=(120.82, 29.59))
    told = json.loads(inspector.evaluate("fetch('/api/v1/catalogue').then((answer) => answer.text())"))
    wire = next(kind for kind in told["types"] if kind["code"] == "flying_wire_charging")
    assert told["edition"].startswith("office-")
    assert (wire["time_limit"]["value"], wire["time_limit"]["unit"]) == (20, "workday")
    assert [shot["code"] for shot in wire["shots"] if shot["required"]] == ["panorama", "path", "closeup", "ref"]
    inspector.goto("/record")
    inspector.get_by_text("飞线充电", exact=True).click()
    inspector.get_by_text(re.compile("要拍 4 张")).wait_for()

    out = server.manage("catalogue", "export", str(tmp_path / "edition.toml"))
    assert out.returncode == 0, out.stderr
    seen = server.manage("catalogue", "import", str(tmp_path / "edition.toml"))
    assert "changes: 0" in seen.stdout, seen.stderr
    text = (tmp_path / "edition.toml").read_text("utf-8")
    (tmp_path / "bad.toml").write_text(text.replace('tile_zh = "飞线充电"', 'tile_zh = "拉电线给电动车充电"'), "utf-8")
    bad = server.manage("catalogue", "import", str(tmp_path / "bad.toml"), "--confirm")
    assert bad.returncode == 1
    assert "flying_wire_charging" in bad.stderr
    assert "tile_zh" in bad.stderr
