"""What a person chose, for this session or in the address. The only file that touches st.session_state keys."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import streamlit as st

from i18n import closest


def lang_from_browser() -> str:
    return closest(st.context.locale or "")


def origin() -> str:
    """Scheme and host by which this browser came, for addresses that are handed on."""
    came = urlsplit(st.context.url or "")
    return f"{came.scheme}://{came.netloc}" if came.netloc else ""


def agent() -> str:
    """What this browser calls itself."""
    return (st.context.headers.get("user-agent") or "")[:200]


def asked(name: str, fallback: str = "") -> str:
    """A value of the address, as plain text; an address can hold anything, so it is cut short."""
    return str(st.query_params.get(name, fallback))[:200]


def asked_box() -> tuple[float, float, float, float] | None:
    """The address's bbox=west,south,east,north in degrees; None when it is missing or no box."""
    try:
        west, south, east, north = (float(part) for part in asked("bbox").split(","))
    except ValueError:
        return None
    return (west, south, east, north) if -180 <= west < east <= 180 and -90 <= south < north <= 90 else None


def asked_many(name: str) -> list[str]:
    """All values of a name in the address, as plain text; at most fifty, each cut short."""
    return [str(value)[:200] for value in st.query_params.get_all(name)[:50]]


def remember(**values: str | list[str] | None) -> None:
    """Write values into the address so that it can be shared; None takes one out, a list writes the name repeatedly."""
    for name, value in values.items():
        if value:
            st.query_params[name] = value
        elif name in st.query_params:
            del st.query_params[name]


def keep(name: str, value: Any) -> None:
    st.session_state[f"slg.{name}"] = value


def kept(name: str, fallback: Any = None) -> Any:
    return st.session_state.get(f"slg.{name}", fallback)


def kept_under(prefix: str) -> dict[str, Any]:
    """Everything kept under names that begin so, by the rest of the name: the fields of one form."""
    start = f"slg.{prefix}"
    return {str(key)[len(start) :]: value for key, value in st.session_state.items() if str(key).startswith(start)}


def seed(name: str, value: Any) -> None:
    """What a control with key "slg.<name>" shows in this run; call it before the control is drawn."""
    st.session_state[f"slg.{name}"] = value


def take(name: str) -> Any:
    """A kept value, once: the outcome of a button's callback."""
    return st.session_state.pop(f"slg.{name}", None)


def theme() -> str:
    """ "dark" or "light", as Streamlit draws it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def is_phone() -> bool:
    """A guess from the browser's own name, for sizes that a style sheet cannot set."""
    return "Mobi" in agent()
