"""Logins, phones and tokens as people know them: what, since when, and the button that ends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import partial

import streamlit as st

from domain.accounts import DEVICE, AccessToken, LoginSession
from domain.policy.permissions import OWN, Action
from i18n import Words
from ui import facts, times

SYSTEMS = ("iPhone", "iPad", "HarmonyOS", "Android", "Windows", "Mac OS", "Linux")
BROWSERS = (("MicroMessenger", "WeChat"), ("Edg/", "Edge"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
            ("HuaweiBrowser", "Huawei"), ("MiuiBrowser", "MIUI"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"),
            ("Safari/", "Safari"))  # fmt: skip
SOON_S = 14 * 86400


def device_of(agent: str, say: Words) -> str:
    """What a browser calls itself, cut down to what its owner knows it by."""
    browser = next((name for sign, name in BROWSERS if sign in agent), "")
    system = next((name for name in SYSTEMS if name in agent), "")
    return ", ".join(part for part in (browser, system) if part) or say("account.unknown_device")


def sessions(
    found: Sequence[LoginSession], mine: str | None, zone: tzinfo, end: Callable[[LoginSession], None], say: Words
) -> None:
    """mine: the id of the login that is asking; it ends by logging out."""
    for session in found:
        device = device_of(session.device, say)
        since = say("account.since", at=times.moment(session.created_at, zone), address=session.address)
        if session.id == mine:
            facts.item(device, since, mark=say("account.this_one"))
            continue
        _with_button(device, since, say("account.end_login"), f"end_{session.id[:16]}", partial(end, session))


def tokens(
    found: Sequence[AccessToken], names: Callable[[str], str], now: datetime, zone: tzinfo,
    revoke: Callable[[AccessToken], None], say: Words,
) -> None:  # fmt: skip
    """names: an action's code to its words."""
    for token in found:
        used = (
            say("account.used", at=times.moment(token.last_used_at, zone))
            if token.last_used_at
            else say("account.unused")
        )
        left_s = (token.expires_at - now).total_seconds()
        until = say("account.until", at=times.moment(token.expires_at, zone)[:10])
        is_ending = token.kind != DEVICE and left_s < SOON_S
        about = [used, until]
        if token.kind == DEVICE:
            about.insert(0, device_of(token.device, say))
        else:
            about.append(actions_of(token, names, say))
        _with_button(token.name, " · ".join(about), say("account.revoke"), f"revoke_{token.id}", partial(revoke, token),
                     mark=say("account.ends_soon") if is_ending else "")  # fmt: skip


def identity(unbind: Callable[[], None], say: Words) -> None:
    _with_button(say("people.bound"), say("people.bound_note"), say("people.unbind"), "unbind", unbind)


def action(known: Mapping[str, Action], code: str, say: Words) -> str:
    """An action in words; one that the policy no longer has reads as its code."""
    found = known.get(code)
    return (found.en if say.lang == "en" else found.zh) if found else code


def actions_of(token: AccessToken, names: Callable[[str], str], say: Words) -> str:
    """What a token may do, in words; what every token may is left out."""
    told = [names(a.removesuffix(OWN)) + (say("account.own") if a.endswith(OWN) else "")
            for a in token.actions if a != "app.use"]  # fmt: skip
    return "、".join(told) if say.lang == "zh" else ", ".join(told)


def _with_button(name: str, about: str, button: str, key: str, act: Callable[[], None], mark: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center", key=f"slg.row.{key}"):
        facts.item(name, about, mark=mark)
        st.button(button, key=f"slg.{key}", on_click=act, width="content")
