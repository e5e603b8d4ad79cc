"""When a TLS certificate ends, read from its own bytes (X.509 v3, DER): no other part of it is looked at."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

SEQUENCE, UTC_TIME, GENERALIZED_TIME, VERSION = 0x30, 0x17, 0x18, 0xA0


def ends_at(pem: Path) -> datetime | None:
    """The end of the first certificate of a PEM file; None when it cannot be read."""
    try:
        text = pem.read_text("ascii", "replace")
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        first = begin + text.split(begin, 1)[1].split(end, 1)[0] + end
        return _not_after(ssl.PEM_cert_to_DER_cert(first))
    except (OSError, ValueError, IndexError):
        return None


def _not_after(der: bytes) -> datetime:
    """RFC 5280, 4.1: Certificate > TBSCertificate > [version] serial signature issuer validity > notBefore notAfter."""
    _, certificate, _ = _read(der)
    _, body, _ = _read(certificate)
    tag, _, rest = _read(body)
    if tag == VERSION:
        _, _, rest = _read(rest)  # the serial number
    for _ in range(2):  # signature, issuer
        _, _, rest = _read(rest)
    tag, validity, _ = _read(rest)
    if tag != SEQUENCE:
        raise ValueError("no validity where it should be")
    _, _, after = _read(validity)
    tag, value, _ = _read(after)
    text = value.decode("ascii")
    if tag == UTC_TIME:  # two digits of the year: 50 to 99 are of the last century
        text = ("19" if text[:2] >= "50" else "20") + text
    elif tag != GENERALIZED_TIME:
        raise ValueError("no time where it should be")
    return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _read(der: bytes) -> tuple[int, bytes, bytes]:
    """(tag, content, what follows) of the first element."""
    tag, length, start = der[0], der[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(der[2 : 2 + count], "big"), 2 + count
    return tag, der[start : start + length], der[start + length :]
