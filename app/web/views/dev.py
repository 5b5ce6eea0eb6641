"""Development only: the mail that would have left, the clock that can be moved, the demo's accounts."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil

import requests
from flask import Blueprint, Response, current_app, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core import clock, settings
from app.core.db import transaction
from app.outbox import queries as outbox
from app.outbox import service as letters
from app.outbox.rules import LETTER_POLICY
from app.web import gates

bp = Blueprint("dev", __name__, url_prefix="/dev")
bp.without_language = True  # type: ignore[attr-defined]  # read by the factory: these pages exist in development only

STEPS = {"10m": 600, "1h": 3600, "1d": 86400, "3d": 3 * 86400, "7d": 7 * 86400, "30d": 30 * 86400}


@bp.get("/mail")
@gates.dev_only
def mail() -> ResponseReturnValue:
    """The latest messages, newest first."""
    words = request.args.get("q", "").strip()
    found = [(each, outbox.letter(each).subject) for each in outbox.latest(200, words=words)]
    return render_template("web/dev_mail.html", messages=found, words=words)


@bp.get("/mail/<ref>")
@gates.dev_only
def message(ref: str) -> ResponseReturnValue:
    """One message as its reader sees it: how it looks, and its plain text."""
    found = outbox.by_ref(ref)
    g.frames_own_page = True
    return render_template(
        "web/dev_message.html", message=found, subject=outbox.letter(found).subject, text=letters.text_of(found)
    )


@bp.get("/mail/<ref>/html")
@gates.dev_only
def letter(ref: str) -> ResponseReturnValue:
    """The HTML part alone, for the frame of the page above."""
    found = outbox.by_ref(ref)
    return Response(letters.html_of(found), headers={"Content-Security-Policy": LETTER_POLICY})


@bp.get("/clock")
@gates.dev_only
def clock_page() -> ResponseReturnValue:
    """What time the application believes it is, and what comes next."""
    now = clock.now()
    moments = sorted(
        (moment for offer in current_app.extensions["moments"] for moment in offer(now)), key=lambda moment: moment[0]
    )
    return render_template(
        "web/dev_clock.html",
        now=now,
        shifted=int(settings.get("clock.shift_seconds")) != 0,
        steps=STEPS,
        moments=[moment for moment in moments if moment[0] > now][:12],
    )


@bp.post("/clock")
@gates.dev_only
def move_clock() -> ResponseReturnValue:
    """Move the application's time forward, never back: what happened stays happened."""
    now = clock.now()
    step = request.form.get("step", "")
    until = request.form.get("until", "")
    ahead = timedelta(seconds=STEPS.get(step, 0))
    if until:
        ahead = max(timedelta(0), _moment(until, now) - now)
    with transaction():
        shift = int(settings.get("clock.shift_seconds")) + ceil(ahead.total_seconds())
        settings.put("clock.shift_seconds", str(shift))
    g.pop("clock_shift", None)
    tell_sandbox(shift)
    return redirect(url_for("dev.clock_page"), 303)


def _moment(words: str, now: datetime) -> datetime:
    """A moment as the page's own buttons write it; anything else leaves the time as it is."""
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return now
    return moment if moment.tzinfo else now


def tell_sandbox(shift_seconds: int) -> None:
    """The payment sandbox lives in the same time as we do."""
    base = current_app.config["STRIPE_API_BASE"]
    if base:
        requests.post(f"{base}/_sandbox/clock", json={"offset_seconds": shift_seconds}, timeout=5).raise_for_status()


@bp.get("/accounts")
@gates.dev_only
def accounts() -> ResponseReturnValue:
    """Who can sign in to the demo."""
    found = [each for tell in current_app.extensions["demo_accounts"] for each in tell()]
    return render_template("web/dev_accounts.html", accounts=found)
