"""Photos and records with photos, drawn in the browser: the bytes come from the row-checked route, never through here."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Any
from urllib.parse import urlencode

from domain.policy.catalogue import Catalogue, CatalogueOf
from domain.policy.issue import IssueType
from domain.records import Photo, Record
from i18n import Words
from i18n.whereabouts import where
from ui import bundle, chips, times

UNSETTLED_MARK = "wrong_location"
TRAILING_BRACKET = re.compile(r"\s*(（[^（）]*）|\([^()]*\))$")


def cards(records: Sequence[Record], issues_of: CatalogueOf, zone: tzinfo, say: Words, *, key: str) -> str | None:
    """Records as cards; gives the number of the one that was pressed in this run."""
    data = {
        "cards": [card(record, issues_of, zone, say) for record in records],
        "words": {"no_picture": say("records.no_picture")},
    }
    component = bundle.inline("cards")
    return component(data=data, key=key, height="content", on_open_change=lambda: None).open


def card(record: Record, issues_of: CatalogueOf, zone: tzinfo, say: Words) -> dict[str, Any]:
    marks = []
    if record.place_state != "settled":
        marks.append({"word": say("records.unsettled"), "tone": "warn", "sign": UNSETTLED_MARK})
    if record.photos_kept < record.photos_expected:
        word = say("records.originals", kept=record.photos_kept, n=record.photos_expected)
        marks.append({"word": word, "tone": "warn", "sign": "cloud_upload"})
    return {
        "number": record.number, "href": "/one_record?" + urlencode({"id": record.number}),
        "title": suspected(record, issues_of, say), "state": chips.state_json(record.state, say),
        "marks": marks, "where": where(record, say), "when": times.moment(record.captured_at, zone),
        "by": record.reporter_name,
        "photo": f"/api/v1/photos/{record.cover_photo_id}/thumb" if record.cover_photo_id else None,
    }  # fmt: skip


def suspected(record: Record, issues_of: CatalogueOf, say: Words) -> str:
    """疑似 and the kind, by the edition that the record names: nobody has decided yet."""
    return say("record.suspected", kind=kind_name(record.issue_type, issues_of(record.catalogue_edition), say))


def kind_name(code: str, catalogue: Catalogue, say: Words) -> str:
    """The kind without what stands in brackets behind it; a kind that left the catalogue is shown by its code."""
    if not catalogue.has(code):
        return code
    return TRAILING_BRACKET.sub("", catalogue.get(code).name(say.lang))


def viewer(
    record: Record, issue: IssueType | None, checked: Mapping[str, bool | None], zone: tzinfo, say: Words
) -> None:
    """The record's photos. checked: photo id to True (the original was read again and is the same), False, or None."""
    words = {name: say(f"record.{name}") for name in ("no_photos", "not_ready", "open_large", "choose")}
    photos = [_photo(photo, issue, checked.get(photo.id), zone, say) for photo in record.photos]
    component = bundle.inline("viewer")
    component(data={"photos": photos, "words": words}, key=f"viewer-{record.id}", height="content")


def shot_name(code: str, issue: IssueType | None, say: Words) -> str:
    shot = issue.shot(code) if issue else None
    if shot is None:
        return say("record.extra_shot")
    return shot.en if say.lang == "en" else shot.zh


def short_hash(sha256: str) -> str:
    return f"{sha256[:4]}…{sha256[-4:]}"


def _photo(photo: Photo, issue: IssueType | None, is_same: bool | None, zone: tzinfo, say: Words) -> dict[str, Any]:
    label = shot_name(photo.shot, issue, say)
    if photo.derived_from:
        label = say("record.drawing_of", shot=label)
    size = say("record.megabytes", mb=f"{photo.size / 1_000_000:.1f}")
    source = "drawing" if photo.derived_from else photo.source
    lines = [say(f"record.from_{source}") if say.has(f"record.from_{source}") else source]
    if photo.taken_at:
        lines = [f"{times.moment(photo.taken_at, zone)} · {lines[0]}"]
    trouble = ""
    if photo.views == "failed" and photo.view_error and say.has(f"refused.{photo.view_error}"):
        trouble = say(f"refused.{photo.view_error}")
    return {
        "id": photo.id, "shot": photo.shot, "label": label, "alt": say("record.photo_alt", shot=label),
        "view": f"/api/v1/photos/{photo.id}/view", "thumb": f"/api/v1/photos/{photo.id}/thumb",
        "sha256": photo.sha256, "hash": short_hash(photo.sha256), "proof": _proof(photo, is_same, say),
        "lines": [f"{lines[0]} · {size}"], "trouble": trouble, "has_ticks": photo.views == "made",
    }  # fmt: skip


def _proof(photo: Photo, is_same: bool | None, say: Words) -> dict[str, str]:
    if photo.state != "kept":
        return {"tone": "warn", "sign": "cloud_upload", "word": say("record.original_expected")}
    if is_same:
        return {"tone": "ok", "sign": "verified_user", "word": say("record.original_same")}
    return {"tone": "danger", "sign": "gpp_bad", "word": say("record.original_differs")}
