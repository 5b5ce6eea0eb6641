"""Housekeeping of the job queue itself, and the long work that people start from a page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import structlog
from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import func, select

from app.campaigns.models import Campaign
from app.core import cells, clock
from app.core.db import db, transaction
from app.core.jobs import every, give_back_stalled, job
from app.core.money import ZERO
from app.grants.models import Agreement, Order
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.pledges.models import Pledge
from app.pledges.queries import paid_of
from app.web import queries, service
from app.web.models import Work
from app.web.rules import OVER, Kind, State

log = structlog.get_logger()
PORTION = 1000
SHOWN = 50  # figures that differ, on the page


@every("*/5 * * * * *")
@job("web.rescue_jobs")
def rescue_jobs() -> None:
    """Give back the jobs of workers whose heartbeat stopped (killed, crashed); every job is idempotent."""
    with transaction():
        give_back_stalled()


@every("17 3 * * *")
@job("web.forget_old_work")
def forget_old_work() -> None:
    """What long work made is kept for a week."""
    with transaction():
        service.forget_old(now=clock.now())


@job("web.do_work")
def do_work(ref: str) -> None:
    """Do the long work of that reference, from its beginning; a failure ends it with a word that its page shows."""
    work = queries.work_by_ref(ref)
    if work is None or work.state in OVER:
        return
    try:
        with force_locale(work.language):
            _DO[work.kind](work)
    except Exception as failure:
        log.exception("work.failed", ref=ref)
        db.session.rollback()
        with transaction():
            service.end(_again(ref), State.FAILED, now=clock.now(), why=type(failure).__name__)


def _again(ref: str) -> Work:
    found = queries.work_by_ref(ref)
    if found is None:
        raise RuntimeError(f"long work {ref} is gone")
    return found


def _begin(work: Work, total: int) -> None:
    with transaction():
        service.start(_again(work.ref), total, now=clock.now())


def _stopped(work: Work, done: int, body: str = "") -> bool:
    """Write down one portion; True where somebody asked to stop, and then it has ended."""
    with transaction():
        goes_on = service.step(_again(work.ref), done, body)
        if not goes_on:
            service.end(_again(work.ref), State.STOPPED, now=clock.now())
    return not goes_on


def _end(work: Work, **result: object) -> None:
    with transaction():
        service.end(_again(work.ref), State.DONE, now=clock.now(), **result)


def _verify(work: Work) -> None:
    offers = current_app.extensions["checks"]
    _begin(work, len(offers))
    figures, wrong = 0, list[Check]()
    for n, offer in enumerate(offers, 1):
        for check in offer():
            figures += 1
            wrong += [] if check.holds else [check]
        if _stopped(work, n):
            return
    differs = [{"name": one.name, "rows": one.expected.cents, "ledger": one.found.cents} for one in wrong[:SHOWN]]
    _end(work, figures=figures, wrong=len(wrong), differs=differs, **ledger.counts())


def _pledges(work: Work) -> None:
    _begin(work, db.session.scalars(select(func.count()).select_from(Pledge)).one())
    heads = [_("Pledge"), _("Project"), _("State"), _("Amount"), _("Collected"), _("Counts towards the threshold"),
             _("From"), _("Promised on"), _("Ended on")]  # fmt: skip
    done = 0
    if _stopped(work, 0, "".join(cells.lines([heads]))):
        return
    for rows in _portions(Pledge, Campaign, Campaign.id == Pledge.campaign_id):
        paid = paid_of(row[0].id for row in rows)
        body = [
            [p.ref, c.title, p.state, p.amount, paid.get(p.id, ZERO), _("yes") if p.counts else _("no"), p.email,
             p.active_at or p.started_at, p.ended_at]
            for p, c in rows
        ]  # fmt: skip
        done += len(rows)
        if _stopped(work, done, "".join(cells.lines(body))):
            return
    _end(work, rows=done)


def _payments(work: Work) -> None:
    _begin(work, db.session.scalars(select(func.count()).select_from(Order)).one())
    heads = [_("Order"), _("Project"), _("Beneficiary"), _("IBAN"), _("CUP"), _("Amount"), _("State"), _("Prepared on"),
             _("Approved on"), _("Sent to the bank on"), _("Paid on")]  # fmt: skip
    done = 0
    if _stopped(work, 0, "".join(cells.lines([heads]))):
        return
    on = Campaign.proposal_id == _proposal_of_order()
    for rows in _portions(Order, Campaign, on):
        body = [
            [f"{o.number}/{o.year}", c.title, o.beneficiary, o.iban, o.cup, o.amount, o.state, o.prepared_at,
             o.approved_at, o.exported_at, o.paid_on]
            for o, c in rows
        ]  # fmt: skip
        done += len(rows)
        if _stopped(work, done, "".join(cells.lines(body))):
            return
    _end(work, rows=done)


def _proposal_of_order() -> Any:
    return select(Agreement.proposal_id).where(Agreement.id == Order.agreement_id).scalar_subquery()


def _portions(one: Any, other: Any, on: Any) -> Iterator[list[Any]]:
    """Both rows, by the first one's id, a portion at a time: each in a question of its own."""
    last = 0
    while True:
        query = select(one, other).join(other, on).where(one.id > last).order_by(one.id).limit(PORTION)
        rows = list(db.session.execute(query))
        if not rows:
            return
        last = rows[-1][0].id
        yield rows


_DO = {Kind.VERIFY: _verify, Kind.PLEDGES: _pledges, Kind.PAYMENTS: _payments}
