"""The calendar: a month on a page, the public dates and a person's own as addresses for other programmes."""

from __future__ import annotations

import re
from calendar import Calendar
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlsplit

from flask import Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import force_locale, get_locale
from flask_babel import gettext as _

from app.core import clock
from app.core.db import transaction
from app.core.errors import Missing
from app.identity import queries as identity
from app.web import gates, ical, queries, service
from app.web.navigation import absolute
from app.web.queries import Event
from app.web.views.home import bp

BACK, AHEAD = timedelta(days=90), timedelta(days=400)  # what a subscribed calendar holds
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class Day:
    """One day of the month's table."""

    on: date
    here: bool
    today: bool
    events: list[Event]


def _first(words: str, today: date) -> date:
    found = _MONTH.fullmatch(words)
    return date(int(found[1]), int(found[2]), 1) if found else today.replace(day=1)


def _after(first: date) -> date:
    return (first + timedelta(days=32)).replace(day=1)


@bp.get("/calendar")
@gates.public
def calendar() -> ResponseReturnValue:
    """A month: the public dates for everybody, their own beside them for those who are signed in."""
    today = clock.today()
    first = _first(request.args.get("month", ""), today)
    person = gates.current()
    weeks = Calendar(firstweekday=0).monthdatescalendar(first.year, first.month)
    found = queries.events(
        weeks[0][0], weeks[-1][-1] + timedelta(days=1), person_id=person.id if person else None, roles=gates.roles()
    )
    by_day: dict[date, list[Event]] = {}
    for event in found:
        by_day.setdefault(event.day, []).append(event)
    return render_template(
        "web/calendar.html",
        first=first,
        before=(first - timedelta(days=1)).strftime("%Y-%m"),
        after=_after(first).strftime("%Y-%m"),
        weeks=[[Day(on, on.month == first.month, on == today, by_day.get(on, [])) for on in week] for week in weeks],
        some=any(event.day.month == first.month for event in found),
        own=queries.has_feed(person.id) if person else None,
    )


def _feed(name: str, events: list[Event], cache: str) -> Response:
    language = str(getattr(get_locale(), "language", "it"))
    entries = [
        ical.Dated(
            event.uid, event.day, event.at, f"{_(event.what)}: {event.title}", absolute(event.endpoint, **event.args)
        )
        for event in events
    ]
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    body = ical.calendar_of(name, entries, host=host, language=language, now=clock.now())
    answer = Response(body, mimetype="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = "inline; filename=calendar.ics"
    answer.headers["Cache-Control"] = cache
    return answer


@bp.get("/calendar.ics")
@gates.public
def public_dates() -> ResponseReturnValue:
    """When calls and campaigns open and close, for anybody's calendar."""
    today = clock.today()
    return _feed(_("Cofonda: calls and campaigns"), queries.events(today - BACK, today + AHEAD), "public, max-age=900")


@bp.get("/calendar/<token>.ics")
@gates.by_token
def own_dates(token: str) -> ResponseReturnValue:
    """One person's dates, for whoever holds the secret address."""
    person = queries.feed_owner(token)
    if person is None:
        raise Missing("This calendar address is closed. Make a new one on the calendar page.")
    today, roles = clock.today(), identity.roles(person.id, clock.now())
    with force_locale(person.language):
        found = queries.events(today - BACK, today + AHEAD, person_id=person.id, roles=roles)
        return _feed(_("Cofonda: your dates"), found, "private, no-store")


@bp.get("/calendar/address")
@gates.signed_in
def calendar_address() -> ResponseReturnValue:
    """The person's own calendar address: there or not, to make anew, to close."""
    return render_template("web/calendar_address.html", own=queries.has_feed(gates.require().id), fresh="")


@bp.post("/calendar/address")
@gates.signed_in
def renew_address() -> ResponseReturnValue:
    """Make a new secret address and show it this once; or close it."""
    by, now = gates.require(), clock.now()
    if request.form.get("act") == "close":
        with transaction():
            service.end_feed(by=by, now=now)
        flash(_("Your calendar address is closed."), "done")
        return redirect(url_for("web.calendar_address"), 303)
    with transaction():
        raw = service.new_feed(by=by, now=now)
    fresh = absolute("web.own_dates", token=raw)
    return render_template("web/calendar_address.html", own=queries.has_feed(by.id), fresh=fresh)
