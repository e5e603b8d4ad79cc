"""People as rows of a sheet: what columns are called, who a row means, what stands against adding them.

Pure: rows are plain values, places and known people are handed in. Nothing is guessed: a word that names nothing, or
two things, is a problem of its row, with the nearest word offered.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as kept
from typing import Any

from domain import people as rules
from domain.errors import Invalid
from domain.records import Assignment, Person
from domain.sheet_columns import text_of

# Names as `plain_name` gives them: no blanks, small letters.
ALIASES: Mapping[str, tuple[str, ...]] = {
    "name": ("姓名", "名字", "人员姓名", "人员", "name", "fullname"),
    "username": ("账号", "用户名", "登录名", "帐号", "登录账号", "登陆名", "用户", "username", "login", "account"),
    "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "电话号码", "phone", "mobile", "tel", "telephone"),
    "role": ("岗位", "角色", "岗位名称", "role", "roles", "post", "职务"),
    "scope": ("范围", "区域", "管辖范围", "责任区域", "管辖区域", "责任区", "所属区域", "scope", "area", "areas"),
    "street": ("街道", "街道乡镇", "乡镇街道", "镇街", "所属街道", "乡镇", "street", "subdistrict", "town"),
    "community": ("社区", "所属社区", "村社区", "村(社区)", "community"),
    "grid": ("网格", "所属网格", "责任网格", "网格名称", "网格编码", "grid"),
    "department": ("部门", "所属部门", "单位", "工作单位", "department", "unit", "office"),
}  # fmt: skip
FIELDS = tuple(ALIASES)
HEADER_LIKE = ("姓名、账号、手机、岗位、范围", "name, username, phone, role, scope")
NEAR_KINDS = ("grid", "community", "street")  # the nearest first: a row that names all three means the grid
WHOLE_CITY = frozenset({"全市", "全城", "city", "wholecity", "all"})
MANY = frozenset({"role", "scope", *NEAR_KINDS, "department"})
EXAMPLES = ("示例（", "示例(", "example (")  # the name in the example row of our template
TYPED_AT_MOST = 40
NEAREST_AT_MOST, COMPARED_AT_MOST = 30, 2000
_BETWEEN = re.compile(r"[、，,;；\n]+")
_IN_PHONES = re.compile(r"[\s()\-–—]+")


@dataclass(frozen=True)
class Place:
    """Something that a person may work over. kind: street, community, grid or department. words: its names."""

    kind: str
    id: str
    code: str
    words: tuple[str, ...]
    street_id: str | None = None
    community_id: str | None = None


@dataclass(frozen=True)
class Problem:
    """What is wrong in one row. code is worded in i18n under [refused]; field None: the row as a whole."""

    code: str
    field: str | None = None
    facts: Mapping[str, Any] = kept(default_factory=dict)


@dataclass
class Row:
    """One row of the sheet. number: as the sheet counts. cells: as texts, every column. values: by field."""

    number: int
    cells: list[str]
    values: dict[str, str]
    problems: list[Problem] = kept(default_factory=list)
    assignments: tuple[Assignment, ...] = ()

    def told(self, code: str, at: str | None = None, **facts: Any) -> None:
        self.problems.append(Problem(code, at, facts))


@dataclass
class Newcomer:
    """The person that one or more rows mean. fate: new, same (already there, exactly so), bad."""

    rows: list[Row]
    username: str = ""
    name: str = ""
    phone: str | None = None
    assignments: tuple[Assignment, ...] = ()
    fate: str = "new"


@dataclass(frozen=True)
class Known:
    """What rows are compared with. roles: code to its words in both languages. offered: those that may be given now."""

    people: Sequence[Person]
    places: Sequence[Place]
    roles: Mapping[str, Mapping[str, str]]
    offered: Collection[str]


def read_rows(
    numbers: Sequence[int], rows: Sequence[Sequence[Any]], names: Sequence[str], columns: Mapping[str, str]
) -> list[Row]:
    """Rows below the header; the template's example and rows that hold nothing in our columns are left out."""
    at = {name: names.index(column) for name, column in columns.items() if column}
    found = []
    for number, row in zip(numbers, rows, strict=True):
        values = {name: _tidy(text_of(row[i]), name in MANY) for name, i in at.items()}
        if not any(values.values()) or values.get("name", "").casefold().startswith(EXAMPLES):
            continue
        found.append(Row(number, [text_of(cell) for cell in row], {name: values.get(name, "") for name in FIELDS}))
    return found


def judge(rows: Sequence[Row], known: Known) -> list[Newcomer]:
    """Who the rows mean, in the order of the sheet; problems are written into the rows, what stood there before is gone."""
    for row in rows:
        row.problems.clear()
        row.values["phone"] = _plain_phone(row.values["phone"])
    people = [_newcomer(some) for some in _by_person(rows)]
    words = _Words(known)
    for person in people:
        _read_person(person, words, known)
    _check_logins(people)
    _compare(people, known.people)
    held = [(row, one) for person in people if person.fate == "new" for row in person.rows for one in row.assignments]
    for row, one in held:
        if one.role not in known.offered:
            row.told(
                "person_role_over", "role", role_zh=known.roles[one.role]["zh"], role_en=known.roles[one.role]["en"]
            )
    for person in people:
        bad = [row for row in person.rows if row.problems]
        if bad:
            person.fate = "bad"
            for row in person.rows:
                if not row.problems:
                    row.told("person_other_row", row=bad[0].number)
    return people


# -- who a row means -----------------------------------------------------------------------------------------------


def _by_person(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one account together: by user name, else by phone; a phone may stand beside its user name elsewhere."""
    named = {row.values["phone"]: row.values["username"] for row in reversed(rows)
             if row.values["phone"] and row.values["username"]}  # fmt: skip
    found: dict[object, list[Row]] = {}
    for row in rows:
        phone = row.values["phone"]
        found.setdefault(row.values["username"] or named.get(phone) or phone or row.number, []).append(row)
    return list(found.values())


def _newcomer(rows: list[Row]) -> Newcomer:
    """The first row that says something about name and phone counts; another that says otherwise is a problem."""
    person = Newcomer(rows)
    for at in ("name", "phone", "username"):
        said = [row for row in rows if row.values[at]]
        for row in said[1:]:
            if row.values[at] != said[0].values[at]:
                row.told("person_rows_differ", at, row=said[0].number)
        setattr(person, at, said[0].values[at] if said else "")
    return person


def _read_person(person: Newcomer, words: _Words, known: Known) -> None:
    first = person.rows[0]
    for read, at in ((rules.name_of, "name"), (rules.phone_of, "phone")):
        _checked(person, at, read)
    if not person.username and not person.phone:
        first.told("person_login_missing", "username")
    else:
        person.username = person.username or person.phone or ""
        _checked(person, "username", rules.username_of)
    for row in person.rows:
        row.assignments = words.assignments(row)
    held = dict.fromkeys(one for row in person.rows for one in row.assignments)
    person.assignments = tuple(held)
    try:
        rules.check_assignments(person.assignments, known.roles)
    except Invalid as refused:
        for row in person.rows:
            if refused.code != "admin_and_auditor" or any(a.role in ("admin", "auditor") for a in row.assignments):
                row.told(refused.code, "role")


def _checked(person: Newcomer, at: str, read: Callable[[str], str | None]) -> None:
    try:
        setattr(person, at, read(getattr(person, at) or ""))
    except Invalid as refused:
        rows = [row for row in person.rows if row.values[at]] or person.rows
        rows[0].told(refused.code, at, **refused.facts)


def _check_logins(people: Sequence[Newcomer]) -> None:
    """User names and phones are both used to log in: no two people of a sheet may share one."""
    owner: dict[str, Newcomer] = {}
    for person in people:
        for at in ("username", "phone"):
            login = getattr(person, at)
            other = owner.setdefault(login, person) if login else person
            if other is not person:
                person.rows[0].told("person_login_twice", at, login=login, row=other.rows[0].number)


def _compare(people: Sequence[Newcomer], known: Sequence[Person]) -> None:
    by_login = {one.phone: one for one in known if one.phone}
    by_login |= {one.username: one for one in known}  # goes before another's phone, as at the login
    for person in people:
        first = person.rows[0]
        old = by_login.get(person.username) if person.username else None
        if old is None:
            if person.phone and person.phone in by_login:
                first.told("login_taken", "phone", login=person.phone)
            continue
        is_suggested = not any(row.values["username"] for row in person.rows)
        if old.username != person.username and not is_suggested:
            first.told("login_taken", "username", login=person.username)
            continue
        if any(row.problems for row in person.rows):
            continue
        if differing := _differences(person, old):
            first.told("person_differs", differing[0], username=old.username, what_zh="、".join(_ZH[d] for d in differing),
                       what_en=", ".join(_EN[d] for d in differing))  # fmt: skip
        elif old.disabled_at is not None:
            first.told("person_disabled", "username", username=old.username)
        else:
            person.fate = "same"


_ZH = {"name": "姓名", "phone": "手机", "role": "岗位或范围"}
_EN = {"name": "name", "phone": "phone", "role": "role or scope"}


def _differences(person: Newcomer, old: Person) -> list[str]:
    """Fields that say something else than the account. An empty phone says nothing."""
    return [
        at for at, is_other in (
            ("name", person.name != old.name), ("phone", bool(person.phone) and person.phone != old.phone),
            ("role", set(person.assignments) != set(old.assignments)),
        ) if is_other
    ]  # fmt: skip


# -- roles and scopes ----------------------------------------------------------------------------------------------


class _Words:
    """Looks roles, areas and departments up by their code or their word."""

    def __init__(self, known: Known) -> None:
        self._roles: dict[str, str] = {}
        for code, names in known.roles.items():
            for word in (code, *(part for name in names.values() for part in (name, *name.split("/")))):
                self._roles.setdefault(_plain(word), code)
        self._role_words = [name for names in known.roles.values() for zh in names.values() for name in zh.split("/")]
        self._by_id = {place.id: place for place in known.places}
        self._by_word: dict[str, list[Place]] = {}
        for place in known.places:
            for word in dict.fromkeys(_plain(w) for w in (place.code, *place.words) if w):
                self._by_word.setdefault(word, []).append(place)
        self._near: dict[tuple[str, str], str | None] = {}
        self._place_words = {w for place in known.places for w in place.words}

    def assignments(self, row: Row) -> tuple[Assignment, ...]:
        """Every role over every scope of the row; problems go into the row."""
        roles, scopes = self._roles_of(row), self._scopes_of(row)
        if len(roles) > 1 and len(scopes) > 1:
            row.told("person_roles_and_scopes", "role")
            return ()
        return tuple(Assignment(role, *scope) for role in roles for scope in scopes)

    def _roles_of(self, row: Row) -> list[str]:
        typed = row.values["role"]
        if not typed:
            row.told("person_role_missing", "role")
            return []
        found = []
        for part in [typed] if _plain(typed) in self._roles else _parts(typed):
            code = self._roles.get(_plain(part))
            if code is None:
                self._unknown(row, "person_role", "role", part, self._role_words)
            else:
                found.append(code)
        return list(dict.fromkeys(found))

    def _scopes_of(self, row: Row) -> list[tuple[str, str | None]]:
        """The scope column; without it the nearest of grid, community, street, or the department."""
        if row.values["scope"]:
            within = self._within(row, ("street", "community"))
            return self._read_scopes(row, "scope", (*NEAR_KINDS, "department"), within)
        for kind in (*NEAR_KINDS, "department"):
            if row.values[kind]:
                wider = NEAR_KINDS[NEAR_KINDS.index(kind) + 1 :] if kind in NEAR_KINDS else ()
                return self._read_scopes(row, kind, (kind,), self._within(row, wider))
        row.told("person_scope_missing", "scope")
        return []

    def _within(self, row: Row, kinds: Iterable[str]) -> list[Place]:
        """The wider areas that the row names beside its scope: they tell areas of the same name apart."""
        found = []
        for kind in kinds:
            if typed := row.values[kind]:
                matches = [p for p in self._by_word.get(_plain(typed), ()) if p.kind == kind]
                if len(matches) == 1:
                    found.append(matches[0])
                elif not matches:
                    self._unknown(row, "person_scope", kind, typed, self._place_words)
        return found

    def _read_scopes(
        self, row: Row, at: str, kinds: Sequence[str], within: Sequence[Place]
    ) -> list[tuple[str, str | None]]:
        typed = row.values[at]
        found: list[tuple[str, str | None]] = []
        for part in [typed] if _plain(typed) in self._by_word else _parts(typed):
            if _plain(part) in WHOLE_CITY:
                found.append(("city", None))
                continue
            matches = [place for place in self._by_word.get(_plain(part), ()) if place.kind in kinds]
            inside = [place for place in matches if all(_lies_in(place, wide) for wide in within)]
            if len(inside) == 1:
                found.append((inside[0].kind, inside[0].id))
            elif inside:
                row.told("person_scope_twice", at, typed=part[:TYPED_AT_MOST], codes=self._told_apart(inside))
            elif matches:
                row.told("person_scope_elsewhere", at, typed=part[:TYPED_AT_MOST], within=within[-1].words[0])
            else:
                words = [w for place in self._by_id.values() if place.kind in kinds for w in place.words]
                self._unknown(row, "person_scope", at, part, words)
        return list(dict.fromkeys(found))

    def _told_apart(self, places: Sequence[Place]) -> str:
        """ "330683001001（剡湖街道）": what to write instead, five at most."""
        shown = []
        for place in places[:5]:
            wide = self._by_id.get(place.community_id or "") or self._by_id.get(place.street_id or "")
            shown.append(f"{place.code}（{wide.words[0]}）" if wide else place.code)
        return "、".join(shown)

    def _unknown(self, row: Row, family: str, at: str, typed: str, words: Iterable[str]) -> None:
        near = self._nearest(typed, at, words)
        facts = {"typed": typed[:TYPED_AT_MOST], **({"near": near} if near else {})}
        row.told(f"{family}_near" if near else f"{family}_unknown", at, **facts)

    def _nearest(self, typed: str, at: str, words: Iterable[str]) -> str | None:
        """The word that was probably meant. Looked for a few dozen times at most: a city has thousands of grids."""
        if (typed, at) not in self._near and len(self._near) < NEAREST_AT_MOST:
            known = list(dict.fromkeys(word.strip() for word in words))
            if len(known) > COMPARED_AT_MOST:
                known = [word for word in known if word[:1] == typed[:1]]
            found = difflib.get_close_matches(typed, known, n=1, cutoff=0.5 if len(typed) < 3 else 0.6)
            self._near[typed, at] = found[0] if found else None
        return self._near.get((typed, at))


def _lies_in(place: Place, wide: Place) -> bool:
    if place.kind == wide.kind:
        return place.id == wide.id
    return wide.id in (place.street_id, place.community_id) or place.kind == "department"


def _parts(typed: str) -> list[str]:
    return [part.strip() for part in _BETWEEN.split(typed) if part.strip()] or [typed]


def _plain(word: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", word)).casefold()


def _plain_phone(typed: str) -> str:
    """138-0000-0000, (0575) 8300 0000 and full-width figures are what they mean; anything else stays as it was typed."""
    plain = _IN_PHONES.sub("", unicodedata.normalize("NFKC", typed))
    return plain if plain.lstrip("+").isdigit() else typed


def _tidy(text: str, may_be_many: bool) -> str:
    """Blanks of all kinds are one blank; where a cell may hold several things, a line end stays between them."""
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return ("\n" if may_be_many else " ").join(line for line in lines if line)
