"""The office's list of proposals, and what waits for whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, func, select
from sqlalchemy.orm import lazyload

from app.calls.models import Call
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.core.todo import Todo
from app.core.together import Ask
from app.groups.models import Group, Member
from app.proposals.models import Commitment, Participant, Proposal
from app.proposals.rules import LIVE, SENT, State
from app.territory.models import Borough, Zone


def sheet() -> Rows:
    """The office's list of what was sent: with group, call, zone and borough."""
    return Rows(
        select=select(Proposal, Group, Call, Zone)
        .join(Group, Group.id == Proposal.group_id)
        .join(Call, Call.id == Proposal.call_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(Borough, Borough.id == Zone.borough_id)
        .options(lazyload(Zone.borough))
        .where(Proposal.state.in_(SENT)),
        key=Proposal.id,
        views=(
            View("waiting", N_("To check"), Proposal.state == State.SUBMITTED),
            View("admissible", N_("Admitted"), Proposal.state == State.ADMISSIBLE),
            View("inadmissible", N_("Not admitted"), Proposal.state == State.INADMISSIBLE),
            View("all", N_("All")),
        ),
        orders=(
            Order("sent", N_("oldest first"), Proposal.submitted_at),
            Order("newest", N_("newest first"), Proposal.submitted_at, down=True),
            Order("title", N_("by title"), func.sort_key(Proposal.title, type_=Text)),
            Order("budget", N_("largest budget first"), Proposal.total, down=True),
        ),
        search=(Proposal.title, Proposal.reference, Group.name),
        facets=(
            Facet("call", N_("Call"), Call.ref, said=Call.title),
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )


def _how_many(rows: Any, *conditions: Any) -> Any:
    return select(func.count()).select_from(rows).where(*conditions).correlate(Proposal).scalar_subquery()


def _of_members(person_id: int, now: datetime) -> Ask[Todo]:
    holds = (Commitment.proposal_id == Proposal.id, Commitment.voided_at.is_(None))
    rows = (
        select(
            Proposal.ref,
            Proposal.title,
            Proposal.state,
            Proposal.total,
            Call.closes_at,
            Zone.name.label("zone"),
            _how_many(Commitment, *holds).label("signed"),
            _how_many(Commitment, *holds, Commitment.person_id == person_id).label("mine"),
            _how_many(Participant, Participant.proposal_id == Proposal.id).label("people"),
        )
        .join(Member, Member.group_id == Proposal.group_id)
        .join(Call, Call.id == Proposal.call_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None), Proposal.state.in_(LIVE), Call.closes_at > now)
        .order_by(Proposal.id.desc())
    )
    return Ask(rows, _to_write)


def _to_write(row: Any) -> Todo:
    what, state = N_("Finish writing the proposal"), "todo"
    if row.state is State.SIGNING:
        everyone = row.signed == row.people
        what = N_("Send the proposal") if everyone else N_("Waiting for the others’ signatures")
        what = what if row.mine else N_("Sign the commitment")
        state = "wait" if row.mine and not everyone else "now"
    return Todo(
        what=what,
        subject=row.title,
        endpoint="proposals.tasks",
        args={"ref": row.ref},
        state=state,
        due_at=row.closes_at,
        amount=row.total or None,
        room="proposals",
        zone=row.zone,
    )


def _of_officers(person_id: int) -> Ask[Todo]:
    own = select(Participant.id).where(Participant.proposal_id == Proposal.id, Participant.person_id == person_id)
    rows = (
        select(Proposal.ref, Proposal.reference, Proposal.title, Proposal.total, Zone.name.label("zone"))
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .where(Proposal.state == State.SUBMITTED, ~own.exists())
        .order_by(Proposal.submitted_at, Proposal.id)
    )
    return Ask(
        rows,
        lambda row: Todo(
            what=N_("Check whether the proposal is admissible"),
            subject=f"{row.reference} {row.title}",
            endpoint="proposals.dossier",
            args={"ref": row.ref},
            state="now",
            amount=row.total,
            room="proposals",
            zone=row.zone,
            role="officer",
        ),
    )


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What the person's proposals need and, for officers, which ones wait for the check."""
    found = [_of_members(person_id, now)]
    return [*found, _of_officers(person_id)] if "officer" in roles else found
