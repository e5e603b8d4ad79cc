"""The topology report drawn: the answer, kinds with counts, the list, one finding with its repair, the map."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import Any

import pandas as pd
import streamlit as st

from domain.policy.zones import ZonePolicy
from domain.topology import KINDS, LISTED_AT_MOST, Choice, Figures, Finding, Group, Repair, SetAside, TopologyReport
from i18n import Words
from ui import bundle, facts, forms, state, times
from ui.markup import el

ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 11
WIDE_DEG = 0.0008  # some 80 m round a place


def answer(found: TopologyReport, say: Words) -> str:
    """The one sentence that its reader came for."""
    if not found.zones:
        return say("topology.title_no_zones")
    return say("topology.title_some", n=f"{found.total:,}") if found.total else say("topology.title_none")


def above(found: TopologyReport, where: str, zone: tzinfo, say: Words) -> str:
    return say("topology.above", where=where, looked=f"{found.zones:,}", at=times.moment(found.as_of, zone))


def lead(found: TopologyReport, say: Words) -> None:
    """The hunt for homes that nobody manages; what is missing to look for them."""
    bare = found.group("no_zone")
    if not found.has_buildings:
        facts.told(say("topology.no_buildings"), "warn", "apartment")
    elif bare.total:
        facts.lead(say("topology.hunt", buildings=f"{bare.total:,}", households=f"{bare.households:,}"))
    elif found.zones:
        facts.lead(say("topology.hunt_none"))
    if not found.zones:
        facts.told(say("topology.no_zones"), "muted", "polyline")
        st.page_link("pages/draw.py", label=say("topology.go_draw"), icon=":material/polyline:")
    if found.set_aside:
        facts.note(say("topology.aside_lead", n=f"{found.set_aside:,}"))
    if found.with_drafts and found.drafts:
        facts.told(say("topology.drafts_on", n=found.drafts), "muted", "edit_note")


def saved(outcome: tuple[str, int, bool, str] | None, say: Words) -> None:
    if outcome:
        name, version, is_new, zone_id = outcome
        told = say("topology.saved" if is_new else "topology.saved_known", name=name, version=version)
        link = el("a", say("topology.to_zone"), href=f"/zone?id={zone_id}", target="_self")
        facts.told([told, " ", link], "ok", "check_circle")


def kinds(found: TopologyReport, say: Words) -> str:
    """The switch of kinds with their counts; the first with something in it is what one sees first."""
    counts = {kind: found.group(kind).total for kind in KINDS}
    order = sorted(KINDS, key=lambda kind: counts[kind] == 0)
    words = {
        kind: say("topology.kind_count", kind=say(f"topology.kind_{kind}"), n=f"{counts[kind]:,}") for kind in order
    }
    return forms.switch(say("topology.kind"), words, key="kind")


def listed(group: Group, of: str, say: Words) -> str | None:
    """The table of one kind; gives the key of the row that was pressed in this run."""
    word = say(f"topology.kind_{group.kind}")
    if not group.total:
        facts.told(say("topology.none_of_kind", kind=word), "ok", "check_circle")
        return None
    head = "topology.list_head_homes" if group.households else "topology.list_head"
    facts.section(say(head, kind=word, n=f"{group.total:,}", households=f"{group.households:,}"))
    rows = group.findings
    if group.total > len(rows):
        facts.note(say("topology.capped", shown=f"{len(rows):,}", total=f"{group.total:,}"))
    columns: dict[str, list[Any]] = {"name": [one.name for one in rows]}
    if group.kind == "ring":
        columns["says"] = [say.refusal((f"geometry_{one.code}",), None, {}) for one in rows]
    columns["households"] = [one.households for one in rows]
    if group.kind not in ("no_zone", "two_zones"):
        columns["area"] = [round(one.area_m2) for one in rows]
    columns["draft"] = [say("topology.has_draft") if one.drafts else "" for one in rows]
    if not any(columns["draft"]):
        del columns["draft"]
    config: dict[str, Any] = {name: st.column_config.TextColumn(say(f"topology.column_{name}")) for name in columns}
    for name in {"households", "area"} & set(columns):
        config[name] = st.column_config.NumberColumn(say(f"topology.column_{name}"), format="localized", width="small")
    config["name"] = st.column_config.TextColumn(say("topology.column_name"), width="medium")
    event = st.dataframe(
        pd.DataFrame(columns), column_config=config, hide_index=True, row_height=ROW_PX, key=f"slg.topology_{of}",
        height=HEAD_PX + ROW_PX * min(len(rows), TALL_ROWS) + 2, on_select="rerun", selection_mode="single-cell",
    )  # fmt: skip
    facts.note(say("topology.pick_hint"))
    return _pressed(event, rows, of)


def listed_aside(group: Group, of: str, zone: tzinfo, say: Words) -> str | None:
    """Those of one kind that somebody set aside, opened by their count; gives the key of the row that was pressed."""
    rows = group.aside[:LISTED_AT_MOST]
    if not rows:
        return None
    with st.expander(say("topology.aside_n", n=f"{len(group.aside):,}"), icon=":material/inventory_2:"):
        told = [one.aside for one in rows if one.aside]
        frame = pd.DataFrame({
            "name": [one.name for one in rows], "aside_why": [one.reason for one in told],
            "aside_who": [one.who for one in told], "aside_when": [times.moment(one.set_at, zone) for one in told],
        })  # fmt: skip
        config = {name: st.column_config.TextColumn(say(f"topology.column_{name}")) for name in frame.columns}
        event = st.dataframe(
            frame, column_config=config, hide_index=True, row_height=ROW_PX, key=f"slg.topology_aside_{of}",
            height=HEAD_PX + ROW_PX * min(len(rows), TALL_ROWS) + 2, on_select="rerun", selection_mode="single-cell",
        )  # fmt: skip
        return _pressed(event, rows, f"aside_{of}")


def _pressed(event: Any, rows: Sequence[Finding], of: str) -> str | None:
    cells = event.selection.cells
    row = rows[cells[0][0]].key if cells and cells[0][0] < len(rows) else None
    if row == state.kept(f"topology_row_{of}"):
        return None  # still selected from before: no press
    state.keep(f"topology_row_{of}", row)
    return row


def aside(found: Finding, one: SetAside, may: bool, zone: tzinfo, *, on_back: Callable[[], None], say: Words) -> None:
    """Who set a finding aside, when and why, and the way back into the list."""
    facts.section(found.name, say(f"topology.kind_{found.kind}"))
    facts.told(_sentence(found, say), "muted", "inventory_2")
    facts.told(say("topology.aside_told", who=one.who or say("zone.nobody"), at=times.moment(one.set_at, zone),
                   reason=one.reason), "muted", "edit_note")  # fmt: skip
    facts.note(say("topology.aside_until"))
    if may:
        st.button(say("topology.take_back"), icon=":material/undo:", key="slg.topology_back", on_click=on_back)


def aside_form(fields: forms.Fields, may: bool, *, on_put: Callable[[], None], say: Words) -> None:
    """Setting a finding aside, with a reason; for whoever decides in all its streets."""
    if not may:
        return
    with st.expander(say("topology.put_aside"), icon=":material/inventory_2:", expanded=bool(fields.refusals)):
        facts.note(say("topology.aside_until"))
        fields.text("reason", say("zone.reason"), hint=say("topology.aside_hint"))
        st.button(say("topology.put_aside"), key="slg.topology_aside", on_click=on_put)


def about(found: Finding, choices: Sequence[Choice], policy: ZonePolicy, say: Words) -> str | None:
    """One finding in a sentence, and the ways to put it right; gives the code of the chosen one."""
    facts.section(found.name, say(f"topology.kind_{found.kind}"))
    facts.told(_sentence(found, say), "danger" if found.kind in ("overlap", "ring", "no_zone") else "warn", "error")
    if found.drafts:
        names = "、".join(say("topology.draft_named", name=d.name, version=d.version) for d in found.drafts[:3])
        facts.told(say("topology.drafted", names=names), "muted", "edit_note")
    if not choices:
        none = "no_choice_adopt" if found.kind == "no_zone" else "no_choice"
        facts.note(say(f"topology.{none}"))
        return None
    words = {one.code: forms.as_text(_choice(one, found, i, policy, say)) for i, one in enumerate(choices)}
    return st.radio(say("topology.how"), list(words), format_func=lambda code: words.get(code, code),
                    key=f"slg.topology_choice_{found.key}")  # fmt: skip


def _sentence(found: Finding, say: Words) -> str:
    kind = next(name for name in (f"{found.kind}_{found.code}", f"{found.kind}_bare" if not found.buildings else "", found.kind)
                if say.has(f"topology.says_{name}"))  # fmt: skip
    fault = say.refusal((f"geometry_{found.code}",), None, {}) if found.kind == "ring" else ""
    return say(f"topology.says_{kind}", names=" / ".join(z.name for z in found.zones), area=f"{found.area_m2:,.0f}",
               buildings=f"{found.buildings:,}", households=f"{found.households:,}", fault=fault)  # fmt: skip


def _choice(choice: Choice, found: Finding, i: int, policy: ZonePolicy, say: Words) -> str:
    name = choice.zone.name if choice.zone else ""
    if choice.verb == "mode":
        return say("topology.choice_mode", mode=policy.modes[choice.mode or ""].name(say.lang))
    if choice.verb == "adopt":
        word = "choice_adopt" if (choice.distance_m or 0) >= 1 else "choice_adopt_inside"
        spoken = say(f"topology.{word}", name=name, metres=f"{choice.distance_m or 0:,.0f}")
        return spoken + (f" · {choice.zone.manager}" if choice.zone and choice.zone.manager else "")
    if choice.code == "clip:street":
        return say("topology.choice_street", name=name)
    longest = choice.verb == "merge" and bool(found.zones) and found.zones[0] is choice.zone and i == 0
    return say("topology.choice_merge_longest" if longest else f"topology.choice_{choice.verb}", name=name)


def before_and_after(repair: Repair, policy: ZonePolicy, say: Words) -> None:
    """The figures of a repair, side by side."""
    is_new = repair.base is None
    rows = [
        (say("topology.area"), "square_metres", round(repair.was.area_m2), round(repair.becomes.area_m2)),
        (say("topology.buildings"), "buildings_n", repair.was.buildings, repair.becomes.buildings),
        (say("topology.households"), "households_n", repair.was.households, repair.becomes.households),
    ]
    body = [
        el("tr", el("th", name, scope="row"),
           el("td", say("topology.new_zone") if is_new else say(f"topology.{unit}", n=f"{was:,}")),
           el("td", say(f"topology.{unit}", n=f"{becomes:,}")))
        for name, unit, was, becomes in rows
    ]  # fmt: skip
    modes = (repair.base.mode if repair.base else None, repair.mode)
    if modes[0] != modes[1]:
        spoken = [
            policy.modes[m].name(say.lang) if m and m in policy.modes else say("topology.new_zone") if is_new else "—"
            for m in modes
        ]
        body.append(el("tr", el("th", say("topology.mode"), scope="row"), el("td", spoken[0]), el("td", spoken[1])))
    head = el(
        "tr", el("td"), el("th", say("topology.before"), scope="col"), el("th", say("topology.after"), scope="col")
    )
    st.html(el("table", el("caption", say("topology.becomes", name=repair.name)), el("thead", head), el("tbody", body),
               class_="slg-mend"))  # fmt: skip
    told = [say(f"topology.{name}", buildings=f"{some.buildings:,}", households=f"{some.households:,}")
            for name, some in (("gained", repair.gained), ("lost", repair.lost)) if some != Figures()]  # fmt: skip
    facts.note("，".join(told) + "。" if told and say.lang == "zh" else ", ".join(told) or say("topology.same_homes"))


def to_draw(found: Finding, choices: Sequence[Choice], say: Words) -> None:
    """A way to the drawing board: the zone that would change, at this place."""
    west, south, east, north = found.shape.bounds if found.shape is not None else (*found.at, *found.at)
    box = f"{west - WIDE_DEG:.6f},{south - WIDE_DEG:.6f},{east + WIDE_DEG:.6f},{north + WIDE_DEG:.6f}"
    zone = next((one.zone for one in choices if one.zone and one.verb != "adopt"), None)
    address = f"/draw?zone={zone.area_id}&bbox={box}" if zone else f"/draw?bbox={box}"
    st.html(el("p", el("a", say("topology.open_draw"), href=address, target="_self"), class_="slg-note"))


def findings_map(
    found: TopologyReport, urls: dict[str, str], say: Words, *, street: str, basis: str, picked: str | None,
    repair: Repair | None, box: tuple[float, float, float, float] | None,
) -> str | None:  # fmt: skip
    """The findings over the zones; gives the key of the one that was pressed on the map."""
    address = f"/topology.geojson?basis={basis}&v={found.as_of.timestamp():.0f}{found.total}.{found.asides}"
    mended = None
    if repair:
        before = repair.before if repair.before is not None and repair.before is not repair.after else None
        mended = {"before": _line(before), "after": _line(repair.after)}
    opened = bundle.mount(
        "map", urls, key="topology_map", mode="findings", picked=picked, mended=mended, bounds=box,
        height=420 if state.is_phone() else 640, rows_url=f"{address}&street={street}" if street else address,
        **bundle.common(say, urls, "map", "topology_map"),
    ).open  # fmt: skip
    return opened["id"] if opened and opened["kind"] == "finding" else None


def _line(geometry: Any) -> dict[str, Any] | None:
    """A shape tells its own GeoJSON."""
    return None if geometry is None else dict(geometry.__geo_interface__)


def version_id(key: str, choice: str) -> str:
    """One id for one repair of this session: pressed twice, it is still one draft."""
    name = f"topology_version_{key}_{choice}"
    if not state.kept(name):
        state.keep(name, str(uuid.uuid4()))
    return str(state.kept(name))


def how(say: Words) -> None:
    for each in ("no_zone", "two_zones", "overlap", "gap", "ring", "outside", "no_mode"):
        st.markdown(say(f"topology.how_{each}"))
