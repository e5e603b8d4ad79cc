"""The register of public-revenue assets, and the form that adds one to it."""

import uuid

import streamlit as st

from domain.errors import Invalid, NotFound, Refused
from domain.filters import AssetFilter
from domain.policy.asset_form import read_asset, read_point
from domain.policy.assets import findings
from ui import asset_form, asset_table, facts, forms, shell, state
from wiring import services

actor, say, office = shell.actor(), shell.say(), services()
policy, today = office.policy.now().assets, office.policy.today()
may_write = office.permissions.allows(actor, "asset.write")


def save(fields: forms.Fields, category: str, point: tuple[float, float] | None) -> None:
    asset, refusals = read_asset(asset_form.typed(fields, category), point, str(uuid.uuid4()), policy)
    told = {refusal.field: shell.sentence(refusal, say) for refusal in reversed(refusals)}
    if not told:
        try:
            kept = office.assets.register(asset, actor)
        except NotFound:
            street = office.places.locate(asset.lon, asset.lat, actor).street
            told = {"place": say("asset.place_other_street", street=street.name if street else "")}
        except Refused as refused:
            told = {refused.field or "place": shell.sentence(refused, say)}
        else:
            state.keep("asset_saved", kept)
            fields.clear()
            return
    fields.refuse(told)


def draw_register() -> None:
    text = (state.kept("asset_text") or "").strip()[:50]
    counts = office.assets.counts(AssetFilter(text=text), actor)
    words = asset_table.category_switch(policy, counts, state.asked("category"), say)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = forms.switch(say("asset.category"), words, key="category")
        st.text_input(say("asset.search"), placeholder=say("asset.search_hint"), key="slg.asset_text")
    found = office.assets.search(AssetFilter(text=text, category=None if chosen == "all" else chosen), actor)
    if not found:
        empty = "asset.empty_clerk" if may_write else "asset.empty"
        facts.told(say("asset.empty_filter", text=text) if text else say(empty), "muted", "inventory_2")
        return
    left, right = st.columns([76, 24], gap="medium")
    with left:
        asset_table.table(found, policy, say)
        total = counts.get(chosen, sum(counts.values()))
        st.caption(say("asset.shown", n=total) if total == len(found)
                   else say("asset.shown_part", shown=len(found), n=total))  # fmt: skip
    with right:
        asset_table.later(found, today, say)


def draw_form() -> None:
    fields = forms.Fields("asset", say)
    if kept := state.take("asset_saved"):
        told = say("asset.saved", number=kept.asset_no, zone=kept.zone_name) if kept.zone_name else say(
            "asset.saved_no_zone", number=kept.asset_no)  # fmt: skip
        facts.told(told, "ok", "check_circle")
        for finding in findings(kept):
            facts.told(say("asset.saved_later", what=say(f"findings.{finding.code}")), "warn", "note_stack_add")
    category = asset_form.kind(policy, today, say)
    left, right = st.columns(2, gap="large")
    with left:
        asset_form.what(fields, category, say)
    with right:
        tapped = asset_form.where(fields, office.bundles.urls, state.asked_box() or office.places.bounds(actor), say)
        try:
            point = read_point(fields.typed()) or tapped
            asset_form.place_line(office.places.locate(*point, actor) if point else None, say)
        except Invalid as refused:
            point = None
            facts.told(shell.sentence(refused, say), "danger", "error")
    asset_form.whose(fields, policy, today, say)
    asset_form.contract(fields, policy, today, say)
    asset_form.more(fields, category, today, say)
    if fields.refusals:
        facts.told(say("asset.wrong", n=len(fields.refusals)), "danger", "error")
    st.button(say("asset.save"), type="primary", icon=":material/save:", on_click=save, key="slg.asset_save",
              args=(fields, category.code, point))  # fmt: skip


facts.head(say("asset.title"), above=say("asset.above", where=shell.where_of(office, actor, say)),
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
views = {"list": say("asset.view_list"), "new": say("asset.view_new")}
if may_write and forms.switch(say("asset.view"), views, key="view") == "new":
    draw_form()
else:
    draw_register()
