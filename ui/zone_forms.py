"""What may be done with a zone: put a draft in force, take a plan back, restore a version, enter who manages it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

import streamlit as st

from domain.errors import Refused
from domain.policy.zones import ZonePolicy
from domain.records import Area
from i18n import Words
from ui import facts, times
from ui.forms import Fields

NOWHERE = "-"


def force(
    fields: Fields, draft: Area, current: Area | None, obstacles: Sequence[str], halves: Sequence[Area],
    taken: Sequence[Area], *, kind: str, crosses: bool, today: date, on_force: Callable[[], None], say: Words,
) -> None:  # fmt: skip
    """The form that puts a draft in force; what stands in the way comes first, and then no button.

    halves: drafts that take force with it, of the same split or border (kind); taken: zones that end with it.
    """
    facts.section(say("zone.force_title"))
    names = ", " if say.lang == "en" else "、"
    if halves:
        word = "zone.border_moves" if kind == "border" else "zone.together"
        facts.told(say(word, names=names.join(h.name for h in halves)), "muted", "call_split")
    if taken:
        facts.told(say("zone.takes_in", names=names.join(t.name for t in taken)), "warn", "call_merge")
    for sentence in obstacles:
        facts.told(sentence, "danger", "block")
    if obstacles:
        facts.note(say("zone.stands_in_way"))
        return
    over = say("zone.force_over", n=current.version) if current else say("zone.force_first")
    facts.lead(say("zone.force_lead", n=draft.version))
    facts.note(over)
    later = decision(fields, crosses=crosses, today=today, say=say)
    word = say("zone.force_plan") if later else say("zone.force", n=draft.version)
    st.button(word, type="primary", icon=":material/gavel:", on_click=on_force, key="slg.zone_force")


def decision(fields: Fields, *, crosses: bool, today: date, say: Words) -> bool:
    """What any decision asks for: the street's consent where grids are crossed, why, and from when; True for later."""
    if crosses:
        with st.container(border=True):
            st.checkbox(fields.label("consent", say("zone.consent_tick")), key=fields.key("consent_tick"))
            fields.text("consent", say("zone.consent_text"), hint=say("zone.consent_hint"))
            facts.note(say("zone.consent_law"))
    fields.text("reason", say("zone.reason"), hint=say("zone.reason_hint"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        later = st.segmented_control(
            say("zone.force_when"), ["now", "later"], key=fields.key("when"), default="now", required=True,
            format_func=lambda code: say(f"zone.force_{code}"),
        ) == "later"  # fmt: skip
        if later:
            st.date_input(fields.label("from_day", say("zone.force_day")), value=None, min_value=today,
                          key=fields.key("from_day"), format="YYYY-MM-DD")  # fmt: skip
    return later


def asked(typed: Mapping[str, Any], *, crosses: bool) -> dict[str, Any]:
    """What was typed into `decision`, by the names that the services use."""
    return {"consent": typed.get("consent") if crosses and typed.get("consent_tick") else None,
            "from_day": typed.get("from_day") if typed.get("when") == "later" else None}  # fmt: skip


def plan(decision: Any, version: int, who: str, zone: tzinfo, *, on_withdraw: Callable[[], None] | None,
         fields: Fields, say: Words) -> None:  # fmt: skip
    """A plan that waits for its day, and the way to take it back."""
    day = times.moment(decision.starts_at, zone)[:10]
    facts.told(say("zone.planned_told", n=version, day=day, who=who, reason=decision.reason), "warn", "event")
    if on_withdraw is not None:
        with st.expander(say("zone.withdraw")):
            fields.text("reason", say("zone.reason"))
            st.button(say("zone.withdraw"), on_click=on_withdraw, key="slg.zone_withdraw", icon=":material/undo:")


def successions(fields: Fields, found: Sequence[Any], key: str, *, on_settle: Callable[[], None], say: Words) -> None:
    """What a split or a merge left open: which of it, to which zone, and why. found: Waitings. key: things, contract."""
    facts.section(say(f"zone.{key}_wait", n=len(found)), tone="warn", sign="call_split")
    facts.note(say(f"zone.{key}_wait_note"))
    named = {w.one.id: say(f"zone.wait_{w.one.kind}", label=w.one.label, why=say(f"zone.why_{w.one.why}"), zone=w.from_name)
             for w in found}  # fmt: skip
    st.multiselect(fields.label("items", say("zone.settle_which")), list(named), default=list(named),
                   format_func=lambda code: named.get(code, code), key=fields.key("items"))  # fmt: skip
    heirs = {zone_id: name for w in found for zone_id, name in w.heirs.items()}
    fields.pick("to", say("zone.settle_to"), {**heirs, NOWHERE: say(f"zone.{key}_nowhere")})
    fields.text("reason", say("zone.reason"), hint=say("zone.settle_hint"))
    st.button(say("zone.settle"), type="primary", icon=":material/check:", on_click=on_settle, key=f"slg.settle_{key}")


def restore(fields: Fields, version: int, *, on_restore: Callable[[], None], say: Words) -> None:
    with st.expander(say("zone.restore", n=version), icon=":material/settings_backup_restore:"):
        facts.note(say("zone.restore_note"))
        fields.text("reason", say("zone.reason"))
        st.button(say("zone.restore", n=version), on_click=on_restore, key="slg.zone_restore")


def mode(fields: Fields, zones: ZonePolicy, today: date, *, on_save: Callable[[], None], say: Words) -> None:
    with st.expander(say("zone.mode_new"), icon=":material/edit_note:", expanded=bool(fields.refusals)):
        offered = {code: found.name(say.lang) for code, found in zones.modes.items() if found.term.holds(today)}
        fields.pick("mode", say("zone.mode_choose"), offered)
        fields.text("manager", say("zone.mode_manager"))
        for row in (("since",), ("contract_start", "contract_end")):
            with st.container(horizontal=True):
                for name in row:
                    word = {"since": "mode_since", "contract_start": "mode_start", "contract_end": "mode_end"}[name]
                    st.date_input(fields.label(name, say(f"zone.{word}")), value=today if name == "since" else None,
                                  key=fields.key(name), format="YYYY-MM-DD")  # fmt: skip
        fields.text("source", say("zone.mode_source_field"), hint=say("zone.mode_source_hint"))
        st.button(say("zone.mode_save"), type="primary", icon=":material/save:", on_click=on_save, key="slg.zone_mode")


def sentences(refused: Sequence[Refused], say: Words) -> list[str]:
    return [say.refusal((each.code, type(each).code), each.field, each.facts) for each in refused]
