"""The sweep that closes campaigns and follows their money; stored dates against the clock, so it may miss any tick."""

from __future__ import annotations

from datetime import datetime

import structlog

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Unavailable
from app.core.jobs import every, job
from app.payments import queries as payments
from app.payments.rules import StopWhy
from app.pledges import jobs as pledges
from app.pledges import queries as pages
from app.settlement import queries, service
from app.settlement.rules import WAIT_FOR_LATE_EVENTS, State

log = structlog.get_logger()


@every("*/5 * * * * *")
@job("settlement.sweep")
def sweep() -> None:
    """Take each campaign one step further."""
    advance_all()


@job("settlement.revise", queue="money")
def revise(campaign_id: int, why: str) -> None:
    """Money of a campaign went back or came again: its match follows, once it is confirmed."""
    if queries.case(campaign_id) is None:
        db.session.rollback()
        return
    db.session.rollback()
    with transaction():
        service.revise(campaign_id, why, now=clock.now())


def advance_all() -> None:
    """One step for each campaign, one transaction each; one that fails never holds up the others."""
    now = clock.now()
    failed: list[Exception] = []
    for campaign_id in [*queries.due(now), *queries.open_cases()]:
        db.session.rollback()
        try:
            advance(campaign_id, now=now)
        except Unavailable as down:
            log.warning("settlement waits for the payment provider", campaign=campaign_id, said=str(down))
        except Exception as wrong:
            log.exception("settlement step failed", campaign=campaign_id)
            failed.append(wrong)
    if failed:
        raise failed[0]


def advance(campaign_id: int, *, now: datetime) -> None:
    """The next step of one campaign, if its time has come; the provider is asked between transactions."""
    case = queries.case(campaign_id)
    state = case.state if case else None
    db.session.rollback()
    if state is None:
        with transaction():
            service.begin(campaign_id, now=now)
        state = State.CLOSING
    if state is State.CLOSING:
        _close(campaign_id, now)
    elif state is State.CONSTITUTING:
        with transaction():
            service.seek_entity(campaign_id, now=now)
    elif _unexplained(campaign_id):
        log.warning("settlement waits until finance has explained a difference", campaign=campaign_id)
    elif state is State.NOTIFIED:
        with transaction():
            service.collect(campaign_id, now=now)
    elif state is State.COLLECTING:
        _conclude(campaign_id, now)


def _unexplained(campaign_id: int) -> bool:
    """Whether a cent of this campaign is not explained: nothing is charged or confirmed meanwhile."""
    held = payments.stops(f"campaign:{campaign_id}")
    db.session.rollback()
    return any(one.why is StopWhy.UNEXPLAINED for one in held)


def _close(campaign_id: int, now: datetime) -> None:
    """Expire the open pages at once; ten minutes later read each again and decide."""
    case = queries.case(campaign_id)
    if case is None:
        return
    started_at, expired_at = case.close_started_at, case.sessions_expired_at
    db.session.rollback()
    if expired_at is None:
        _expire_pages(campaign_id)
        with transaction():
            service.sessions_expired(campaign_id, now=now)
    if now < started_at + WAIT_FOR_LATE_EVENTS:
        return
    _read_pages(campaign_id)
    with transaction():
        service.close(campaign_id, now=now)


def _conclude(campaign_id: int, now: datetime) -> None:
    """Ask refused cards again; at the end close gap gifts' pages first, so that nothing comes after the decision."""
    case = queries.case(campaign_id)
    ripe = case is not None and queries.ripe(case, now)
    db.session.rollback()
    if not ripe:
        with transaction():
            service.ask_again(campaign_id, now=now)
        return
    _expire_pages(campaign_id)
    with transaction():
        service.conclude(campaign_id, now=now)


def _expire_pages(campaign_id: int) -> None:
    """Ask the provider to end every hosted page of this campaign; one that was just used is applied instead."""
    setups = [each.id for each in pages.open_checkouts(campaign_id)]
    payments = [each.id for each in pages.open_pages(campaign_id)]
    db.session.rollback()
    for pledge_id in setups:
        pledges.expire_page(pledge_id)
    for charge_id in payments:
        pledges.expire_payment(charge_id)


def _read_pages(campaign_id: int) -> None:
    setups = [each.id for each in pages.open_checkouts(campaign_id)]
    db.session.rollback()
    for pledge_id in setups:
        pledges.reread(pledge_id)
