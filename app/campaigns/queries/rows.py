"""Reads of campaigns."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text

from app.calls import queries as calls
from app.calls.rules import Terms
from app.campaigns.models import Campaign, Question, StoryVersion, Update
from app.campaigns.rules import PUBLIC, Impact, State, free_until
from app.core.clock import local
from app.core.db import db
from app.core.errors import Missing, Refusal
from app.core.money import N_, Money
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask
from app.evaluation.models import Award
from app.groups.models import Member
from app.ledger.rules import Check
from app.matching import queries as matching
from app.territory.models import Zone


def campaign(campaign_id: int) -> Campaign:
    """The campaign of that row."""
    return db.session.get_one(Campaign, campaign_id)


@once
def by_ref(ref: str) -> Campaign:
    """The campaign of that reference, public or not."""
    found = db.session.scalars(select(Campaign).where(Campaign.ref == ref)).one_or_none()
    if found is None:
        raise Missing("There is no campaign with this reference.")
    return found


@once
def by_slug(slug: str) -> Campaign:
    """The public campaign at that address."""
    found = db.session.scalars(select(Campaign).where(Campaign.slug == slug, Campaign.state.in_(PUBLIC))).one_or_none()
    if found is None:
        raise Missing("There is no campaign at this address.")
    return found


@once
def of_proposal(proposal_id: int) -> Campaign | None:
    """The campaign of that proposal."""
    return db.session.scalars(select(Campaign).where(Campaign.proposal_id == proposal_id)).one_or_none()


def public_of_call(call_id: int) -> dict[int, str]:
    """The addresses of a call's public campaigns, by proposal."""
    rows = select(Campaign.proposal_id, Campaign.slug).where(Campaign.call_id == call_id, Campaign.state.in_(PUBLIC))
    return {proposal_id: slug for proposal_id, slug in db.session.execute(rows)}  # noqa: C416 - typed rows


def addresses(limit: int, offset: int) -> list[tuple[str, datetime | None]]:
    """The public campaigns in a fixed order, each with the moment of its last change, for search engines."""
    told = select(func.max(Update.posted_at)).where(Update.campaign_id == Campaign.id).scalar_subquery()
    written = select(func.max(StoryVersion.written_at)).where(StoryVersion.campaign_id == Campaign.id).scalar_subquery()
    rows = db.session.execute(
        select(Campaign.slug, func.greatest(Campaign.opens_at, Campaign.closed_at, told, written))
        .where(Campaign.state.in_(PUBLIC))
        .order_by(Campaign.id)
        .limit(limit)
        .offset(offset)
    )
    return [(slug, changed) for slug, changed in rows]


@once
def of_group(group_id: int) -> Sequence[Campaign]:
    """The campaigns of that group, newest first."""
    return db.session.scalars(select(Campaign).where(Campaign.group_id == group_id).order_by(Campaign.id.desc())).all()


def locked(campaign_id: int) -> Campaign:
    """The campaign as it stands now, held still until the end of this transaction: whatever counts money asks here."""
    return db.session.scalars(
        select(Campaign).where(Campaign.id == campaign_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def terms(campaign: Campaign) -> Terms:
    """The rules under which it was opened."""
    return calls.terms(campaign.terms_id)


def last_day(moment: datetime) -> date:
    """The last civil day that is whole before this moment: a time that ends at midnight ends the day before."""
    return local(moment - timedelta(microseconds=1)).date()


def due(now: datetime) -> Sequence[Campaign]:
    """Live campaigns whose time is over: the settlement takes them from here."""
    return db.session.scalars(
        select(Campaign).where(Campaign.state == State.LIVE, Campaign.closes_at <= now).order_by(Campaign.closes_at)
    ).all()


@once
def story(campaign: Campaign) -> StoryVersion:
    """The words that stand on the page now."""
    return db.session.scalars(
        select(StoryVersion)
        .where(StoryVersion.campaign_id == campaign.id)
        .order_by(StoryVersion.version.desc())
        .limit(1)
    ).one()


def versions(campaign: Campaign) -> Sequence[StoryVersion]:
    """Every version that was public, newest first."""
    return db.session.scalars(
        select(StoryVersion).where(StoryVersion.campaign_id == campaign.id).order_by(StoryVersion.version.desc())
    ).all()


def impact(campaign: Campaign) -> list[Impact]:
    """What the amounts make possible, in the group's words."""
    return story(campaign).lines


def updates(campaign: Campaign) -> Sequence[Update]:
    """The news, newest first."""
    return db.session.scalars(
        select(Update).where(Update.campaign_id == campaign.id).order_by(Update.posted_at.desc(), Update.id.desc())
    ).all()


def latest_updates(limit: int, zones: Collection[int] = ()) -> Sequence[tuple[Update, Campaign]]:
    """The newest news of public campaigns, in these zones if any are named, each with its campaign."""
    rows = select(Update, Campaign).join(Campaign, Campaign.id == Update.campaign_id).where(Campaign.state.in_(PUBLIC))
    if zones:
        rows = rows.where(Campaign.zone_id.in_(zones))
    found = db.session.execute(rows.order_by(Update.posted_at.desc(), Update.id.desc()).limit(limit))
    return [(update, campaign) for update, campaign in found]


def answered(campaign: Campaign) -> Sequence[Question]:
    """Questions that the group has answered, oldest first."""
    return db.session.scalars(
        select(Question)
        .where(Question.campaign_id == campaign.id, Question.answer.is_not(None))
        .order_by(Question.asked_at)
    ).all()


def unanswered(campaign: Campaign) -> Sequence[Question]:
    """Questions that wait for the group."""
    return db.session.scalars(
        select(Question)
        .where(Question.campaign_id == campaign.id, Question.answer.is_(None))
        .order_by(Question.asked_at)
    ).all()


def question(campaign: Campaign, ref: str) -> Question:
    """One question put to this campaign."""
    found = db.session.scalars(
        select(Question).where(Question.campaign_id == campaign.id, Question.ref == ref)
    ).one_or_none()
    if found is None:
        raise Missing("There is no question with this reference.")
    return found


def awards_without_campaign() -> Sequence[Award]:
    """Funded awards whose campaign nobody prepared yet."""
    return db.session.scalars(
        select(Award)
        .outerjoin(Campaign, Campaign.award_id == Award.id)
        .where(Award.outcome == "funded", Campaign.id.is_(None))
        .order_by(Award.id)
    ).all()


def slug_taken(slug: str) -> bool:
    """Whether a campaign already has this address."""
    return db.session.scalar(select(Campaign.id).where(Campaign.slug == slug)) is not None


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What the person has to do about campaigns: as a group's member, and as an officer."""
    found = [_to_prepare(person_id), _to_answer(person_id)]
    return [*found, _to_confirm()] if "officer" in roles else found


def _to_confirm() -> Ask[Todo]:
    rows = (
        select(Campaign.ref, Campaign.title, Campaign.threshold, Zone.name.label("zone"))
        .join(Zone, Zone.id == Campaign.zone_id)
        .where(Campaign.state == State.ASKED)
        .order_by(Campaign.asked_at)
    )
    return Ask(
        rows,
        lambda row: Todo(
            what=N_("Confirm that the campaign is ready"),
            subject=row.title,
            endpoint="campaigns.readiness",
            args={"ref": row.ref},
            state="todo",
            room="campaigns",
            due_at=None,
            amount=row.threshold,
            zone=row.zone,
            role="officer",
        ),
    )


def _to_prepare(person_id: int) -> Ask[Todo]:
    rows = (
        select(Campaign.ref, Campaign.title, Campaign.threshold, Campaign.state)
        .join(Member, Member.group_id == Campaign.group_id)
        .where(
            Member.person_id == person_id,
            Member.left_at.is_(None),
            Campaign.state.in_([State.PREPARING, State.ASKED]),
        )
        .order_by(Campaign.id)
    )
    return Ask(rows, _group_todo)


def _group_todo(row: Any) -> Todo:
    asked = row.state is State.ASKED
    return Todo(
        what=N_("The officer checks your campaign") if asked else N_("Prepare the campaign and ask to open it"),
        subject=row.title,
        endpoint="campaigns.prepare",
        args={"ref": row.ref},
        state="wait" if asked else "todo",
        room="campaigns",
        amount=row.threshold,
    )


def _to_answer(person_id: int) -> Ask[Todo]:
    """Questions of readers that wait for the person's groups."""
    rows = (
        select(Campaign.ref, Campaign.title, func.count(Question.id).label("count"))
        .join(Question, Question.campaign_id == Campaign.id)
        .join(Member, Member.group_id == Campaign.group_id)
        .where(Member.person_id == person_id, Member.left_at.is_(None), Question.answer.is_(None))
        .group_by(Campaign.id)
        .order_by(Campaign.id)
    )
    return Ask(
        rows,
        lambda row: Todo(
            what=N_("Answer the questions of readers: %(count)d"),
            params={"count": row.count},
            subject=row.title,
            endpoint="campaigns.news",
            args={"ref": row.ref},
            state="todo",
            room="campaigns",
        ),
    )


_TALLIED = text(
    """
    select kind, state, sum(kept), sum(there) from (
        select kind, value, state, count as kept, 0 as there from campaigns_tally
        union all
        select v.kind, v.value, c.state, 0, count(*) from campaigns_campaign c
            cross join lateral (values ('zone', c.zone_id::text), ('theme', c.theme), ('call', c.call_id::text))
                v(kind, value)
            where c.state in ('live', 'closed') group by v.kind, v.value, c.state
    ) counted group by kind, value, state order by kind, value, state
    """
)


def checks() -> Iterable[Check]:
    """What a campaign promises of the city's money must be what the fund set aside for it."""
    for each in db.session.scalars(select(Campaign).where(Campaign.state == State.LIVE).order_by(Campaign.id)):
        held = matching.reservation(each.proposal_id)
        if held is not None:
            yield Check(f"{each.key} city's part is reserved", each.ceiling, held.amount)
    # Counts, carried as cents so that they are told in the same table.
    for kind, state, kept, there in db.session.execute(_TALLIED):
        yield Check(f"campaigns {state} by {kind}, as the lists count them", Money(int(there)), Money(int(kept)))


def moments(now: datetime) -> Iterable[tuple[datetime, Refusal]]:
    """When open campaigns close, and from when their pledges can no longer be cancelled freely."""
    rows = select(Campaign).where(Campaign.state == State.LIVE, Campaign.closes_at > now)
    for each in db.session.scalars(rows.order_by(Campaign.closes_at, Campaign.id)):
        if each.closes_at is None:
            continue
        free = free_until(each.closes_at, terms(each).free_cancel_hours)
        if free > now:
            yield free, Refusal("Pledges to %(title)s can no longer be cancelled freely", title=each.title)
        yield each.closes_at, Refusal("The campaign of %(title)s closes", title=each.title)
