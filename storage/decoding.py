"""Text out of the bytes of foreign files: by the mark at the start, else UTF-8, else GBK."""

from __future__ import annotations

from domain.errors import Invalid


def decoded(data: bytes, what: str) -> tuple[str, str, str]:
    """(text, encoding, reason: bom, strict or guess). what: as in storage.fence. Raises Invalid({what}_encoding_unknown)."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _strict(data, encoding, what), "UTF-16" if encoding == "utf-16" else "UTF-8", "bom"
    try:
        return data.decode("utf-8"), "UTF-8", "strict"
    except UnicodeDecodeError:
        return _strict(data, "gb18030", what), "GBK", "guess"


def _strict(data: bytes, encoding: str, what: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid(f"{what}_encoding_unknown") from error
