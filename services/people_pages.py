"""The sheets about people that go out: the template, rows to mend, one-time links, everybody. Bytes of XLSX or CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from domain.errors import Invalid
from domain.people_sheet import Known, Place, Row
from domain.records import Assignment, Person
from i18n import Words, words
from storage import sheet_writer
from storage.sheet_writer import Page

COLUMNS = ("name", "username", "phone", "role", "scope")
KINDS = ("street", "community", "grid", "department")
PLACES_AT_MOST = 5000  # of each kind on the page of words; everything else is known by its code all the same
EXAMPLE_PHONE = "13800000000"


def template(known: Known, lang: str) -> bytes:
    say = words(lang)
    street = next((place.words[0] for place in known.places if place.kind == "street"), say("people_sheet.whole_city"))
    example = [say("people_sheet.example"), "shanhu03", EXAMPLE_PHONE, _role_words(known, say)[0], street]
    columns = [say(f"people_sheet.col_{at}") for at in COLUMNS]
    page = Page(say("people_sheet.page_people"), columns, [example], dim=frozenset({0}),
                choices={COLUMNS.index("role"): _role_words(known, say)})  # fmt: skip
    return sheet_writer.xlsx([page, _vocabulary(known, say)])


def problems(names: Sequence[str], columns: Mapping[str, str], rows: Sequence[Row], known: Known, lang: str) -> bytes:
    """The bad rows with the sheet's own columns, the cells to mend coloured, and what is wrong in a last column.

    Mended, it can be brought in again as it is. Raises Invalid("sheet_no_problems").
    """
    say = words(lang)
    if not rows:
        raise Invalid("sheet_no_problems", field="rows")
    last = {words(each)("people_sheet.col_problem") for each in ("zh", "en")}
    kept = [j for j, name in enumerate(names) if name not in last]  # of the round before
    at = {field: kept.index(names.index(column)) for field, column in columns.items()}
    heads = [names[j] for j in kept]
    for field in dict.fromkeys(p.field for row in rows for p in row.problems if p.field and p.field not in at):
        at[field] = len(heads)  # a column that the sheet does not have: it can be filled in here
        heads.append(say(f"people_sheet.col_{field}"))
    shown, bad = [], set()
    for i, row in enumerate(rows):
        cells = [row.cells[j] if j < len(row.cells) else "" for j in kept] + [""] * (len(heads) - len(kept))
        told = [say.refusal((p.code,), p.field, p.facts) for p in row.problems]
        shown.append([*cells, "\n".join(dict.fromkeys(told))])
        bad |= {(i, at[p.field]) for p in row.problems if p.field}
    page = Page(say("people_sheet.page_people"), [*heads, say("people_sheet.col_problem")], shown, bad=frozenset(bad))
    return sheet_writer.xlsx([page, _vocabulary(known, say)])


def links(rows: Sequence[tuple[str, str, str]], until: datetime, lang: str) -> bytes:
    """rows: name, account, link. until: in the office's own time."""
    say = words(lang)
    columns = [say(f"people_sheet.col_{at}") for at in ("name", "username", "link", "until")]
    ends = until.strftime("%Y-%m-%d %H:%M")
    return sheet_writer.xlsx([Page(say("people_sheet.page_links"), columns, [(*row, ends) for row in rows])])


def everybody(known: Known, ending: str, lang: str) -> bytes:
    """One row for each scope of a person. ending: .xlsx or .csv. Raises Invalid("sheet_ending_unknown")."""
    say = words(lang)
    if ending not in (".xlsx", ".csv"):
        raise Invalid("sheet_ending_unknown", field="file", name=ending[:20])
    columns = [say(f"people_sheet.col_{at}") for at in (*COLUMNS, "state")]
    scope_word = _scope_words(known, say)
    rows = [row for person in known.people for row in _rows_of(person, known, scope_word, say)]
    page = Page(say("people_sheet.page_people"), columns, rows)
    return sheet_writer.xlsx([page]) if ending == ".xlsx" else sheet_writer.csv_text(page)


def _rows_of(person: Person, known: Known, scope_word: Callable[[str, str | None], str], say: Words) -> list[list[str]]:
    scopes: dict[tuple[str, str | None], list[Assignment]] = {}
    for held in person.assignments:
        scopes.setdefault((held.scope_kind, held.scope_id), []).append(held)
    state = say("people.disabled" if person.disabled_at else "people.active")
    who = [person.name, person.username, person.phone or ""]
    return [
        [*who, "、".join(_role_word(known, held.role, say) for held in some), scope_word(*scope), state]
        for scope, some in scopes.items()
    ] or [[*who, "", "", state]]


def _scope_words(known: Known, say: Words) -> Callable[[str, str | None], str]:
    """Looks up what to write for a scope: the name where it means one thing alone, else the code."""
    count = Counter(word for place in known.places for word in place.words)
    words_of = {}
    for place in known.places:
        word = _word(place, say)
        words_of[place.kind, place.id] = word if count[word] == 1 else place.code
    return lambda kind, at: (
        say("people_sheet.whole_city") if kind == "city" else words_of.get((kind, at or ""), at or "")
    )


def _vocabulary(known: Known, say: Words) -> Page:
    """What may be written for role and scope."""
    rows: list[tuple[str, str, str, str]] = []
    for role in known.offered:
        rows.append((say("people_sheet.col_role"), _role_word(known, role, say), role, ""))
    rows.append((say("people_sheet.col_scope"), say("people_sheet.whole_city"), "city", ""))
    by_id = {place.id: place for place in known.places}
    for kind in KINDS:
        for place in [p for p in known.places if p.kind == kind][:PLACES_AT_MOST]:
            wide = by_id.get(place.community_id or "") or by_id.get(place.street_id or "")
            rows.append((say(f"people.scope_{kind}"), _word(place, say), place.code, _word(wide, say) if wide else ""))
    columns = [say(f"people_sheet.col_{at}") for at in ("kind", "word", "code", "lies_in")]
    return Page(say("people_sheet.page_words"), columns, rows)


def _role_words(known: Known, say: Words) -> list[str]:
    return [_role_word(known, role, say) for role in known.offered]


def _role_word(known: Known, role: str, say: Words) -> str:
    names = known.roles.get(role)
    return names[say.lang].split("/")[0].strip() if names else role


def _word(place: Place, say: Words) -> str:
    return place.words[-1] if say.lang == "en" else place.words[0]
