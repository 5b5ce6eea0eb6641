"""The one place that knows what time it is. Only edges (views, jobs, commands) ask; rules and verbs are told."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from flask import current_app, g

from app.core import settings

LOCAL = ZoneInfo("Europe/Rome")


class Clock(Protocol):
    """Something that tells the time in UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place where the machine's clock is read


def now() -> datetime:
    """The application's time, aware, in UTC."""
    clock: Clock = current_app.extensions["clock"]
    return clock.now()


def local(moment: datetime) -> datetime:
    """The same moment as a civil time in the city's zone."""
    return moment.astimezone(LOCAL)


def today() -> date:
    """The civil date in the city."""
    return local(now()).date()


def at_local(day: date, hour: int = 0, minute: int = 0) -> datetime:
    """The UTC moment of a civil time in the city; converted once, then stored."""
    return datetime.combine(day, time(hour, minute), LOCAL).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The UTC moment at which the civil day is over."""
    return at_local(day + timedelta(days=1))


class ShiftedClock:
    """Development's clock: the machine's, moved forward by a setting in the database, read once per request or job."""

    def now(self) -> datetime:
        if "clock_shift" not in g:
            g.clock_shift = timedelta(seconds=int(settings.get("clock.shift_seconds")))
        shift: timedelta = g.clock_shift
        return SystemClock().now() + shift
