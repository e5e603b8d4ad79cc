"""Small marks that say a state or a mode with colour, sign and word together."""

from __future__ import annotations

from domain.policy.states import load_states
from domain.policy.zones import Mode
from i18n import Words
from ui.markup import Markup, el, icon


def chip(word: str, tone: str = "muted", sign: str | None = None) -> Markup:
    """tone: muted, primary, warn, danger or ok. sign: a Material Symbols name."""
    return el("span", icon(sign) if sign else None, word, class_=f"slg-chip {tone}")


def state_chip(code: str, say: Words) -> Markup:
    """A record's state; a code that nobody knows any more is shown as it is."""
    state = load_states().get(code)
    return chip(state.name(say.lang), state.tone, state.material) if state else chip(code)


def state_json(code: str, say: Words) -> dict[str, str]:
    """The same for a part that draws in the browser."""
    state = load_states().get(code)
    if state is None:
        return {"word": code, "tone": "muted", "sign": "help"}
    return {"word": state.name(say.lang), "tone": state.tone, "sign": state.material}


def mode_mark(mode: Mode, theme: str) -> Markup:
    """The mode's glyph on its colour; hatched when nobody manages."""
    colour = mode.colour(theme)
    glyph = mode.glyph_dark if theme == "dark" else mode.glyph_light
    style = f"--c:{colour};color:{glyph}"
    return el("span", mode.glyph, class_="slg-mode hatch" if mode.is_hatched else "slg-mode", style=style,
              aria_hidden=True)  # fmt: skip
