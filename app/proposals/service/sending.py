"""Sending a proposal, taking it back, and the officer's decision on admissibility."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.calls import queries as calls
from app.core import clock, words
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.core.money import N_
from app.core.moves import move
from app.groups import service as groups_service
from app.groups.rules import slug
from app.identity.models import Person
from app.journal.service import record
from app.outbox import service as outbox
from app.proposals import queries
from app.proposals.models import Check, Numbering, Participant, Proposal
from app.proposals.rules import MOVES, SENT, Act, Outcome, State, prefix, reference


def submit(proposal: Proposal, *, by: Person, now: datetime) -> Proposal:
    """Send the proposal to the office: complete, signed by all, in time; sent twice, it keeps its one reference."""
    _hold_for_member(proposal, by)
    if proposal.state in SENT:
        return proposal
    standing = queries.standing(proposal)
    refuse_late(standing.closes_at, now)
    if not calls.is_open(standing.call, now):
        raise Conflict("This call does not take proposals at the moment.")
    if not standing.progress.written:
        raise Conflict("You cannot send it yet: some parts are not complete.")
    if standing.unsigned:
        names = ", ".join(person.name for person in standing.unsigned)
        raise Conflict("You cannot send it yet: %(names)s still have to sign.", names=names)
    year = clock.local(now).year
    letters = prefix(standing.call.title)
    number = _next_number(letters, year)
    proposal.state = move(MOVES, proposal.state, Act.SUBMIT)
    proposal.reference = reference(letters, year, number)
    proposal.slug = f"{slug(proposal.title)}-{proposal.reference.lower()}"
    proposal.submitted_at, proposal.text_sha256 = now, standing.fingerprint
    proposal.terms_id = calls.current_terms(standing.call).id
    db.session.flush()
    groups_service.freeze(standing.group, by=by, now=now)
    record(
        "proposals.submit",
        subject=f"proposal:{proposal.id}",
        by=by,
        now=now,
        reference=proposal.reference,
        sha256=standing.fingerprint,
    )
    _tell(proposal, "proposals/submitted", now=now, call=standing.call.title, total=proposal.total, at=now)
    return proposal


def withdraw(proposal: Proposal, *, by: Person, now: datetime) -> None:
    """Take the proposal back: its people are free again for this call; twice changes nothing."""
    _hold_for_member(proposal, by)
    if proposal.state is State.WITHDRAWN:
        return
    if proposal.state in (State.ADMISSIBLE, State.INADMISSIBLE):
        raise Conflict("The office has already decided on this proposal: write to the office to give it up.")
    was_sent = proposal.state is State.SUBMITTED
    proposal.state = move(MOVES, proposal.state, Act.WITHDRAW)
    proposal.withdrawn_at = now
    db.session.flush()
    record("proposals.withdraw", subject=f"proposal:{proposal.id}", by=by, now=now, reference=proposal.reference)
    _tell(proposal, "proposals/withdrawn", now=now, who=by.name, was_sent=was_sent)
    db.session.execute(delete(Participant).where(Participant.proposal_id == proposal.id))
    if was_sent and not any(each.state in SENT for each in queries.of_group(proposal.group_id)):
        groups_service.thaw(queries.group(proposal), by=by, now=now)


def check(proposal: Proposal, outcome: str, reasons: str, *, found: dict[str, Any], by: Person, now: datetime) -> Check:
    """An officer decides on admissibility, with reasons; `found` is what the listed checks said."""
    lock(proposal)
    if queries.is_participant(proposal.id, by.id):
        raise Forbidden("You are one of this proposal’s people: another officer must check it.")
    if proposal.state is not State.SUBMITTED:
        raise Conflict("This proposal does not wait for a check: somebody has already decided on it.")
    if outcome not in set(Outcome):
        raise Invalid({"outcome": N_("Choose whether the proposal is admissible.")})
    admitted = Outcome(outcome) is Outcome.ADMISSIBLE
    why = N_("Write the reason: the group reads it and may answer.")
    reasons = words.reason(reasons, why, field="reasons", least=0 if admitted else words.LEAST)
    proposal.state = move(MOVES, proposal.state, Act.ADMIT if admitted else Act.REFUSE)
    decision = Check(
        proposal_id=proposal.id,
        officer_id=by.id,
        outcome=Outcome(outcome),
        reasons=reasons,
        found=found,
        checked_at=now,
    )
    db.session.add(decision)
    db.session.flush()
    if not admitted and not any(
        each.state in SENT and each.id != proposal.id for each in queries.of_group(proposal.group_id)
    ):
        groups_service.thaw(queries.group(proposal), by=by, now=now)
    record("proposals.check", subject=f"proposal:{proposal.id}", by=by, now=now, outcome=outcome, reasons=reasons)
    _tell(proposal, "proposals/checked", now=now, admitted=admitted, reasons=reasons)
    return decision


def refuse_late(closes_at: datetime, now: datetime) -> None:
    """The deadline is exact: at that moment it is too late."""
    if now >= closes_at:
        raise Conflict("The call closed on %(moment)s. The draft stays here and you can download it.", moment=closes_at)


def lock(proposal: Proposal) -> None:
    """Hold the group, then the proposal, as they stand now, until the end of the transaction: always in this order."""
    groups_service.hold(queries.group(proposal))
    db.session.refresh(proposal, with_for_update=True)


def _hold_for_member(proposal: Proposal, by: Person) -> None:
    lock(proposal)
    belongs = queries.is_participant(proposal.id, by.id)
    if not belongs and not (proposal.state is State.WITHDRAWN and proposal.ref in {p.ref for p in queries.mine(by.id)}):
        raise Missing


def _next_number(letters: str, year: int) -> int:
    row = insert(Numbering).values(prefix=letters, year=year, last=1)
    bumped = row.on_conflict_do_update(index_elements=["prefix", "year"], set_={"last": Numbering.last + 1}).returning(
        Numbering.last
    )
    return int(db.session.execute(bumped).scalar_one())


def _tell(proposal: Proposal, template: str, *, now: datetime, **context: Any) -> None:
    outbox.send_each(
        queries.members(proposal),
        template,
        now=now,
        key=f"{template}:{proposal.id}",
        title=proposal.title,
        ref=proposal.ref,
        reference=proposal.reference,
        **context,
    )
