"""Is every home managed? Key figures, one map in five fixed classes, and the same figures in a table from low to high."""

import streamlit as st

from domain.policy.coverage import MEASURES, SMALL_BASE_HOUSEHOLDS
from ui import charts, coverage, facts, forms, reports, shell, state, times
from wiring import services

actor, say, theme = shell.actor(), shell.say(), state.theme()
local = services().timezone
unit = forms.asked_choice("unit", ("street", "grid"))
found = services().coverage.per(unit, actor)
own = {held.scope_id for held in actor.assignments}
areas = sorted(services().places.choices("street", actor), key=lambda area: area.area_id not in own)
streets = {**{area.area_id: area.name for area in areas}, "all": say("coverage.all_streets")}
street = forms.asked_choice("street", list(streets)) if unit == "grid" else "all"
shown = found.within(None if street == "all" else street)

where = say("coverage.above", where=streets[street])
above = f"{where} · {say('coverage.as_of', at=times.moment(found.as_of, local))}"
facts.head(say("coverage.title"), above=above, is_sample=bool(state.kept("is_sample")), say=say)
charts.sheet()
facts.figures(coverage.key_figures(shown, services().clearance_date, say, local))

left, right = st.columns([56, 44], gap="medium")
with left:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        measure = forms.switch(say("coverage.measure"), {m: say(f"coverage.{m}") for m in MEASURES}, key="measure")
        forms.switch(say("coverage.unit"), {u: say(f"coverage.{u}") for u in ("street", "grid")}, key="unit")
        if unit == "grid":
            forms.choice(say("coverage.which_street"), streets, key="street")
    rows = {row.area.area_id: row for row in shown.rows}
    with st.container(key=f"cover_stage_{unit}"):
        coverage.draw_map(shown, measure, state.kept(f"pick_{unit}"), say, theme)
    forms.choice(say("coverage.which"), {i: row.area.name for i, row in rows.items()}, key=f"slg.pick_{unit}",
                 hint=say("coverage.which_hint"))  # fmt: skip
    if picked := rows.get(state.kept(f"pick_{unit}")):
        facts.told(coverage.about(picked, measure, found.asked_at, say, local), "muted", "select")
with right:
    facts.section(say("coverage.table"))
    coverage.draw_table(shown, measure, state.kept(f"pick_{unit}"), say, local)

if services().permissions.allows(actor, "report.read") and any(held.scope_kind == "city" for held in actor.assignments):
    reports.listed(services().reports.all(actor), local, say)

with st.expander(say("coverage.how"), icon=":material/functions:"):
    for each in ("households", "buildings", "area", "bare", "never", "classes", "unsurveyed", "clearance"):
        st.markdown(say(f"coverage.how_{each}"))
    st.markdown(say("coverage.how_small", **SMALL_BASE_HOUSEHOLDS))
