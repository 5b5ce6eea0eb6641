"""Writing a proposal, part by part, and the people who write it; every change takes the signatures back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from app.calls import queries as calls
from app.calls.models import Call
from app.core.db import db
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.core.money import N_, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.files import service as files
from app.groups import queries as groups
from app.groups import service as groups_service
from app.groups.models import Group, Invitation
from app.identity.models import Person
from app.journal.service import record
from app.outbox import service as outbox
from app.proposals import queries
from app.proposals.models import Line, Milestone, Participant, Proposal
from app.proposals.rules import (
    LINES_MAX,
    LIVE,
    MILESTONES_MAX,
    MOVES,
    THEMES,
    Act,
    Part,
    State,
    part_mark,
    title_problem,
    too_long,
)
from app.proposals.service.sending import lock
from app.territory import queries as territory


def start(call: Call, group: Group, title: str, *, by: Person, now: datetime) -> Proposal:
    """Begin the group's answer to the call; every member takes her one place in it."""
    groups_service.hold(group)
    if not groups.is_member(group.id, by.id):
        raise Missing
    title = " ".join(title.split())
    if refusal := title_problem(title):
        raise Invalid({"title": refusal})
    if not calls.is_open(call, now):
        raise Conflict("This call does not take proposals at the moment.")
    terms = calls.current_terms(call)
    if not terms.terms.takes_proposer(group.kind.value):
        raise Invalid({"group": N_("This call is not open to groups like yours.")})
    if any(each.call_id == call.id and each.state is not State.WITHDRAWN for each in queries.of_group(group.id)):
        raise Invalid({"group": N_("This group already has a proposal for this call: go on with that one.")})
    if group.frozen_at is not None:
        raise Invalid(
            {"group": "This group has a proposal with the office: its people are frozen. Form another group."}
        )
    zone = groups.zone_of(group)
    proposal = Proposal(
        ref=new_ref("prp"),
        call_id=call.id,
        terms_id=terms.id,
        group_id=group.id,
        title=title,
        zone_id=zone.id if terms.terms.takes_zone(zone.number) else None,
        state=State.DRAFT,
        created_at=now,
        created_by=by.id,
        changed_at=now,
        changed_by=by.id,
    )
    db.session.add(proposal)
    db.session.flush()
    for person in groups.members(group.id):
        _take_place(proposal, call, person, by=by)
    record("proposals.start", subject=_subject(proposal), by=by, now=now, call=call.slug, group=group.id, title=title)
    return proposal


def save_idea(
    proposal: Proposal, *, title: str, summary: str, theme: str, by: Person, now: datetime, seen: str | None = None
) -> None:
    """Write the idea in brief."""
    hold(proposal, by, part=Part.IDEA, seen=seen)
    title, summary = " ".join(title.split()), summary.strip()
    errors: dict[str, Refusal | str] = _longs(summary=summary)
    if refusal := title_problem(title):
        errors["title"] = refusal
    if theme and theme not in THEMES:
        errors["theme"] = N_("Choose the theme that comes nearest.")
    _refuse(errors)
    proposal.title, proposal.summary, proposal.theme = title, summary, theme or None
    settle(proposal, Part.IDEA, by=by, now=now)


def save_place(
    proposal: Proposal,
    *,
    zone_slug: str,
    place: str,
    need: str,
    by: Person,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Write where the project takes place and which need it answers."""
    hold(proposal, by, part=Part.PLACE, seen=seen)
    place, need = " ".join(place.split()), need.strip()
    errors: dict[str, Refusal | str] = _longs(place=place, need=need)
    zone = territory.zone(zone_slug) if zone_slug else None
    if zone_slug and zone is None:
        errors["zone"] = N_("Choose the neighbourhood.")
    _refuse(errors)
    proposal.zone_id, proposal.place, proposal.need = zone.id if zone else None, place, need
    settle(proposal, Part.PLACE, by=by, now=now)


def save_story(
    proposal: Proposal,
    *,
    story: str,
    picture_alt: str = "",
    picture: tuple[bytes, str] | None = None,
    by: Person,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Write the story (Markdown) and keep its picture: (data, file name)."""
    hold(proposal, by, part=Part.STORY, seen=seen)
    story, picture_alt = story.replace("\r\n", "\n").strip(), " ".join(picture_alt.split())
    _refuse(_longs(story=story, picture_alt=picture_alt))
    proposal.story, proposal.picture_alt = story, picture_alt
    if picture is not None:
        data, filename = picture
        try:
            proposal.picture_id = files.store(data, filename, kind="picture", private=False, by=by, now=now).id
        except Invalid as refused:
            raise Invalid({"picture": next(iter(refused.errors.values()))}) from None
    settle(proposal, Part.STORY, by=by, now=now)


def drop_picture(proposal: Proposal, *, by: Person, now: datetime) -> None:
    """Take the picture away."""
    hold(proposal, by)
    proposal.picture_id, proposal.picture_alt = None, ""
    settle(proposal, Part.STORY, by=by, now=now)


def save_budget(
    proposal: Proposal,
    *,
    total: Money,
    lines: Sequence[tuple[str, Money]],
    by: Person,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Write the budget; lines that do not make the total are kept, and the part stays open."""
    hold(proposal, by, part=Part.BUDGET, seen=seen)
    if len(lines) > LINES_MAX:
        raise Invalid(
            {"total": Refusal("A budget has at most %(most)d lines: put small ones together.", most=LINES_MAX)}
        )
    proposal.total = total
    db.session.execute(delete(Line).where(Line.proposal_id == proposal.id))
    db.session.add_all(
        Line(proposal_id=proposal.id, position=position, name=name, amount=amount)
        for position, (name, amount) in enumerate(lines, start=1)
    )
    settle(proposal, Part.BUDGET, by=by, now=now)


def save_milestones(
    proposal: Proposal,
    *,
    milestones: Sequence[tuple[str, date | None]],
    by: Person,
    now: datetime,
    seen: str | None = None,
) -> None:
    """Write the steps, kept in order of time; one without a day comes last, and the part stays open."""
    hold(proposal, by, part=Part.MILESTONES, seen=seen)
    if len(milestones) > MILESTONES_MAX:
        raise Invalid({"title_1": Refusal("Write at most %(most)d milestones.", most=MILESTONES_MAX)})
    db.session.execute(delete(Milestone).where(Milestone.proposal_id == proposal.id))
    db.session.add_all(
        Milestone(proposal_id=proposal.id, position=position, title=title, due_on=due)
        for position, (title, due) in enumerate(sorted(milestones, key=lambda each: each[1] or date.max), start=1)
    )
    settle(proposal, Part.MILESTONES, by=by, now=now)


def save_impact(proposal: Proposal, *, impact: str, by: Person, now: datetime, seen: str | None = None) -> None:
    """Write what changes for the neighbourhood."""
    hold(proposal, by, part=Part.IMPACT, seen=seen)
    impact = impact.strip()
    _refuse(_longs(impact=impact))
    proposal.impact = impact
    settle(proposal, Part.IMPACT, by=by, now=now)


def save_people(
    proposal: Proposal, *, name: str, about: str, by: Person, now: datetime, seen: str | None = None
) -> None:
    """Write who proposes; the words belong to the group and stand in all it is writing."""
    hold(proposal, by, part=Part.PEOPLE, seen=seen)
    group = queries.group(proposal)
    if groups_service.describe(group, name=name, about=about, by=by, now=now):
        for each in queries.live_of_group(group.id):
            settle(each, Part.PEOPLE, by=by, now=now)


# --- people -----------------------------------------------------------------------------------------------------------


def invite(proposal: Proposal, email: str, *, by: Person, now: datetime) -> Invitation:
    """Ask one more person to take part."""
    hold(proposal, by)
    return groups_service.invite(queries.group(proposal), email, by=by, now=now, language=by.language)


def join(token: str, *, by: Person, now: datetime) -> Group:
    """Accept an invitation and take one's place in all that the group is writing."""
    return _take_part(groups_service.join(token, by=by, now=now), by=by, now=now)


def accept(invitation_ref: str, *, by: Person, now: datetime) -> Group:
    """Accept an invitation that was sent to one's own address, without its link."""
    return _take_part(groups_service.accept(invitation_ref, by=by, now=now), by=by, now=now)


def _take_part(group: Group, *, by: Person, now: datetime) -> Group:
    for proposal in queries.live_of_group(group.id):
        if not queries.is_participant(proposal.id, by.id):
            _take_place(proposal, queries.call(proposal), by, by=by)
            settle(proposal, Part.PEOPLE, by=by, now=now)
    return group


def leave(group: Group, *, by: Person, now: datetime) -> None:
    """Leave the group and free one's place in the calls for which it is writing."""
    groups_service.leave(group, by=by, now=now)
    for proposal in queries.live_of_group(group.id):
        db.session.execute(
            delete(Participant).where(Participant.proposal_id == proposal.id, Participant.person_id == by.id)
        )
        settle(proposal, Part.PEOPLE, by=by, now=now)


def _take_place(proposal: Proposal, call: Call, person: Person, *, by: Person) -> None:
    place = insert(Participant).values(
        call_id=call.id, tax_code_hash=person.tax_code_hash, person_id=person.id, proposal_id=proposal.id
    )
    taken = place.on_conflict_do_nothing(index_elements=["call_id", "tax_code_hash"]).returning(Participant.id)
    if db.session.scalar(taken) is not None:
        return
    if person.id != by.id:
        raise Conflict(
            "%(name)s already takes part in “%(call)s” with another group: a person can be in one group per call.",
            name=person.name,
            call=call.title,
        )
    other = queries.participation(call.id, person.tax_code_hash)
    group = queries.group(queries.proposal(other.proposal_id)).name if other else ""
    raise Conflict(
        "You already take part in “%(call)s” with the group “%(group)s”: a person can be in one group per call.",
        call=call.title,
        group=group,
    )


# --- within the verbs -------------------------------------------------------------------------------------------------


def hold(proposal: Proposal, by: Person, *, part: Part | None = None, seen: str | None = None) -> None:
    """Lock the proposal for one of its people; refuse who is not, what is sent, and what another changed meanwhile."""
    lock(proposal)
    if not queries.is_participant(proposal.id, by.id):
        raise Missing
    if proposal.state not in LIVE:
        raise Conflict("This proposal is no longer a draft: its text cannot change.")
    if part is not None and seen is not None and seen != part_mark(queries.draft(proposal), part):
        who = db.session.get_one(Person, proposal.changed_by)
        raise Conflict(
            "%(name)s changed this part while you were writing. Nothing is lost: what you typed is here, what is saved "
            "stands below. Save again to keep yours.",
            name=who.name,
        )


def settle(proposal: Proposal, part: Part, *, by: Person, now: datetime) -> None:
    """After a change: void the signatures, and open or close the signing by what the text now lacks."""
    db.session.flush()
    now_said = queries.standing(proposal)
    voided = [each for each in now_said.signatures.values() if each.proposal_sha256 != now_said.fingerprint]
    if proposal.text_sha256 == now_said.fingerprint:
        return
    proposal.text_sha256 = now_said.fingerprint
    proposal.changed_at, proposal.changed_by = now, by.id
    before = proposal.state
    proposal.state = move(MOVES, proposal.state, Act.CHANGE)
    if now_said.progress.written:
        proposal.state = move(MOVES, proposal.state, Act.COMPLETE)
    for signature in voided:
        signature.voided_at = now
    db.session.flush()
    record(
        "proposals.save",
        subject=_subject(proposal),
        by=by,
        now=now,
        part=part,
        sha256=now_said.fingerprint,
        signatures_voided=len(voided),
    )
    undone = {signature.person_id for signature in voided}
    opened = before is State.DRAFT and proposal.state is State.SIGNING
    for person in now_said.members:
        key = None if person.id in undone else f"proposals.to_sign:{proposal.id}:{person.id}"
        if person.id in undone or opened:
            outbox.send(
                person.email,
                "proposals/sign_again" if person.id in undone else "proposals/to_sign",
                language=person.language,
                now=now,
                key=key,
                name=person.name,
                title=proposal.title,
                ref=proposal.ref,
                changer=by.name,
                closes_at=now_said.closes_at,
            )


def _subject(proposal: Proposal) -> str:
    return f"proposal:{proposal.id}"


def _longs(**texts: str) -> dict[str, Refusal | str]:
    return {field: refusal for field, text in texts.items() if (refusal := too_long(field, text))}


def _refuse(errors: dict[str, Refusal | str]) -> None:
    if errors:
        raise Invalid(errors)
