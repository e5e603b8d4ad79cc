"""The frame around every page: who is asking, what they may open, how refusals are shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import streamlit as st

from domain.errors import NotSignedIn, Refused
from domain.records import AUTO, Actor
from i18n import Words, words
from ui import facts, state

HOME = Path(__file__).resolve().parent.parent
# page, permission, icon, group
PAGES = (
    ("today", "app.use", "today", "work"),
    ("record", "record.report", "photo_camera", "work"),
    ("map", "layers.read", "map", "work"),
    ("records", "record.read", "folder_open", "work"),
    ("one_record", "record.read", "description", "hidden"),
    ("account", "app.use", "account_circle", "hidden"),
    ("track", "app.use", "route", "hidden"),
    ("zones", "layers.read", "home_work", "zones"),
    ("zone", "layers.read", "home_work", "hidden"),
    ("zone_drafts", "zone.decide", "done_all", "zones"),
    ("proposals", "zone.draft", "alt_route", "hidden"),
    ("draw", "zone.draft", "polyline", "zones"),
    ("topology", "zone.draft", "rule", "zones"),
    ("asset", "asset.read", "inventory_2", "zones"),
    ("coverage", "coverage.read", "bar_chart", "city"),
    ("people", "people.read", "group", "city"),
    ("layers", "layer.import", "layers", "city"),
    ("calendar", "calendar.edit", "calendar_month", "city"),
    ("operations", "ops.read", "monitor_heart", "city"),
    ("catalogues", "catalogue.edit", "library_books", "city"),
)


def draw(services: Any) -> None:
    """One run of the app for one person."""
    st.set_page_config(
        page_title="嵊里管·巡查", page_icon=str(HOME / "ui" / "favicon.png"), layout="wide", initial_sidebar_state=240
    )
    st.html(f"<style>{_sheet()}</style>")
    try:
        actor = _in_own_language(services.people.actor(_session()))
    except NotSignedIn:
        _ended(words(state.lang_from_browser()))
        return
    say = words(actor.lang)
    state.keep("actor", actor)
    state.keep("is_sample", services.is_sample_city())
    tiles = {"tiles": "/basemap/{z}/{x}/{y}", "attribution": services.basemap_credit} if services.basemap else None
    state.keep("basemap", tiles)
    if services.bundles.trouble:
        st.warning(say(f"app.bundle_{services.bundles.trouble}"), icon=":material/build:")
    page = _navigation(services, actor, say)
    if (refused := state.take("refused")) is not None:
        st.error(sentence(refused, say), icon=":material/block:")
    with refusals(say):
        page.run()


def _navigation(services: Any, actor: Actor, say: Words) -> Any:
    groups: dict[str, list[Any]] = {}
    own = None
    for name, permission, icon, group in PAGES:
        title = say(f"page.{name}")
        if not services.permissions.allows(actor, permission):
            # Its address may be typed or sent by somebody: Streamlit itself would answer in English, and "not found".
            page = st.Page(_wall(title, say), title=title, url_path=name, visibility="hidden")
            groups.setdefault(say("app.group_work"), []).append(page)
        else:
            page = st.Page(f"pages/{name}.py", title=title, icon=f":material/{icon}:", url_path=name,
                           default=name == "today", visibility="hidden" if group == "hidden" else "visible")  # fmt: skip
            own = page if name == "account" else own
            groups.setdefault(say("app.group_work") if group == "hidden" else say(f"app.group_{group}"), []).append(
                page
            )
    st.logo(str(HOME / "ui" / ("mark-dark.svg" if state.theme() == "dark" else "mark.svg")), size="large")
    page = st.navigation(groups)
    with st.sidebar:
        if own is not None:
            st.page_link(own, label=actor.name, icon=":material/account_circle:")
        st.caption(where_of(services, actor, say))
        left, right = st.columns(2)
        left.button(say("app.language"), key="lang", on_click=attempt, args=(_switch, services, actor), type="tertiary")
        right.button(
            say("app.log_out"), key="log_out", on_click=attempt, args=(_log_out, services, actor), type="tertiary"
        )
    return page


def _wall(title: str, say: Words) -> Callable[[], None]:
    """What stands at the address of a page that belongs to another post."""

    def wall() -> None:
        facts.head(title, say=say)
        facts.told(say("app.not_yours"), "muted", "lock")

    return wall


def where_of(services: Any, actor: Actor, say: Words) -> str:
    """The areas a person works for, in words."""
    if any(a.scope_kind == "city" for a in actor.assignments):
        return say("app.whole_city")
    name_of = services.places.name_of()
    return "、".join(dict.fromkeys(name_of(a.scope_id) for a in actor.assignments if a.scope_id)) or say("app.none")


@contextmanager
def refusals(say: Words) -> Iterator[None]:
    """A refusal is a sentence on the page, never a stack of code."""
    try:
        yield
    except NotSignedIn:
        _ended(say)
    except Refused as refused:
        st.error(sentence(refused, say), icon=":material/block:")


def attempt(act: Callable[..., Any], *args: Any, **more: Any) -> None:
    """Use as a button's callback: a refusal is told by the run that follows, above its page.

    Streamlit calls back before the script, so before `draw` has looked at the login: the service refuses by itself
    when it has ended, and there is nothing more to tell than what `draw` says.
    """
    try:
        act(*args, **more)
    except NotSignedIn:
        return
    except Refused as refused:
        state.keep("refused", refused)


def sentence(refused: Refused, say: Words) -> str:
    return say.refusal((refused.code, type(refused).code), refused.field, refused.facts)


def actor() -> Actor:
    """Who this run is for; checked against the session table at its start."""
    return state.kept("actor")


def say() -> Words:
    return words(actor().lang)


def _session() -> str | None:
    """The session id that the gate put into the handshake; AppTest puts it there by hand."""
    found = st.user.get("slg_session")
    return found if isinstance(found, str) else None


def _ended(say: Words) -> None:
    st.info(say("app.signed_out"), icon=":material/lock:")
    st.link_button(say("app.log_in_again"), "/login", type="primary")


def _in_own_language(actor: Actor) -> Actor:
    """Until somebody chooses, the browser's language."""
    return replace(actor, lang=state.lang_from_browser()) if actor.lang == AUTO else actor


def _switch(services: Any, actor: Actor) -> None:
    services.people.set_language(actor, "zh" if actor.lang == "en" else "en")


def _log_out(services: Any, actor: Actor) -> None:
    services.people.log_out(actor.session_id)


def _sheet() -> str:
    names = ["tokens", *(["tokens-dark"] if state.theme() == "dark" else []), "shell", "evidence", "layers"]
    return "\n".join((HOME / "ui" / f"{name}.css").read_text("utf-8") for name in names)
