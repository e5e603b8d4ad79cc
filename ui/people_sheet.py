"""Many people from one sheet, on the page People: choose it, see who would come, add them, hand the links out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from domain.errors import NotFound, Refused
from domain.records import Actor
from i18n import Words
from ui import facts, state, upload
from ui.markup import el, icon, join

ROUTE = "/api/v1/people"
AT_MOST_MB = 10  # the service says so too, while the file comes in
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PROBLEMS_SHOWN, ROWS_SHOWN = 20, 500
ROW_PX, HEAD_PX, TALL_ROWS = 36, 38, 12
FIELDS = ("name", "username", "phone", "role", "scope", "street", "community", "grid", "department")
Sentence = Callable[[Refused], str]


def is_open() -> bool:
    return bool(state.kept("sheet_id") or state.kept("sheet_done"))


def draw(sheets: Any, actor: Actor, address: str, sentence: Sentence, say: Words) -> None:
    """sheets: the service. address: of the app, as people open it. What was added stands above the next sheet until its
    links are handed out."""
    for done in _outcomes():
        _outcome(done, sheets, actor, say)
    facts.lead(say("people_sheet.lead"))
    sheet_id = state.kept("sheet_id")
    template = (f"{ROUTE}/template", say("people_sheet.get_template"), "description")
    found = upload.bring(
        f"{ROUTE}/sheets", say, key="slg.sheet_file", accept=".xlsx,.csv,.txt,.tsv", at_most_mb=AT_MOST_MB,
        choose=say("people_sheet.choose_again" if sheet_id else "people_sheet.choose"),
        takes=say("people_sheet.takes", mb=AT_MOST_MB), is_again=bool(sheet_id), links=() if sheet_id else (template,),
    )  # fmt: skip
    if found:
        _forget(sheets, actor)
        sheet_id = found[0]
        state.keep("sheet_id", sheet_id)
        st.rerun()
    if not sheet_id:
        return
    if told := state.take("sheet_refused"):
        facts.told(told, "danger", "error")
    try:
        preview = state.kept("sheet_preview") or sheets.preview(sheet_id, actor, state.kept("sheet_columns"))
    except Refused as refused:
        facts.told(sentence(refused), "danger", "error")
        if isinstance(refused, NotFound):
            _forget(sheets, actor)
        return
    state.keep("sheet_preview", preview)
    _preview(preview, say)
    _buttons(preview, sheets, actor, address, sentence, say)


def _preview(preview: Any, say: Words) -> None:
    counts = preview.counts
    key = (
        ("fates_same_only" if counts["same"] and not counts["new"] else "fates_good") if not counts["bad"] else "fates"
    )
    if counts["same"] and key != "fates_same_only":
        key = "fates_same"
    facts.section(say(f"people_sheet.{key}", **counts))
    read = (
        say("people_sheet.read_as", file=preview.file_name, sheet=preview.sheet) if preview.sheet else preview.file_name
    )
    facts.note(read + (f" · {say('people_sheet.not_read', names='、'.join(preview.others))}" if preview.others else ""))
    if preview.bad_rows:
        st.html(el("ul", [_to_mend(row, preview, say) for row in preview.bad_rows[:PROBLEMS_SHOWN]], class_="slg-mend"))
        if len(preview.bad_rows) > PROBLEMS_SHOWN:
            facts.note(say("people_sheet.problems_more", count=len(preview.bad_rows) - PROBLEMS_SHOWN))


def _to_mend(row: Any, preview: Any, say: Words) -> Any:
    """Where it is, whom it means, what to do."""
    said = []
    for problem in row.problems:
        column = preview.columns.get(problem.field) or (
            say(f"people_sheet.col_{problem.field}") if problem.field else None
        )
        text = say.refusal((problem.code,), problem.field, problem.facts)
        said.append(el("div", el("b", column, " ") if column else None, text, class_="said"))
    who = " · ".join(part for part in (row.values["name"], row.values["username"] or row.values["phone"]) if part)
    head = el("div", el("b", say("people_sheet.problem_row", row=row.number)), el("span", f" {who}", class_="who"))
    return el("li", icon("error"), head, join(said))


def _table(preview: Any, say: Words) -> None:
    fates = {id(row): person.fate for person in preview.people for row in person.rows}
    shown = sorted(preview.rows, key=lambda row: not row.problems)[:ROWS_SHOWN]  # those to mend first
    used = [at for at in FIELDS if at in preview.columns]
    table = [
        {"row": row.number, "fate": say(f"people_sheet.fate_{fates[id(row)]}"), **{at: row.values[at] for at in used}}
        for row in shown
    ]
    config: Mapping[str, Any] = {
        "row": st.column_config.NumberColumn(say("people_sheet.col_row"), width=56),
        "fate": st.column_config.TextColumn(say("people_sheet.col_state")),
        **{at: st.column_config.TextColumn(say(f"people_sheet.col_{at}")) for at in used},
    }
    st.dataframe(pd.DataFrame(table), column_config=config, hide_index=True, row_height=ROW_PX, key="slg.sheet_rows",
                 height=HEAD_PX + ROW_PX * min(len(table), TALL_ROWS) + 2)  # fmt: skip


def _buttons(preview: Any, sheets: Any, actor: Actor, address: str, sentence: Sentence, say: Words) -> None:
    counts = preview.counts

    def add() -> None:
        try:
            stored = sheets.store(preview, actor, leave_out=bool(counts["bad"]))
            links = sheets.links(stored, address, actor)
        except Refused as refused:
            state.keep("sheet_refused", sentence(refused))
            state.keep("sheet_preview", None)
            return
        rows = [(a.person.name, a.person.username, f"{address}/reset?token={a.token}") for a in stored.added]
        done = {"rows": rows, "links": links, "bad": stored.bad, "until": stored.until, "id": state.kept("sheet_id")}
        state.keep("sheet_done", [*_outcomes(), done])
        if stored.bad:
            state.keep("sheet_id", None)  # its rows to mend are fetched until the links are handed out
        _forget(sheets, actor)

    with st.container(horizontal=True):
        if counts["new"]:
            label = say("people_sheet.add_sound" if counts["bad"] else "people_sheet.add", n=counts["new"])
            st.button(label, type="primary", on_click=add, key="slg.sheet_add", icon=":material/group_add:")
        st.button(say("people_sheet.forget"), on_click=_forget, args=(sheets, actor), key="slg.sheet_forget")
    if counts["bad"]:
        _mend_link(state.kept("sheet_id"), counts["bad"], say)
    _table(preview, say)
    _columns(preview, say)


def _columns(preview: Any, say: Words) -> None:
    """Which column holds what: guessed by name, changed here, remembered with the next people that are added."""
    none = say("people_sheet.no_column")
    with st.expander(say("people_sheet.map_columns"), icon=":material/view_column:"):
        for at, place in zip(FIELDS, (*st.columns(3), *st.columns(3), *st.columns(3)), strict=True):
            now = preview.columns.get(at)
            place.selectbox(
                say(f"people_sheet.col_{at}"), ["", *preview.names], format_func=lambda name: name or none,
                index=preview.names.index(now) + 1 if now else 0, on_change=_choose, args=(at,),
                key=f"slg.sheet_column.{preview.sha256[:8]}.{at}",
            )  # fmt: skip


def _choose(at: str) -> None:
    chosen = next(v for key, v in state.kept_under("sheet_column.").items() if key.endswith(f".{at}"))
    state.keep("sheet_columns", {**(state.kept("sheet_columns") or {}), at: chosen})
    state.keep("sheet_preview", None)


def _outcome(done: Mapping[str, Any], sheets: Any, actor: Actor, say: Words) -> None:
    """The links are here and nowhere else: gone with this page, and when somebody says they are handed out."""
    facts.told(say("people_sheet.done", n=len(done["rows"])), "ok", "check_circle")
    facts.told(say("people_sheet.done_note", until=done["until"].strftime("%Y-%m-%d %H:%M")), "warn", "key")
    upload.save(
        say("people_sheet.get_links"), say("people_sheet.file_links"), XLSX, done["links"],
        key=f"slg.sheet_links.{done['id']}",
    )  # fmt: skip
    names = ("name", "username", "link")
    config = {name: st.column_config.TextColumn(say(f"people_sheet.col_{name}")) for name in names}
    st.dataframe(pd.DataFrame(done["rows"], columns=list(names)), column_config=config, hide_index=True,
                 row_height=ROW_PX, height=HEAD_PX + ROW_PX * min(len(done["rows"]), TALL_ROWS) + 2,
                 key=f"slg.sheet_made.{done['id']}")  # fmt: skip
    if done["bad"]:
        facts.told(say("people_sheet.left_out", n=done["bad"]), "warn", "edit_note")
        _mend_link(done["id"], done["bad"], say)
    st.button(
        say("people_sheet.finish"), on_click=_finish, args=(done, sheets, actor), key=f"slg.sheet_finish.{done['id']}"
    )


def _mend_link(sheet_id: str, rows: int, say: Words) -> None:
    label = el("a", icon("download"), say("people_sheet.get_problems", n=rows), class_="choose", download="",
               href=f"{ROUTE}/sheets/{sheet_id}/problems")  # fmt: skip
    st.html(el("div", el("div", label, class_="row"), el("p", say("people_sheet.mend_note"), class_="hint"),
               class_="slg-upload"))  # fmt: skip


def _outcomes() -> list[dict[str, Any]]:
    return state.kept("sheet_done") or []


def _finish(done: Mapping[str, Any], sheets: Any, actor: Actor) -> None:
    state.keep("sheet_done", [each for each in _outcomes() if each["id"] != done["id"]])
    _close(done["id"], sheets, actor)


def _forget(sheets: Any, actor: Actor) -> None:
    """The file is forgotten here and on the server; an hour later it would be anyway."""
    sheet_id = state.kept("sheet_id")
    for name in ("sheet_id", "sheet_preview", "sheet_columns", "sheet_refused"):
        state.keep(name, None)
    if sheet_id:
        _close(sheet_id, sheets, actor)


def _close(sheet_id: str, sheets: Any, actor: Actor) -> None:
    try:
        sheets.close(sheet_id, actor)
    except Refused:
        return  # gone already, or the login has ended: the shell says so
