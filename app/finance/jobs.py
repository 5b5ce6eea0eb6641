"""Reconciliation, once a civil day and whenever it is asked for; the provider is asked between transactions."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog

from app.core import clock
from app.core.clock import local
from app.core.db import transaction
from app.core.jobs import every, job
from app.finance import queries, service
from app.payments import gateway
from app.pledges import jobs as pledges
from app.pledges import queries as gifts

log = structlog.get_logger()
OVERLAP = timedelta(hours=1)  # lines of the last hour are read again: none may slip between two readings
MOVING = ("refund", "refund_failure", "adjustment")


@every("0 */5 * * * *")
@job("finance.daily", queue="money")
def daily() -> None:
    """Reconcile the days that are over, if that was not done today."""
    with transaction():
        run, first = queries.last_run(), queries.first_charge_at()
        due = first is not None and (run is None or run.on_day < local(clock.now()).date())
    if due:
        try:
            reconcile()
        except gateway.ProviderDown as down:
            log.warning("finance.provider_down", said=down.said)


@job("finance.reconcile", queue="money")
def reconcile() -> None:
    """Read every balance line since the last time, look after news that was lost, compare, write what differs."""
    began = until = clock.now()
    with transaction():
        run, first, accounts = queries.last_run(), queries.first_charge_at(), queries.accounts()
    if first is None:
        return
    since = (run.until if run is not None else first) - OVERLAP
    lines = _read(accounts, since, until)
    with transaction():
        kept = service.keep(lines, now=clock.now())
    for pledge_id in _untold(until):
        pledges.reread_returns(pledge_id)
    with transaction():
        service.conclude(began, until, kept, now=clock.now())


def _read(accounts: list[str], since: datetime, until: datetime) -> list[gateway.Line]:
    soon = until + timedelta(seconds=1)
    return [line for account in ["", *accounts] for line in gateway.balance_lines(account, since=since, until=soon)]


def _untold(until: datetime) -> list[int]:
    """Gifts of which something went back without a word to us: their charge is read again before anything is found."""
    with transaction():
        charges = {
            one.about
            for one in queries.found_differences(until)
            if one.what.rpartition(":")[2].removesuffix("_fee") in MOVING
        }
        found = [gifts.by_object(charge, {}) for charge in sorted(charges)]
        return [pledge.id for pledge in found if pledge is not None]
