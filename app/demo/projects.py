"""From a story to a proposal in the ranking: written, signed by all, checked, scored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from app.calls import queries as calls
from app.calls.models import Call
from app.core import clock
from app.core.db import db
from app.core.money import Money, euros, total
from app.demo.cast import Cast, code_in_mail
from app.demo.stage import Stage
from app.demo.stories import Story
from app.identity.models import Person
from app.proposals import queries, service
from app.proposals.models import Proposal
from app.territory import queries as territory


def lines_of(story: Story) -> tuple[tuple[str, Money], ...]:
    """The story's budget lines."""
    return tuple((name, euros(amount)) for name, amount in story.lines)


# From the end of a call to the first works: ranking, sixty days of campaign, association, charges, agreement.
TO_THE_START = 210


def write(
    stage: Stage, cast: Cast, call: Call, story: Story, *, parts: int = 6, to_start: int = TO_THE_START
) -> tuple[Proposal, list[Person]]:
    """The group writes its proposal, part after part; fewer parts leave a draft."""
    group, crowd = cast.group(story)
    first = crowd[0]
    with stage.act() as now:
        proposal = service.start(call, group, story.title, by=first, now=now)
    zone = territory.zone_by_number(story.zone)
    lines = lines_of(story)
    end = clock.local(calls.whole(call).closes_at).date()
    steps = [(name, end + timedelta(days=to_start + days)) for name, days in story.milestones]
    budget = Money(1_200_000) if story.slug == "cortile-aperto" else total(amount for _, amount in lines)
    writing: tuple[Callable[[datetime], object], ...] = (
        lambda now: service.save_idea(
            proposal, title=story.title, summary=story.summary, theme=story.theme, by=first, now=now
        ),
        lambda now: service.save_place(
            proposal, zone_slug=zone.slug if zone else "", place=story.place, need=story.need, by=first, now=now
        ),
        lambda now: service.save_story(proposal, story=story.story, by=first, now=now),
        lambda now: service.save_budget(proposal, total=budget, lines=lines, by=first, now=now),
        lambda now: service.save_impact(proposal, impact=story.impact, by=first, now=now),
        lambda now: service.save_milestones(proposal, milestones=steps, by=first, now=now),
    )
    for save in writing[:parts]:
        with stage.act() as now:
            save(now)
    return proposal, crowd


def submit(stage: Stage, proposal: Proposal, crowd: list[Person]) -> Proposal:
    """Each member signs with the code from the mail; then the first sends it."""
    standing = queries.standing(proposal)
    if problems := {part: said for part, said in standing.problems.items() if said}:
        raise RuntimeError(f"{proposal.title} is not complete: {problems}")
    for person in crowd:
        with stage.act() as now:
            service.ask_code(proposal, by=person, now=now)
        code = code_in_mail(person)
        with stage.act() as now:
            service.sign(proposal, code, seen=standing.fingerprint, by=person, now=now)
    with stage.act() as now:
        service.submit(proposal, by=crowd[0], now=now)
    db.session.refresh(proposal)
    return proposal


def admit(stage: Stage, proposal: Proposal, officer: Person) -> None:
    """The office finds it admissible."""
    with stage.act() as now:
        service.check(proposal, "admissible", "", found={}, by=officer, now=now)


def of_group(member: Person, call: Call) -> Proposal:
    """The proposal of the person's group in that call."""
    return next(found for found in queries.mine(member.id) if found.call_id == call.id)


def proposal_of(member: Person, title: str) -> Proposal:
    """The person's proposal of that title."""
    return next(found for found in queries.mine(member.id) if found.title == title)
