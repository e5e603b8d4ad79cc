"""The forms of one's own account. A password is in the session only while its form is being sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from domain.accounts import PERSONAL
from domain.records import AUTO
from i18n import Words
from ui import facts, state

PASSWORDS = ("old", "new", "again")
DAYS = (30, 90, 180, 366)
USUAL_DAYS = 90


def language(chosen: str, spoken: str, choose: Callable[[str], None], say: Words) -> None:
    """chosen: what the account says, perhaps the browser's; spoken: what this page speaks."""
    names = {"zh": "中文", "en": "English"}
    state.seed("account_lang", spoken)
    st.segmented_control(say("account.language"), list(names), format_func=names.__getitem__, key="slg.account_lang", required=True,
                         label_visibility="collapsed", on_change=lambda: choose(state.kept("account_lang")))  # fmt: skip
    if chosen == AUTO:
        facts.note(say("account.language_auto"))


def passwords(change: Callable[[], None], say: Words) -> None:
    n = state.kept("account_asked", 0)
    with st.form("account_password", border=False):
        for field in PASSWORDS:
            # Password managers tell a new password from the one that stands by this word.
            known = "current-password" if field == "old" else "new-password"
            st.text_input(
                say(f"account.password_{field}"), type="password", key=f"slg.account_{field}.{n}", autocomplete=known
            )
        st.caption(say("account.password_note"))
        st.form_submit_button(say("account.password_go"), on_click=change)


def sent_passwords() -> tuple[str, str, str]:
    """(old, new, again) as they were sent; the next run draws empty fields, and these are forgotten."""
    n = state.kept("account_asked", 0)
    old, new, again = (state.kept(f"account_{field}.{n}") or "" for field in PASSWORDS)
    state.keep("account_asked", n + 1)
    return old, new, again


def new_token(offered: Mapping[str, str], make: Callable[[], None], say: Words) -> None:
    """offered: an action's code to its words; using the app at all goes without saying."""
    n = state.kept("account_round", 0)
    st.text_input(
        say("account.token_name"), key=f"slg.account_name.{n}", placeholder=say("account.token_name_hint"), max_chars=80
    )
    st.multiselect(
        say("account.token_actions"), [code for code in offered if code != "app.use"], format_func=offered.__getitem__,
        key=f"slg.account_actions.{n}", placeholder=say("account.token_actions_hint"),
    )  # fmt: skip
    st.selectbox(say("account.token_days"), DAYS, index=DAYS.index(USUAL_DAYS), key=f"slg.account_days.{n}",
                 format_func=lambda days: say("account.days", n=days))  # fmt: skip
    st.button(say("account.token_go"), type="primary", on_click=make, key="slg.account_make")


def typed() -> tuple[str, list[str], int]:
    n = state.kept("account_round", 0)
    name, actions, days = (state.kept(f"account_{field}.{n}") for field in ("name", "actions", "days"))
    return name or "", actions or [], days or USUAL_DAYS


def clear() -> None:
    """The next run draws an empty form."""
    state.keep("account_round", state.kept("account_round", 0) + 1)


def outcome(where: str, say: Words) -> None:
    """What the last button of a section did. A new token stands here in one run and is forgotten."""
    tone, sentence = state.take(f"account.{where}") or ("", "")
    if sentence:
        facts.told(sentence, tone, "check_circle" if tone == "ok" else "error")
    if where == PERSONAL and (secret := state.take("account.secret")):
        st.code(secret, language=None, wrap_lines=True)
        facts.told(say("account.shown_once"), "warn", "key")
