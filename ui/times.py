"""Moments and spans as people read them, in the office's time zone."""

from __future__ import annotations

from datetime import datetime, tzinfo

from i18n import Words


def moment(at: datetime | None, zone: tzinfo) -> str:
    """2026-11-22 10:06; nothing for None."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""


def precise(at: datetime | None, zone: tzinfo) -> str:
    """With seconds, where two clocks are compared."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S") if at else ""


def span(seconds: float, say: Words) -> str:
    """A length of time in the one unit that says enough; the sign is left to the sentence around it."""
    seconds = abs(seconds)
    if seconds < 120:
        return say("record.seconds", n=round(seconds))
    if seconds < 2 * 3600:
        return say("record.minutes", n=round(seconds / 60))
    if seconds < 48 * 3600:
        return say("record.hours", n=round(seconds / 3600))
    return say("record.days", n=round(seconds / 86400))
