"""One's own account: password, language, logins, phones and tokens."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from domain.accounts import DEVICE, PERSONAL
from domain.errors import NotSignedIn, Refused
from ui import account_form, facts, logins, shell, state
from wiring import now, services

actor, say, office = shell.actor(), shell.say(), services()
me = office.account.me(actor).person


def attempt(where: str, told: str, act: Callable[..., Any], *args: Any) -> None:
    """One change; what came of it stands in its section on the next run."""
    try:
        act(*args)
    except NotSignedIn:
        return
    except Refused as refused:
        state.keep(f"account.{where}", ("danger", shell.sentence(refused, say)))
    else:
        state.keep(f"account.{where}", ("ok", told))


def make() -> None:
    name, chosen, days = account_form.typed()

    def act() -> None:
        _, secret = office.tokens.make(actor, name=name, actions=chosen, days=days, device=state.agent())
        state.keep("account.secret", secret)
        account_form.clear()

    attempt(PERSONAL, say("account.made", name=name.strip()), act)


def named(code: str) -> str:
    return logins.action(office.permissions.actions, code, say)


def draw_tokens(kind: str) -> None:
    facts.section(say(f"account.{kind}s"))
    facts.note(say(f"account.{kind}s_note"))
    account_form.outcome(kind, say)
    mine = [token for token in office.tokens.list(actor) if token.kind == kind]
    if not mine:
        facts.told(say(f"account.{kind}s_none"), "muted", "smartphone" if kind == DEVICE else "key")
    logins.tokens(mine, named, now(), office.timezone, lambda token: attempt(
        kind, say("account.revoked", name=token.name), office.tokens.revoke, actor, token.id), say)  # fmt: skip


facts.head(me.name, above=f"{me.username} · {shell.where_of(office, actor, say)}",
           is_sample=bool(state.kept("is_sample")), say=say)  # fmt: skip
left, right = st.columns([1, 1.25], gap="large")
with left:
    facts.section(say("account.language"))
    account_form.language(
        me.lang, actor.lang, lambda lang: attempt("language", "", office.people.set_language, actor, lang), say
    )
    if office.permissions.allows(actor, "record.report"):
        st.page_link("pages/track.py", label=say("page.track"), icon=":material/route:")
    facts.section(say("account.password"))
    account_form.outcome("password", say)
    account_form.passwords(lambda: attempt("password", say("account.password_done"), office.account.change_password, actor,
                                           *account_form.sent_passwords()), say)  # fmt: skip
    facts.section(say("account.logins"))
    account_form.outcome("logins", say)
    logins.sessions(office.account.sessions(actor), actor.session_id, office.timezone, lambda session: attempt(
        "logins", say("account.login_ended"), office.account.end_session, actor, session.id), say)  # fmt: skip
with right:
    draw_tokens(DEVICE)
    draw_tokens(PERSONAL)
    with st.expander(say("account.make"), icon=":material/add:"):
        account_form.new_token({code: named(code) for code in office.tokens.offered(actor)}, make, say)
