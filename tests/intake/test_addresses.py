"""Addresses that nobody gave out are answered in the reader's own words."""

from __future__ import annotations

import pytest

HTML = {"Accept": "text/html"}


@pytest.mark.parametrize("address", ["/nosuch", "/records/more", "/%E8%AE%B0%E5%BD%95", "/admin", "/.env"])
def test_an_unknown_address_says_so_and_leads_home(enter, address):
    answer = enter("officer1").get(address, headers={**HTML, "Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert "没有这个地址。" in answer.text
    assert 'href="/"' in answer.text
    english = enter("officer1").get(address, headers={**HTML, "Accept-Language": "en"})
    assert "There is no such address." in english.text


@pytest.mark.parametrize("address", ["/records", "/one_record?id=1", "/calendar", "/_stcore/health", "/media/x"])
def test_a_known_address_goes_on_to_its_page(enter, address):
    assert "没有这个地址。" not in enter("officer1").get(address, headers={**HTML, "Accept-Language": "zh-CN"}).text
