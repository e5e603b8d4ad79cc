"""A phone's clock beside ours: how far it is off, and when by our clock something happened. Server time orders events."""

from __future__ import annotations

from datetime import datetime, timedelta

CLOCK_OFF_S = 300


def clock_off_s(*, sent_at: datetime | None, latest: datetime, now: datetime) -> float | None:
    """How much the phone's clock is ahead of ours, in seconds; None within five minutes.

    Compared at the moment of sending, so that a queue of hours does not look like a wrong clock. What was noted latest
    tells too when it lies in the future: the clock was set right in between.
    """
    off = (sent_at - now).total_seconds() if sent_at else 0.0
    if abs(off) > CLOCK_OFF_S:
        return off
    ahead = (latest - now).total_seconds()
    return ahead if ahead > CLOCK_OFF_S else None


def by_our_clock(at: datetime, off_s: float | None, now: datetime) -> datetime:
    """The same moment by our clock, never later than now when the phone's was off."""
    return at if off_s is None else min(at - timedelta(seconds=off_s), now)
