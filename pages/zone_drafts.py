"""Many drafts in one go: which could take force now, which are held back and why, and one decision about those picked."""

import streamlit as st

from domain.errors import NotSignedIn, Refused
from ui import facts, forms, shell, state, zone_drafts, zone_forms
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
own = {held.scope_id for held in actor.assignments}
areas = sorted(office.places.choices("street", actor), key=lambda area: area.area_id not in own)
streets = {area.area_id: area.name for area in areas}
choices = {**streets, "all": say("zones.all_streets")} if own & set(streets) else {
    "all": say("zones.all_streets"), **streets}  # fmt: skip


def decide(fields, picked, crosses):
    """The button's callback. Some hundred take some seconds: the page says so meanwhile."""
    typed = fields.typed()
    try:
        with st.spinner(say("zone_drafts.deciding", n=len(picked))):
            told = office.zone_batch.decide(
                [(one.id, one.over.id if one.over else None) for one in picked], typed.get("reason") or "",
                **zone_forms.asked(typed, crosses=crosses), actor=actor,
            )  # fmt: skip
    except NotSignedIn:
        return
    except Refused as refused:
        fields.refuse({refused.field or "reason": shell.sentence(refused, say)})
    else:
        state.keep("zone_drafts_told", told)
        fields.clear()


asked = forms.asked_choice("street", list(choices))
found = office.zone_batch.candidates(None if asked == "all" else asked, actor)
told = state.take("zone_drafts_told")
facts.head(zone_drafts.answer(found, say), above=shell.where_of(office, actor, say),
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
zone_drafts.outcome(told, office.timezone, say)
with st.container(horizontal=True, vertical_alignment="bottom"):
    show = zone_drafts.shows(found, say)
    street = forms.choice(say("zones.which_street"), choices, key="street")
left, right = st.columns([62, 38], gap="large")
with left:
    picked = zone_drafts.table(found, show, office.policy.now().zones, say)
with right:
    if show == "held":
        facts.note(say("zone_drafts.held_note"))
    elif picked:
        crosses = any(one.judged.crosses_grids for one in picked)
        fields = forms.Fields("zone_drafts", say)
        facts.section(say("zone_drafts.decide_title"))
        zone_drafts.figures(picked, say)
        later = zone_forms.decision(fields, crosses=crosses, today=office.policy.today(), say=say)
        st.button(say("zone_drafts.plan" if later else "zone_drafts.force", n=zone_drafts.count(picked)), type="primary",
                  icon=":material/gavel:", key="slg.zone_drafts", on_click=decide, args=(fields, picked, crosses))  # fmt: skip
        facts.note(say("zone_drafts.how"))
    elif show == "some" and found:
        facts.note(say("zone_drafts.pick_hint"))
