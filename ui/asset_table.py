"""The register of assets as a table, and beside it what can be completed later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import pandas as pd
import streamlit as st

from domain.policy.assets import AssetPolicy, findings
from domain.policy.cells import money_text
from domain.records import Asset
from i18n import Words
from ui import facts
from ui.markup import el

SOON = timedelta(days=60)
NAMED = 3
SIGNS = {"decision_missing": "note_stack_add", "ownership_unclear": "help", "billing_cycle_missing": "event_repeat"}
ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 16
WIDTHS_PX = {"asset_no": 92, "zone": 92, "name": 168, "quantity": 66, "ownership": 78, "rent": 96, "contract_end": 92,
             "status": 56, "kind": 130, "cycle": 66, "check": 150}  # fmt: skip
RIGHT = ("quantity", "rent")


def category_switch(policy: AssetPolicy, counts: Mapping[str, int], chosen: str, say: Words) -> dict[str, str]:
    """Words of the category filter, each with how many there are; "all" comes first."""
    words = {"all": say("asset.counted", word=say("asset.all"), n=sum(counts.values()))}
    for code, category in policy.categories.items():
        if counts.get(code) or code == chosen:
            words[code] = say("asset.counted", word=category.name(say.lang), n=counts.get(code, 0))
    return words


def table(found: Sequence[Asset], policy: AssetPolicy, say: Words) -> None:
    """Every column a reader of the register asks for; money and days exactly as they are kept."""
    rows = [
        {
            "asset_no": a.asset_no, "zone": a.zone_name or say("asset.no_zone"), "name": a.name,
            "kind": sub.name(say.lang) if (sub := policy.subcategory(a.subcategory)) else a.subcategory,
            "quantity": f"{a.quantity:g} {a.unit}", "ownership": _word(policy.ownership, a.ownership, say),
            "rent": money_text(a.rent_fen) if a.rent_fen is not None else "",
            "cycle": _word(policy.billing_cycles, a.billing_cycle, say), "contract_end": a.contract_end or "",
            "status": _word(policy.status, a.status, say),
            "check": "、".join(say(f"asset.find_{f.code}") for f in findings(a) if f.is_warning),
        }
        for a in found
    ]  # fmt: skip
    config = {
        name: st.column_config.TextColumn(
            say(f"asset.col_{name}"), width=px, alignment="right" if name in RIGHT else "left"
        )
        for name, px in WIDTHS_PX.items()
    }
    st.dataframe(pd.DataFrame(rows, columns=list(WIDTHS_PX)), column_config=config, hide_index=True, row_height=ROW_PX,
                 height=HEAD_PX + ROW_PX * min(len(rows), TALL_ROWS) + 2, key="slg.asset_table")  # fmt: skip


def later(found: Sequence[Asset], today: date, say: Words) -> None:
    """What stands open: rows that were kept all the same, and contracts at their end."""
    facts.section(say("asset.later"))
    open_rows: dict[str, list[Asset]] = {}
    for asset in found:
        for finding in findings(asset):
            if finding.is_warning:
                open_rows.setdefault(finding.code, []).append(asset)
    for code, assets in sorted(open_rows.items()):
        _entry(say(f"asset.find_{code}"), say(f"findings.{code}"), assets, SIGNS.get(code, "info"), say)
    over, soon = _ending(found, today)
    if over:
        _entry(say("asset.contract_over"), say("asset.contract_over_why"), over, "event_busy", say)
    if soon:
        _entry(say("asset.contract_soon"), say("asset.contract_soon_why"), soon, "event_upcoming", say)
    if not (open_rows or over or soon):
        facts.told(say("asset.later_none"), "ok", "check_circle")


def _entry(title: str, why: str, assets: Sequence[Asset], sign: str, say: Words) -> None:
    numbers = "、".join(asset.asset_no for asset in assets[:NAMED])
    if len(assets) > NAMED:
        numbers += " " + say("asset.later_more", n=len(assets))
    facts.told([el("b", title), " ", say("asset.later_count", n=len(assets)), el("br"), why, el("br"),
                el("span", numbers, class_="slg-mono")], "warn", sign)  # fmt: skip


def _ending(found: Sequence[Asset], today: date) -> tuple[list[Asset], list[Asset]]:
    """(in use past the contract's end, ending within 60 days). Days are kept as ISO texts, which sort like days."""
    now, limit = today.isoformat(), (today + SOON).isoformat()
    ends = [(a.contract_end, a) for a in found if a.contract_end and a.status == "in_use"]
    return [a for end, a in ends if end < now], [a for end, a in ends if now <= end <= limit]


def _word(words: Mapping[str, object], code: str | None, say: Words) -> str:
    found = words.get(code or "")
    return found.name(say.lang) if found else code or ""  # type: ignore[attr-defined]
