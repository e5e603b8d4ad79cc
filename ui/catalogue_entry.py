"""One entry on the page: the form, the phone's picture beside it, and what happens when two edit it at once."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import streamlit as st

from domain.errors import Conflict, NotFound, Refused
from domain.policy import changes
from domain.policy.entry_fields import FRESH, field_of, read
from domain.policy.reading import BadEntry
from domain.records import Actor
from i18n import Words
from ui import catalogue_form, catalogue_preview, facts, state
from ui import catalogue_words as words
from ui.catalogue_lists import differences
from ui.forms import Fields


def open_entry(code: str | None) -> None:
    """Into the address; None goes back to the list. The list forgets which row was pressed."""
    state.remember(entry=code)
    state.keep("cat_round", state.kept("cat_round", 0) + 1)


def draw(catalogues: Any, family: str, section: str, part: str, code: str, seen: Any, actor: Actor, say: Words) -> None:
    """part: the inner table of the entry that alone is shown, "" for the whole; seen: Overview."""
    st.button(say("catalogue.back"), icon=":material/arrow_back:", type="tertiary", on_click=open_entry, args=(None,),
              key="slg.cat_back")  # fmt: skip
    is_new = code == "+"
    fields = Fields(f"cat.{family}.{section}.{code}", say)
    try:
        view = None if is_new else catalogues.entry(family, section, code, actor)
    except NotFound:
        facts.told(say("catalogue.no_such_entry", code=code), "danger", "search_off")
        return
    latest: Mapping[str, Any] = view.fields if view else FRESH.get((family, section), {})
    opened, token = _opened(fields, latest, view.token if view else None)
    facts.section(words.named(opened, code, say) if view else say("catalogue.new_entry"), None if is_new else code)
    is_kind = (family, section) == ("issues", "types") and not part
    left, right = st.columns([1.7, 1], gap="large") if is_kind else (st.container(), None)
    with left:
        new_code = st.text_input(fields.label("code", say("catalogue.code")), key=fields.key("code"), max_chars=64,
                                 help=say("catalogue.code_note")).strip() if is_new else code  # fmt: skip
        typed = catalogue_form.draw(fields, family, section, part, opened, seen.tables, say)
    mine = read(family, section, typed, opened)
    if right is not None:
        with right:
            catalogue_preview.kind(mine, seen.tables, say("catalogue.preview"))

    def save(wanted: Mapping[str, Any], over: str | None) -> None:
        try:
            catalogues.save(family, section, new_code, wanted, seen=over, actor=actor)
        except Conflict:
            fields.refuse({"": say("catalogue.changed_meanwhile")})
        except Refused as refused:
            fields.refuse(_refusals(refused, family, section, new_code, seen, say))
        else:
            fields.clear()
            state.keep("catalogue_told", say("catalogue.saved_in_draft", name=words.named(wanted, new_code, say)))
            open_entry(None)

    if view and view.token != token:
        _two_at_once(fields, view, opened, mine, lambda merged: save(merged, view.token), seen, say)
        return
    if "" in fields.refusals:
        facts.told(fields.refusals[""], "danger", "error")
    elif fields.refusals:
        facts.told(say("catalogue.not_saved", what="；".join(fields.refusals.values())), "danger", "error")
    with st.container(horizontal=True):
        st.button(say("catalogue.save_draft"), type="primary", icon=":material/save:", on_click=save, args=(mine, token),
                  key=f"slg.cat_save.{family}.{section}.{code}")  # fmt: skip
        if view and view.draft:
            st.button(say("catalogue.undo_entry", n=len(view.draft.changes)), key="slg.cat_undo", icon=":material/undo:",
                      on_click=_undo, args=(catalogues, fields, family, section, code, token, actor, say))  # fmt: skip
    st.caption(say("catalogue.draft_note"))


def _opened(fields: Fields, latest: Mapping[str, Any], token: str | None) -> tuple[dict[str, Any], str | None]:
    """The entry as it was when its form was opened: what somebody else saves meanwhile must not slip in unseen."""
    name = f"{fields.name}.{fields.round}.opened"
    if state.kept(name) is None:
        state.keep(name, (copy.deepcopy(dict(latest)), token))
    return state.kept(name)


def _refusals(refused: Refused, family: str, section: str, code: str, seen: Any, say: Words) -> dict[str, str]:
    told = words.refusal(refused, seen.tables, say) if isinstance(refused, BadEntry) else say.refusal(
        (refused.code, type(refused).code), refused.field, refused.facts)  # fmt: skip
    if isinstance(refused, BadEntry) and refused.entry != code:
        return {"": told}
    return {field_of(family, section, refused.field or ""): told}


def _undo(
    catalogues: Any, fields: Fields, family: str, section: str, code: str, token: str, actor: Actor, say: Words
) -> None:
    try:
        catalogues.undo(family, section, code, seen=token, actor=actor)
    except Refused:
        fields.refuse({"": say("catalogue.changed_meanwhile")})
        return
    fields.clear()
    state.keep("catalogue_told", say("catalogue.entry_undone"))
    open_entry(None)


def _two_at_once(
    fields: Fields, view: Any, opened: Mapping[str, Any], mine: Mapping[str, Any], save: Any, seen: Any, say: Words
) -> None:
    """Somebody else saved this entry while it was open here: both are shown, and one says which goes on."""
    who = view.draft.author_name if view.draft and view.draft.author_name else say("catalogue.somebody")
    facts.told(say("catalogue.two_at_once", who=who), "warn", "group")
    place = (view.family, view.section, view.code)
    theirs = changes.of_entry(*place, dict(opened), dict(view.fields))
    own = changes.of_entry(*place, dict(opened), dict(mine))
    for title, found in ((say("catalogue.theirs", who=who), theirs), (say("catalogue.mine"), own)):
        facts.section(title)
        if found:
            differences(found, seen.tables, say)
        else:
            st.caption(say("catalogue.nothing_typed"))
    merged = copy.deepcopy(dict(view.fields))
    for change in own:
        changes.set_field(merged, change.field, change.after)
    both = {c.field for c in theirs} & {c.field for c in own}
    if both:
        names = "、".join(words.field_name(field, say) for field in sorted(both))
        facts.told(say("catalogue.both_changed", fields=names), "warn", "call_split")
    with st.container(horizontal=True):
        st.button(say("catalogue.keep_both", who=who), type="primary", on_click=save, args=(merged,), key="slg.cat_merge",
                  disabled=not own)  # fmt: skip
        st.button(say("catalogue.drop_mine"), on_click=fields.clear, key="slg.cat_theirs")
