"""Chinese number plates: what a person types becomes the plate as it is written on the car, or is refused.

Source of the shape: public knowledge of the civil series (GA 36): one province character, one letter for the
issuing office, then five characters (blue, yellow) or six (new-energy, green). The letters I and O are not used
in the serial; a serial holds at most two letters in the ordinary series.
"""

from __future__ import annotations

import re
import unicodedata

from domain.errors import Invalid

NO_PLATE = "NO_PLATE"
NO_PLATE_WORDS = ("无牌", "无车牌", "没有车牌", "no plate", "noplate", "no_plate")

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_LETTER, _SIGN = "A-HJ-NP-Z", "0-9A-HJ-NP-Z"
_ORDINARY = re.compile(rf"[{PROVINCES}][A-Z][{_SIGN}]{{4}}[{_SIGN}挂学警港澳]")
# Small new-energy cars carry the energy letter first, large ones last.
_NEW_ENERGY = re.compile(rf"[{PROVINCES}][A-Z](?:[{_LETTER}][{_SIGN}][0-9]{{4}}|[0-9]{{5}}[{_LETTER}])")
_EBIKE = re.compile(r"[0-9A-Z\u4e00-\u9fff]{4,12}")
_FILLERS = re.compile(r"[\s.\-_·•・‧∙⋅—。]+")


class BadPlate(Invalid):
    """What was typed is no plate of a known series; `plate_typed` holds it."""

    code = "bad_plate"


def normal_plate(text: str, series: str = "motor") -> str:
    """The plate in capitals without separators, for example "浙d.12345" gives "浙D12345"; 无牌 gives NO_PLATE.

    series: "motor", or "ebike" for the plates of e-bikes, whose shape every city sets itself: 4 to 12 signs with
    at least three digits. Full-width letters and digits count as their plain forms. Raises BadPlate(field="plate").
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain.casefold() in NO_PLATE_WORDS:
        return NO_PLATE
    plate = _FILLERS.sub("", plain).upper()
    if series == "ebike" and _EBIKE.fullmatch(plate) and sum(sign.isdecimal() for sign in plate) >= 3:
        return plate
    if _ORDINARY.fullmatch(plate) and _letters(plate) <= 2 and plate[2:].strip("挂学警港澳"):
        return plate
    if _NEW_ENERGY.fullmatch(plate):
        return plate
    raise BadPlate(field="plate", plate_typed=text[:20])


def _letters(plate: str) -> int:
    return sum(sign.isascii() and sign.isalpha() for sign in plate[2:])
