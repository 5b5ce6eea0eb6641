"""What happens to a campaign's money from its deadline on; each verb is one step, safe to take twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.calls.rules import Terms
from app.campaigns import service as campaigns
from app.campaigns.models import Campaign
from app.core.clock import LOCAL
from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict
from app.core.money import ZERO
from app.core.moves import move
from app.groups import queries as groups
from app.groups import service as group_verbs
from app.groups.models import LegalEntity
from app.journal.service import record
from app.matching import queries as matching_queries
from app.matching import service as matching
from app.matching.rules import Kind as Origin
from app.matching.rules import crowd
from app.outbox import service as outbox
from app.pledges import queries as pledges
from app.pledges import service as pledge_verbs
from app.settlement import queries
from app.settlement.models import Case, Close, Revision
from app.settlement.rules import (
    MOVES,
    WAIT_FOR_LATE_EVENTS,
    Act,
    Outcome,
    State,
    Why,
    canonical,
    days_after,
    decide,
    grace_until,
    missing,
    result,
    revised,
)


def begin(campaign_id: int, *, now: datetime) -> Case:
    """Start the close of a campaign whose deadline has passed; the same case if it runs already."""
    campaign = _lock(campaign_id)
    running = queries.case(campaign_id)
    if running is not None:
        return running
    if not campaign.public or now < queries.deadline(campaign):
        raise Conflict("This campaign still runs: it closes at its deadline.")
    terms = queries.terms_of(campaign)
    case = Case(
        campaign_id=campaign.id,
        state=State.CLOSING,
        close_started_at=now,
        last_charge_at=days_after(queries.deadline(campaign), terms.last_charge_days, LOCAL),
    )
    db.session.add(case)
    db.session.flush()
    record("settlement.begin", subject=campaign.key, by=None, now=now)
    return case


def sessions_expired(campaign_id: int, *, now: datetime) -> None:
    """Write down that every open Checkout session of the campaign was expired."""
    case = queries.lock_case(campaign_id)
    if case.state is State.CLOSING and case.sessions_expired_at is None:
        case.sessions_expired_at = now
        record("settlement.sessions_expired", subject=f"campaign:{campaign_id}", by=None, now=now)


def close(campaign_id: int, *, now: datetime) -> Close:
    """Decide a campaign once for all, on the promises that count; the same record if it is decided already."""
    case = queries.lock_case(campaign_id)
    decided = queries.close_of(campaign_id)
    if decided is not None:
        return decided
    if case.sessions_expired_at is None or now < case.close_started_at + WAIT_FOR_LATE_EVENTS:
        raise Conflict("The close waits ten minutes for late news from the payment provider.")
    if pledges.open_checkouts(campaign_id):
        raise Conflict("Some donors’ pages are not read again yet: the close waits for them.")
    campaign = _lock(campaign_id)
    for held in queries.unchecked(campaign_id):
        pledge_verbs.expire(held.id, "not_checked", now=now)
    decided = _write_down(campaign, now)
    campaigns.close(campaign, now=now)
    record(
        "settlement.close", subject=campaign.key, by=None, now=now, outcome=str(decided.outcome), sha256=decided.sha256
    )
    if decided.outcome is Outcome.LOST:
        enough = decided.counted >= decided.threshold
        _give_up(case, campaign, Why.TOO_FEW if enough else Why.BELOW_THRESHOLD, now)
    elif (entity := groups.verified_entity(campaign.group_id)) is not None:
        _announce(case, campaign, entity, now)
    else:
        _wait_for_entity(case, campaign, now)
    return decided


def seek_entity(campaign_id: int, *, now: datetime) -> Case:
    """Go on if the group's body is verified by now; give up where its time is over."""
    case = queries.lock_case(campaign_id)
    if case.state is not State.CONSTITUTING:
        return case
    campaign = _lock(campaign_id)
    entity = groups.verified_entity(campaign.group_id)
    if entity is not None:
        _announce(case, campaign, entity, now)
        return case
    constitution = groups.constitution_of(campaign.group_id)
    if constitution is not None and now >= constitution.ends_at:
        group_verbs.lapse(constitution, now=now)
        _give_up(case, campaign, Why.NOT_CONSTITUTED, now)
    return case


def collect(campaign_id: int, *, now: datetime) -> Case:
    """Open the charges once the notice is over and the payee is still verified."""
    case = queries.lock_case(campaign_id)
    if case.state is not State.NOTIFIED or case.charge_from is None or now < case.charge_from:
        return case
    campaign = _lock(campaign_id)
    if now > case.last_charge_at:
        _give_up(case, campaign, Why.TOO_LATE_TO_CHARGE, now)
        return case
    entity = groups.verified_entity(campaign.group_id)
    if entity is None or not groups.is_payable(entity.id):
        return case
    terms = queries.terms_of(campaign)
    case.state = move(MOVES, case.state, Act.COLLECT)
    case.collection_started_at = now
    case.grace_until = grace_until(
        now, queries.deadline(campaign), grace=terms.grace_days, last_charge=terms.last_charge_days, zone=LOCAL
    )
    db.session.flush()
    pledge_verbs.open_charges(campaign_id, entity, pay_until=case.grace_until, now=now)
    record("settlement.collect", subject=campaign.key, by=None, now=now, until=case.grace_until)
    return case


def ask_again(campaign_id: int, *, now: datetime) -> int:
    """Try refused cards again on their planned days of the grace window."""
    case = queries.lock_case(campaign_id)
    if case.state is not State.COLLECTING or case.collection_started_at is None or case.grace_until is None:
        return 0
    entity = groups.verified_entity(_lock(campaign_id).group_id)
    if entity is None or not groups.is_payable(entity.id) or now >= case.grace_until:
        return 0
    return pledge_verbs.retry(
        campaign_id, entity, started_at=case.collection_started_at, pay_until=case.grace_until, now=now
    )


def conclude(campaign_id: int, *, now: datetime) -> Case:
    """Confirm the match on what was collected, or give everything back; waits while a charge is under way."""
    case = queries.lock_case(campaign_id)
    if case.state is not State.COLLECTING or not queries.ripe(case, now) or pledges.in_flight(campaign_id):
        return case
    campaign = _lock(campaign_id)
    pledge_verbs.drop_unpaid(campaign_id, now=now)
    totals, policy = pledges.totals(campaign_id), queries.terms_of(campaign).match
    gave = crowd(pledges.gifts(campaign_id, collected=True), policy)
    earned = result(gave, campaign.budget, campaign.stretch, policy)
    hoped = crowd(pledges.gifts(campaign_id, collected=True, as_if_won=True), policy)
    case.collected, case.arithmetic = totals.collected, gave.to_dict()
    if not earned.confirmed:
        pledge_verbs.refund_all(campaign_id, str(earned.why), now=now)
        matching.release(campaign.proposal_id, now=now, why=str(earned.why))
        _end(case, campaign, Act.RELEASE, earned.why, now)
        _tell_group(campaign, "settlement/not_collected", now, collected=totals.collected, threshold=campaign.threshold)
        return case
    most = matching_queries.reserved(campaign.proposal_id)
    _, waits = revised(gave, hoped, campaign.budget, campaign.stretch, policy, most)
    matching.confirm(campaign.proposal_id, earned.match, suspended=waits, now=now)
    case.match, case.suspended = earned.match, waits
    _end(case, campaign, Act.CONFIRM, earned.why, now)
    _tell_group(campaign, "settlement/confirmed", now, collected=totals.collected, match=earned.match)
    return case


def revise(campaign_id: int, why: str, *, now: datetime) -> Revision | None:
    """Decide the match of a confirmed campaign anew on what is still there; None where nothing has changed.

    Where the campaign was released, a gift that comes back (a dispute won) is sent back to its donor.

    The record of the close stays as it is; a revision says what changed, the books follow with entries of their own.
    """
    case = queries.lock_case(campaign_id)
    if case.state is State.RELEASED:  # what comes back after everything was given back goes back too
        pledge_verbs.refund_all(campaign_id, str(case.why), now=now)
        return None
    if case.state is not State.CONFIRMED or case.match is None:
        return None
    campaign = _lock(campaign_id)
    policy, totals = queries.terms_of(campaign).match, pledges.totals(campaign_id)
    gave = crowd(pledges.gifts(campaign_id, collected=True), policy)
    hoped = crowd(pledges.gifts(campaign_id, collected=True, as_if_won=True), policy)
    most = case.match + case.suspended
    match, waits = revised(gave, hoped, campaign.budget, campaign.stretch, policy, most)
    if (totals.collected, match, waits) == (case.collected, case.match, case.suspended):
        return None
    n = len(queries.revisions(campaign_id)) + 1
    moved = matching.adjust(campaign.proposal_id, match, waits, key=str(n), now=now)
    made = Revision(
        campaign_id=campaign_id,
        n=n,
        why=why,
        at=now,
        collected_before=case.collected or ZERO,
        collected=totals.collected,
        match_before=case.match,
        match=match,
        suspended_before=case.suspended,
        suspended=waits,
        freed=moved.freed,
        owed=moved.owed,
        arithmetic=gave.to_dict(),
    )
    db.session.add(made)
    db.session.flush()
    case.collected, case.match, case.suspended, case.arithmetic = totals.collected, match, waits, gave.to_dict()
    db.session.flush()
    record("settlement.revise", subject=campaign.key, by=None, now=now, n=n, why=why, match=match, owed=moved.owed)
    if match != made.match_before:
        told: dict[str, Any] = {"before": made.match_before, "match": match, "waits": waits, "owed": moved.owed}
        _tell_group(campaign, "settlement/revised", now, step=str(n), collected=totals.collected, **told)
    return made


def _write_down(campaign: Campaign, now: datetime) -> Close:
    totals, people_min = pledges.totals(campaign.id), queries.terms_of(campaign).match.donors_min
    people = len({one.who for one in pledges.gifts(campaign.id) if one.kind is not Origin.OWN})
    outcome = decide(totals.counted, campaign.threshold, people, people_min)
    kept = {
        "campaign": campaign.ref,
        "terms": campaign.terms_id,
        "closed_at": queries.deadline(campaign).isoformat(),
        "decided_at": now.isoformat(),
        "budget": campaign.budget.cents,
        "threshold": campaign.threshold.cents,
        "promised": totals.promised.cents,
        "counted": totals.counted.cents,
        "missing": missing(totals.counted, campaign.threshold).cents,
        "donors": totals.donors,
        "people": people,
        "people_min": people_min,
        "outcome": str(outcome),
        "pledges": [
            {"ref": one.ref, "cents": one.amount.cents, "counts": one.counts, "since": one.active_at.isoformat()}
            for one in queries.promises(campaign.id)
            if one.active_at is not None
        ],
    }
    decided = Close(
        campaign_id=campaign.id,
        closed_at=queries.deadline(campaign),
        decided_at=now,
        outcome=outcome,
        promised=totals.promised,
        counted=totals.counted,
        donors=totals.donors,
        people=people,
        people_min=people_min,
        threshold=campaign.threshold,
        budget=campaign.budget,
        record=kept,
        sha256=sha256_hex(canonical(kept)),
    )
    db.session.add(decided)
    db.session.flush()
    return decided


def _wait_for_entity(case: Case, campaign: Campaign, now: datetime) -> None:
    terms = queries.terms_of(campaign)
    case.state = move(MOVES, case.state, Act.WAIT_FOR_ENTITY)
    due_at = days_after(queries.deadline(campaign), terms.constitution_days, LOCAL)
    group = groups.group(campaign.group_id)
    group_verbs.open_constitution(group, campaign.key, due_at, now=now, extension_days=terms.extension_days)


def _announce(case: Case, campaign: Campaign, entity: LegalEntity, now: datetime) -> None:
    terms: Terms = queries.terms_of(campaign)
    charge_from = days_after(now, terms.notice_days, LOCAL)
    if charge_from > case.last_charge_at:
        _give_up(case, campaign, Why.TOO_LATE_TO_CHARGE, now)
        return
    case.state = move(MOVES, case.state, Act.NOTIFY)
    case.notice_sent_at, case.charge_from = now, charge_from
    db.session.flush()
    pledge_verbs.notify_charge(campaign.id, charge_from, payee=entity.name or "", now=now)
    _tell_group(campaign, "settlement/announced", now, charge_from=charge_from, promised=pledges.promised(campaign.id))
    record("settlement.announce", subject=campaign.key, by=None, now=now, charge_from=charge_from, entity=entity.ref)


def _give_up(case: Case, campaign: Campaign, why: Why, now: datetime) -> None:
    """No card is charged: promises end, the reservation goes back, everybody is told."""
    pledge_verbs.release_all(campaign.id, str(why), now=now)
    matching.release(campaign.proposal_id, now=now, why=str(why))
    case.collected = ZERO
    _end(case, campaign, Act.RELEASE, why, now)
    if why is Why.BELOW_THRESHOLD:
        totals = queries.close_of(campaign.id)
        lacks = missing(totals.counted, totals.threshold) if totals else ZERO
        _tell_group(campaign, "settlement/lost", now, lacks=lacks, threshold=campaign.threshold)
    elif why is Why.TOO_FEW and (decided := queries.close_of(campaign.id)) is not None:
        counts: dict[str, Any] = {
            "people": decided.people,
            "people_min": decided.people_min,
            "counted": decided.counted,
        }
        _tell_group(campaign, "settlement/too_few", now, **counts)
    elif why is Why.TOO_LATE_TO_CHARGE:
        _tell_group(campaign, "settlement/too_late", now)


def _end(case: Case, campaign: Campaign, act: Act, why: Why, now: datetime) -> None:
    case.state = move(MOVES, case.state, act)
    case.why, case.ended_at = why, now
    db.session.flush()
    record(
        f"settlement.{act}",
        subject=campaign.key,
        by=None,
        now=now,
        why=str(why),
        match=case.match,
        collected=case.collected,
    )
    if act is Act.RELEASE and not queries.has_more(campaign.group_id):
        group_verbs.thaw(groups.group(campaign.group_id), by=None, now=now)


def _tell_group(campaign: Campaign, template: str, now: datetime, *, step: str = "", **context: Any) -> None:
    people, key = groups.members(campaign.group_id), f"{template}:{campaign.id}{':' if step else ''}{step}"
    outbox.send_each(people, template, now=now, key=key, title=campaign.title, slug=campaign.slug, **context)


def _lock(campaign_id: int) -> Campaign:
    found = db.session.get(Campaign, campaign_id, with_for_update=True, populate_existing=True)
    if found is None:
        raise Conflict("This campaign does not exist.")
    return found
