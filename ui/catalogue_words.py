"""Entries, fields and values of the catalogues in the office's words, never in the words of a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from domain.errors import Invalid
from domain.policy import changes
from domain.policy.changes import Tables
from domain.policy.entry_fields import FORMS
from domain.policy.reading import BadEntry
from i18n import Words

# Lists of the page by their name in the address: family, section, and the inner table of an entry that alone is shown.
LISTS = {"issues-types": ("issues", "types", ""), "issues-limits": ("issues", "types", "time_limit"),
         **{"-".join(place): (*place, "") for place in FORMS if place != ("issues", "types")}}  # fmt: skip


def list_name(family: str, section: str, say: Words) -> str:
    key = f"catalogue.list_{family}_{section}"
    return say(key) if say.has(key) else section


def field_name(path: str, say: Words) -> str:
    key = "catalogue.field_" + path.replace(".", "_")
    return say(key) if say.has(key) else path


def choices_of(choices: tuple[str, ...], tables: Tables, say: Words) -> dict[str, str]:
    """Code to label: of a list of the edition (@family/list), or of the app's own codes."""
    if len(choices) == 1 and choices[0].startswith("@"):
        family, _, section = choices[0][1:].partition("/")
        return {code: named(entry, code, say) for code, entry in changes.entries(tables, family, section).items()}
    return {code: word(code, say) for code in choices}


def word(code: str, say: Words) -> str:
    key = f"catalogue.word_{code}"
    return say(key) if say.has(key) else code


def named(entry: Mapping[str, Any], code: str, say: Words) -> str:
    return str(entry.get("en" if say.lang == "en" else "zh") or entry.get("name") or code)


def entry_name(family: str, section: str, code: str, tables: Tables, say: Words) -> str:
    if section == changes.HEAD:
        return list_name(family, section, say)
    entry = changes.entries(tables, family, section).get(code)
    return named(entry, code, say) if entry is not None else code


def value(found: Any, family: str, section: str, path: str, tables: Tables, say: Words) -> str:
    """A value as one would say it; nothing there reads as a dash."""
    if found is None or found == "" or found == []:
        return say("app.none")
    if isinstance(found, bool):
        return say("catalogue.yes" if found else "catalogue.no")
    if isinstance(found, date):
        return found.isoformat()
    field = next((f for f in FORMS.get((family, section), ()) if f.path == path), None)
    labels = choices_of(field.choices, tables, say) if field and field.choices else {}
    if isinstance(found, list):
        shots = changes.entries(tables, "issues", "shots") if path == "shots" else {}
        return ("; " if say.lang == "en" else "；").join(_item(each, labels, shots, say) for each in found)
    if isinstance(found, float):
        return f"{found:g}"
    return labels.get(str(found), str(found))


def _item(found: Any, labels: Mapping[str, str], shots: Mapping[str, Any], say: Words) -> str:
    if not isinstance(found, Mapping):
        return labels.get(str(found), str(found))
    code = str(found.get("code", ""))
    name = labels.get(code) or (named(shots[code], code, say) if code in shots else named(found, code, say))
    extra = [str(found[key]) for key in (f"hint_{say.lang}", f"note_{say.lang}") if found.get(key)]
    if "required" in found:
        extra.insert(0, say("catalogue.required" if found["required"] else "catalogue.not_required"))
    if found.get("law"):
        name, extra = f"{found['law']} {found.get('article', '')}", []
    return (
        f"{name} ({', '.join(extra)})"
        if extra and say.lang == "en"
        else f"{name}（{'，'.join(extra)}）"
        if extra
        else name
    )


def refusal(bad: Invalid, tables: Tables, say: Words) -> str:
    """A refused entry by its name and field; every other refusal as everywhere."""
    if not isinstance(bad, BadEntry):
        return say.refusal((bad.code, type(bad).code), bad.field, bad.facts)
    place = next(
        ((family, section) for family in changes.LISTS for section in changes.LISTS[family]
         if bad.entry and bad.entry in changes.entries(tables, family, section)), None)  # fmt: skip
    name = entry_name(*place, bad.entry, tables, say) if place else bad.entry or bad.file
    path = (bad.field or "").split("[")[0]
    key = f"catalogue.bad_{bad.reason}"
    if say.has(key):
        return say(key, entry=name, field=field_name(path, say))
    return say.refusal((bad.code,), bad.field, bad.facts)
