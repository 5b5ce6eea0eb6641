"""Calendars as other programmes read them (iCalendar)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from icalendar import Calendar, Timezone
from icalendar import Event as Entry

from app.core.clock import local

# The city's zone by its rule: the library would write out every change since 1970.
_ZONE = """BEGIN:VTIMEZONE
TZID:Europe/Rome
BEGIN:DAYLIGHT
TZNAME:CEST
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19810329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
TZNAME:CET
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
"""


@dataclass(frozen=True)
class Dated:
    """One entry of a calendar, its words already in the reader's language."""

    uid: str
    day: date
    at: datetime | None
    words: str
    url: str


def calendar_of(name: str, entries: Iterable[Dated], *, host: str, language: str, now: datetime) -> bytes:
    """The entries as a calendar that other programmes subscribe to; the same entry always has the same UID."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Cofonda//{host}//{language.upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", "Europe/Rome")
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    calendar.add_component(Timezone.from_ical(_ZONE))
    for each in entries:
        entry = Entry()
        entry.add("uid", f"{each.uid}@{host}")
        entry.add("dtstamp", now)
        if each.at is None:
            entry.add("dtstart", each.day)
            entry.add("dtend", each.day + timedelta(days=1))
            entry.add("transp", "TRANSPARENT")
        else:
            entry.add("dtstart", local(each.at))
            entry.add("dtend", local(each.at))
        entry.add("summary", each.words)
        entry.add("url", each.url)
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
