"""Tables of what was found; pressing a row opens it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

import pandas as pd
import streamlit as st

from domain.policy.catalogue import CatalogueOf
from domain.policy.states import load_states
from domain.records import Day, Record
from i18n import Words
from ui.photos import suspected

ROW_PX, HEAD_PX = 36, 38


def records(found: Sequence[Record], issues_of: CatalogueOf, zone: tzinfo, say: Words, *, key: str) -> str | None:
    """A table of records; gives the number of the row that was pressed in this run."""
    states = load_states()
    frame = pd.DataFrame(
        {
            "number": [r.number for r in found],
            "kind": [suspected(r, issues_of, say) for r in found],
            "state": [states[r.state].name(say.lang) if r.state in states else r.state for r in found],
            # Without its zone: the table shows the wall clock of the office, whatever the browser's own zone is.
            "when": [r.captured_at.astimezone(zone).replace(tzinfo=None) for r in found],
            "zone": [r.zone_name or say(f"place.{r.place_state}") for r in found],
            "grid": [r.grid_name or "" for r in found],
            "street": [r.street_name or "" for r in found],
            "who": [r.reporter_name for r in found],
            "photos": [f"{r.photos_kept} / {r.photos_expected}" for r in found],
            "note": [r.note or "" for r in found],
        }
    )
    column = st.column_config
    config = {name: column.TextColumn(say(f"records.{name}")) for name in frame.columns}
    config["when"] = column.DatetimeColumn(say("records.when"), format="YYYY-MM-DD HH:mm")
    config["note"] = column.TextColumn(say("records.note"), width="medium")
    event = st.dataframe(
        frame, column_config=config, hide_index=True, height=HEAD_PX + ROW_PX * len(frame), row_height=ROW_PX,
        on_select="rerun", selection_mode="single-cell", key=key,
    )  # fmt: skip
    cells = event.selection.cells
    return found[cells[0][0]].number if cells and cells[0][0] < len(found) else None


def calendar(days: Sequence[Day], say: Words) -> None:
    """Days that differ from Monday to Friday, in order."""
    weekdays = say("calendar.weekdays").split(",")
    frame = pd.DataFrame(
        {
            "day": [d.day.isoformat() for d in days],
            "weekday": [weekdays[d.day.weekday()] for d in days],
            "kind": [say("calendar.working" if d.is_working else "calendar.free") for d in days],
            "name": [d.name for d in days],
            "source": [say("calendar.by_office") if d.source == "office" else d.source for d in days],
        }
    )
    config = {name: st.column_config.TextColumn(say(f"calendar.{name}")) for name in frame.columns}
    st.dataframe(frame, column_config=config, hide_index=True, height=min(HEAD_PX + ROW_PX * max(len(frame), 1), 560))
