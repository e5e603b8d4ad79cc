"""An administrator brings ten people from one sheet in four clicks; one of them opens the link and logs in."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import expect

from storage.sheets import read_sheet
from tests.sheets.files import xlsx


@pytest.fixture(autouse=True)
def patient():
    """A state is waited for as long as a page is, on a busy machine too."""
    expect.set_options(timeout=45_000)
    yield
    expect.set_options(timeout=5_000)


HEADER = ["姓名", "手机", "岗位", "范围"]


def test_ten_people_from_a_sheet_in_four_clicks(people, chromium, server, tmp_path):
    first = uuid.uuid4().int % 10**7 * 100 + 13_000_000_000
    rows = [[f"示意员{i}", first + i, "网格员", "剡湖街道"] for i in range(10)]
    page = people("admin1", phone=True)
    page.goto("/people")
    page.get_by_text("用表格一次加多人").click()  # 1
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="选表格").click()  # 2, and the file in the system's own window
    chooser.value.set_files(
        str(xlsx(tmp_path / "十个人.xlsx", [HEADER, *rows, ["示意坏", "12", "网格员", "剡湖街道"]]))
    )
    expect(page.get_by_text("11 行：10 人可以加，1 行要改")).to_be_visible()
    expect(page.get_by_text("手机号不对")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="下载要改的 1 行").click()
    download.value.save_as(tmp_path / "mend.xlsx")
    assert read_sheet(tmp_path / "mend.xlsx").rows[1][0] == "示意坏"

    page.get_by_role("button", name="先加没问题的 10 人").click()  # 3
    expect(page.get_by_text("加了 10 人")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="下载登录链接").click()  # 4
    download.value.save_as(tmp_path / "links.xlsx")
    name, account, link, _ = read_sheet(tmp_path / "links.xlsx").rows[4]
    assert (name, account, link.startswith(server.url)) == ("示意员3", str(first + 3), True)
    # Mended, the rest comes while the links still stand there.
    mended = [["示意好", first + 10, "网格员", "剡湖街道"]]
    page.locator(".slg-upload input[type=file]").set_input_files(str(xlsx(tmp_path / "改好.xlsx", [HEADER, *mended])))
    expect(page.get_by_text("1 行：1 人都可以加")).to_be_visible()
    expect(page.get_by_text("加了 10 人")).to_be_visible()
    page.get_by_role("button", name="不加了").click()
    page.get_by_role("button", name="发好了").click()
    expect(page.get_by_text("加了 10 人")).to_have_count(0)

    newcomer = chromium.new_context(locale="zh-CN", base_url=server.url)
    try:
        own = newcomer.new_page()
        own.goto(link)
        own.fill("input[name=password]", "shili-password")
        own.fill("input[name=again]", "shili-password")
        own.click("button[type=submit]")
        own.wait_for_url(lambda url: "/reset" not in url)
        own.goto("/login")
        own.fill("input[name=username]", account)
        own.fill("input[name=password]", "shili-password")
        own.click("button[type=submit]")
        own.wait_for_url(lambda url: "/login" not in url)
        expect(own.get_by_text("示意员3").first).to_be_attached()
    finally:
        newcomer.close()


def test_what_is_no_sheet_is_told_on_the_page_and_the_next_file_is_taken(people, tmp_path):
    page = people("admin1")
    page.goto("/people")
    page.get_by_text("用表格一次加多人").click()
    field = page.locator(".slg-upload input[type=file]")
    (tmp_path / "big.xlsx").write_bytes(b"x" * (10 * 1024 * 1024 + 1))
    field.set_input_files(str(tmp_path / "big.xlsx"))
    expect(page.get_by_role("alert").filter(has_text="最多 10 MB")).to_be_visible()
    (tmp_path / "a.xlsx").write_bytes(b"<html></html>")
    field.set_input_files(str(tmp_path / "a.xlsx"))
    expect(page.get_by_text("这其实是网页，不是表格")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="换一张表格").wait_for()
        page.evaluate(
            "() => { const a = document.createElement('a'); a.href = '/api/v1/people/template'; a.download = ''; a.click(); }"
        )
    download.value.save_as(tmp_path / "template.xlsx")
    assert read_sheet(tmp_path / "template.xlsx").others == ("岗位和范围",)
    page.locator(".slg-upload input[type=file]").set_input_files(str(tmp_path / "template.xlsx"))
    expect(page.get_by_text("表头下面没有内容。")).to_be_visible()
