"""One zone: its line and pieces on the map, its versions, what may be decided about it, and who manages it."""

import streamlit as st

from domain.errors import Invalid, NotFound, NotSignedIn, Refused
from ui import facts, forms, shell, state, zone_forms, zone_page
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
versions, local = office.zone_versions, office.timezone
words, today = office.policy.now().zones, office.policy.today()


def attempt(fields, done, act):
    """Use in a button's callback: a refusal is told at its field, a success above the page."""
    try:
        told = act(fields.typed())
    except NotSignedIn:
        return
    except Refused as refused:
        fields.refuse({refused.field or "reason": shell.sentence(refused, say)})
    else:
        state.keep("zone_told", done(told))
        fields.clear()


def put_in_force(fields, draft, current, crosses):
    def act(typed):
        return versions.decide(draft.id, typed.get("reason") or "", seen=current.id if current else None,
                               **zone_forms.asked(typed, crosses=crosses), actor=actor)  # fmt: skip

    def done(decision):
        day = decision.starts_at.astimezone(local).date().isoformat()
        return say("zone.forced" if decision.state == "in_force" else "zone.planned", n=draft.version, day=day)

    attempt(fields, done, act)


def enter_mode(fields):
    def act(typed):
        given = {name: typed.get(name) for name in ("since", "contract_start", "contract_end")}
        return office.zone_modes.record(view.zone_id, mode=typed.get("mode") or "", manager=typed.get("manager") or "",
                                       source=typed.get("source") or "", **given, actor=actor)  # fmt: skip

    attempt(fields, lambda entry: say("zone.mode_saved", mode=words.modes[entry.mode].name(say.lang)), act)


def draw_force(draft, current):
    if draft.planned:
        fields = forms.Fields(f"zone_plan.{draft.area.id}", say)
        decision = draft.planned
        back = lambda: attempt(fields, lambda _: say("zone.withdrawn"),  # noqa: E731
                               lambda typed: versions.withdraw(decision.id, typed.get("reason") or "", actor))  # fmt: skip
        zone_forms.plan(decision, draft.area.version, view.names.get(decision.decided_by or "", ""), local,
                        on_withdraw=back if view.may_decide else None, fields=fields, say=say)  # fmt: skip
    elif view.may_decide:
        judged = versions.judge(draft.area.id, actor)
        fields = forms.Fields(f"zone_force.{draft.area.id}", say)
        crosses, now = judged.crosses_grids, current.area if current else None
        zone_forms.force(fields, draft.area, now, zone_forms.sentences(judged.obstacles, say), judged.versions[1:],
                         judged.taken, kind=judged.kind, crosses=crosses, today=today,
                         on_force=lambda: put_in_force(fields, draft.area, now, crosses), say=say)  # fmt: skip


def settle(fields):
    def act(typed):
        chosen = typed.get("items") or []
        to = typed.get("to")
        if not chosen:
            raise Invalid("successions_none", field="items")
        if not to:
            raise Invalid("successions_no_heir", field="to")
        office.zone_successions.settle(
            chosen, None if to == zone_forms.NOWHERE else to, typed.get("reason") or "", actor
        )
        return len(chosen)

    attempt(fields, lambda n: say("zone.settled", n=n), act)


def draw_successions():
    found = [w for w in office.zone_successions.waiting(actor)
             if view.zone_id in (w.one.from_zone, *w.one.heirs)]  # fmt: skip
    for kinds, key in ((("record", "asset"), "things"), (("contract",), "contract")):
        if some := [w for w in found if w.one.kind in kinds]:
            fields = forms.Fields(f"zone_settle.{key}.{view.zone_id}", say)
            zone_forms.successions(fields, some, key, on_settle=lambda f=fields: settle(f), say=say)


try:
    view = versions.view(state.asked("id"), actor)
except NotFound:
    facts.head(say("zone.gone"), say=say)
    facts.told(say("zone.no_id"), "muted", "search_off")
    st.page_link("pages/zones.py", label=say("zone.all_zones"), icon=":material/arrow_back:")
    st.stop()

current = view.current
draft = next((v for v in view.versions if v.area.status == "draft"), None)
draft = draft if draft and (current is None or draft.area.version > current.area.version) else None
zone_page.head(view.head.area, words, view.street, say)
with st.container(key="slg.zone_above"):  # a place of its own: the map below stays where it is
    if told := state.take("zone_told"):
        facts.told(told, "ok", "check_circle")
    zone_page.plans(view.decisions, view.names, local, say)
left, right = st.columns([62, 38], gap="large")
with left:
    numbers = {v.area.id: say("zone.version_n", n=v.area.version) for v in view.versions}
    first = (draft or view.head).area.id
    order = {first: numbers[first], **numbers}
    with st.container(horizontal=True):
        shown = view.version(forms.choice(say("zone.pick_version"), order, key="version") or first) or view.head
        others = {i: word for i, word in numbers.items() if i != shown.area.id}
        other = forms.choice(say("zone.compare_with"), others, key=f"slg.zone_with.{shown.area.id}",
                             hint=say("zone.compare_hint")) if others else None  # fmt: skip
    address = f"/zones/versions/{shown.area.id}/map.geojson"
    zone_page.version_map(f"{address}?with={other}" if other else address, office.bundles.urls, say,
                          key=f"zone_map_{view.zone_id}", as_of=f"{view.head.area.id} {view.head.area.mode}")  # fmt: skip
    if other:
        zone_page.comparison(office.zone_compare.two(other, shown.area.id, actor), words, say)
    consent = next((d.consent for d in view.decisions if shown.area.id in d.versions and d.consent), None)
    zone_page.division(shown.area, shown.rows, say, is_newer=shown.set_no > 0, consent=consent)
with right:
    if view.may_decide:
        draw_successions()
    if draft:
        draw_force(draft, current)
    if view.may_draft:
        st.page_link("pages/draw.py", label=say("zone.draw_on"), icon=":material/polyline:",
                     query_params={"zone": view.zone_id})  # fmt: skip
    facts.section(say("zone.facts_title"))
    zone_page.facts(view.head.area, view.head.rows, view.modes, words, view.street, (office.clearance_date, today), say)
    zone_page.mode_history(view.modes, view.names, words, local, say)
    if view.may_decide and current:
        entry = forms.Fields(f"zone_mode.{view.zone_id}", say)
        zone_forms.mode(entry, words, today, on_save=lambda: enter_mode(entry), say=say)
zone_page.versions(view.versions, local, say)
if view.may_draft and shown.area.status in ("superseded", "retired"):
    again = forms.Fields(f"zone_restore.{shown.area.id}", say)
    zone_forms.restore(again, shown.area.version, say=say, on_restore=lambda: attempt(
        again, lambda made: say("zone.restored", from_version=shown.area.version, n=made.version),
        lambda typed: versions.restore(shown.area.id, typed.get("reason") or "", actor)))  # fmt: skip
