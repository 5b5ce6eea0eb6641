"""Verbs on campaigns; the only writer of the room's tables."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.calls import queries as calls
from app.campaigns import queries
from app.campaigns.models import Campaign, Question, StoryVersion, Update
from app.campaigns.rules import (
    IMPACT_MOST,
    MOVES,
    STORY_MOST,
    SUMMARY_MOST,
    Act,
    Impact,
    State,
    missing,
)
from app.core.actor import Actor
from app.core.clock import end_of_day, local
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.core.refs import new_ref
from app.evaluation.models import Award
from app.groups import queries as groups
from app.journal import service as journal
from app.ledger import service as ledger
from app.ledger.rules import Account
from app.matching.rules import threshold
from app.outbox import service as outbox
from app.proposals.models import Proposal


def accounts_of(campaign_id: int) -> list[Account]:
    """The campaign's accounts: what donors promised, what was kept, what came in cash."""
    owner = f"campaign:{campaign_id}"
    return [
        Account("promises", owner, "donors", floor=False),
        Account("promises", owner, "promised"),
        Account("promises", owner, "kept"),
        Account("cash", owner, "givers", floor=False),
        Account("cash", owner, "received"),
        Account("cash", owner, "fees"),
        Account("cash", owner, "platform", floor=False),
    ]


def prepare(award: Award, *, by: Actor | None, now: datetime, stretch: Money = ZERO) -> Campaign:
    """Open the campaign's desk for a funded project, filled with what the proposal says already."""
    if (known := db.session.scalars(select(Campaign).where(Campaign.award_id == award.id)).one_or_none()) is not None:
        return known
    if award.outcome != "funded":
        raise Conflict("Only a project that the ranking funds has a campaign.")
    proposal = db.session.get_one(Proposal, award.proposal_id)
    terms = calls.terms(proposal.terms_id)
    campaign = Campaign(
        ref=new_ref("cam"),
        slug=_free_slug(proposal.title),
        proposal_id=proposal.id,
        award_id=award.id,
        call_id=proposal.call_id,
        terms_id=proposal.terms_id,
        group_id=proposal.group_id,
        zone_id=proposal.zone_id,
        theme=proposal.theme,
        title=proposal.title,
        summary=proposal.summary,
        picture_id=proposal.picture_id,
        state=State.PREPARING,
        budget=award.budget,
        threshold=threshold(award.budget, terms.match),
        ceiling=award.ceiling,
        stretch=stretch,
        created_at=now,
    )
    db.session.add(campaign)
    db.session.flush()
    db.session.add(
        StoryVersion(
            campaign_id=campaign.id,
            version=1,
            summary=proposal.summary,
            story=proposal.story,
            picture_id=proposal.picture_id,
            picture_alt="",
            impact=[],
            written_at=now,
            written_by=by.id if by else None,
        )
    )
    ledger.open_accounts(*accounts_of(campaign.id))
    journal.record("campaigns.prepare", subject=campaign.key, by=by, now=now, award=award.ref)
    for person in groups.members(campaign.group_id):
        outbox.send(
            person.email,
            "campaigns/prepare",
            language=person.language,
            now=now,
            key=f"campaigns.prepare:{campaign.id}:{person.id}",
            name=person.name,
            title=campaign.title,
            ref=campaign.ref,
            threshold=campaign.threshold,
            ceiling=campaign.ceiling,
        )
    return campaign


def write_text(
    campaign: Campaign,
    *,
    summary: str,
    story: str,
    impact: Sequence[Impact],
    picture_id: int | None,
    picture_alt: str,
    by: Actor,
    now: datetime,
) -> StoryVersion:
    """Keep what the group writes; once the page is public every change is a new version beside the old ones."""
    campaign = queries.locked(campaign.id)
    _refuse_stranger(campaign, by)
    move(MOVES, campaign.state, Act.WRITE)
    words: dict[str, Any] = {
        "summary": " ".join(summary.split()),
        "story": story.strip(),
        "impact": [{"amount": line.amount.cents, "it": line.it, "en": line.en} for line in impact],
        "picture_id": picture_id,
        "picture_alt": " ".join(picture_alt.split()),
    }
    _refuse_words(campaign, words, impact)
    last = queries.story(campaign)
    if all(getattr(last, name) == value for name, value in words.items()):
        return last
    if campaign.public:
        last = StoryVersion(campaign_id=campaign.id, version=last.version + 1)
        db.session.add(last)
    for name, value in words.items():
        setattr(last, name, value)
    last.written_at, last.written_by = now, by.id
    campaign.summary, campaign.picture_id = words["summary"], picture_id
    journal.record("campaigns.write", subject=campaign.key, by=by, now=now, version=last.version)
    return last


def _refuse_words(campaign: Campaign, words: dict[str, Any], impact: Sequence[Impact]) -> None:
    errors: dict[str, Refusal | str] = {}
    if len(words["summary"]) > SUMMARY_MOST:
        errors["summary"] = Refusal("Write at most %(most)s characters: one sentence.", most=SUMMARY_MOST)
    if len(words["story"]) > STORY_MOST:
        errors["story"] = Refusal("Write at most %(most)s characters.", most=STORY_MOST)
    if campaign.public and (lacking := missing(summary=words["summary"], story=words["story"])):
        errors["story"] = lacking[0]
    if len(impact) > IMPACT_MOST:
        errors["impact"] = Refusal("Write at most %(most)s lines.", most=IMPACT_MOST)
    if len({line.amount for line in impact}) < len(impact):
        errors["impact"] = Refusal("Each line has its own amount: two are the same.")
    if any(line.amount > campaign.budget for line in impact):
        errors["impact"] = Refusal("An amount is larger than the whole budget.")
    if errors:
        raise Invalid(errors)


def ask_to_launch(campaign: Campaign, *, by: Actor, now: datetime) -> None:
    """The group says that it is ready; an officer looks at it."""
    campaign = queries.locked(campaign.id)
    _refuse_stranger(campaign, by)
    words = queries.story(campaign)
    if lacking := missing(summary=words.summary, story=words.story):
        raise Conflict(lacking[0].message, **lacking[0].params)
    campaign.state = move(MOVES, campaign.state, Act.ASK)
    campaign.asked_at, campaign.asked_by, campaign.returned_why = now, by.id, None
    journal.record("campaigns.ask_to_launch", subject=campaign.key, by=by, now=now)


def send_back(campaign: Campaign, why: str, *, by: Actor, now: datetime) -> None:
    """The officer says what is missing; the group prepares on."""
    campaign = queries.locked(campaign.id)
    if groups.is_member(campaign.group_id, by.id):
        raise Forbidden("You belong to this group: another officer has to open its campaign.")
    if not why.strip():
        raise Invalid({"why": Refusal("Write what is missing: the group reads it.")})
    campaign.state = move(MOVES, campaign.state, Act.RETURN)
    campaign.returned_why = why.strip()
    journal.record("campaigns.send_back", subject=campaign.key, by=by, now=now, why=why.strip())
    _tell_group(campaign, "campaigns/sent_back", now, why=why.strip())


def confirm_ready(campaign: Campaign, *, by: Actor, now: datetime) -> Campaign:
    """The officer opens the campaign now; from here on its promises to donors are frozen."""
    campaign = queries.locked(campaign.id)
    if groups.is_member(campaign.group_id, by.id):
        raise Forbidden("You belong to this group: another officer has to open its campaign.")
    terms = queries.terms(campaign)
    campaign.state = move(MOVES, campaign.state, Act.OPEN)
    campaign.opens_at = now
    campaign.closes_at = end_of_day(local(now).date() + timedelta(days=terms.campaign_days))
    campaign.confirmed_by = by.id
    ledger.open_accounts(*accounts_of(campaign.id))
    journal.record(
        "campaigns.confirm_ready", subject=campaign.key, by=by, now=now, closes_at=campaign.closes_at.isoformat()
    )
    db.session.flush()
    _tell_group(campaign, "campaigns/opened", now, closes_on=campaign.last_day, slug=campaign.slug)
    return campaign


def post_update(campaign: Campaign, title: str, body: str, *, by: Actor, now: datetime) -> Update:
    """The group tells news on the public page."""
    _refuse_stranger(campaign, by)
    if not campaign.public:
        raise Conflict("News can be posted once the campaign is open.")
    errors: dict[str, Refusal | str] = {}
    if not title.strip() or len(title.strip()) > 120:
        errors["title"] = Refusal("Write a title of at most 120 characters.")
    if not body.strip() or len(body.strip()) > STORY_MOST:
        errors["body"] = Refusal("Write the news: at least one sentence.")
    if errors:
        raise Invalid(errors)
    update = Update(
        ref=new_ref("upd"),
        campaign_id=campaign.id,
        title=" ".join(title.split()),
        body=body.strip(),
        posted_at=now,
        posted_by=by.id,
    )
    db.session.add(update)
    journal.record("campaigns.post_update", subject=campaign.key, by=by, now=now, title=update.title)
    return update


def ask_question(campaign: Campaign, body: str, *, by: Actor, now: datetime) -> Question:
    """Somebody signed in asks; the page shows it once the group has answered."""
    if not campaign.public:
        raise Missing("There is no campaign at this address.")
    if not 5 <= len(body.strip()) <= 1_000:
        raise Invalid({"question": Refusal("Write your question in 5 to 1,000 characters.")})
    question = Question(ref=new_ref("qst"), campaign_id=campaign.id, asked_by=by.id, asked_at=now, body=body.strip())
    db.session.add(question)
    journal.record("campaigns.ask_question", subject=campaign.key, by=by, now=now)
    return question


def answer_question(campaign: Campaign, question: Question, answer: str, *, by: Actor, now: datetime) -> None:
    """The group answers; from now on everybody can read both."""
    _refuse_stranger(campaign, by)
    if not 2 <= len(answer.strip()) <= 3_000:
        raise Invalid({"answer": Refusal("Write the answer in at most 3,000 characters.")})
    question.answer, question.answered_at, question.answered_by = answer.strip(), now, by.id
    journal.record("campaigns.answer_question", subject=campaign.key, by=by, now=now)


def close(campaign: Campaign, *, now: datetime) -> Campaign:
    """The settlement has counted: no promise is taken or changed any more."""
    campaign = queries.locked(campaign.id)
    campaign.state = move(MOVES, campaign.state, Act.CLOSE)
    campaign.closed_at = now
    journal.record("campaigns.close", subject=campaign.key, by=None, now=now)
    return campaign


def _refuse_stranger(campaign: Campaign, by: Actor) -> None:
    if not groups.is_member(campaign.group_id, by.id):
        raise Missing("There is no campaign with this reference.")


def _tell_group(campaign: Campaign, template: str, now: datetime, **context: Any) -> None:
    for person in groups.members(campaign.group_id):
        outbox.send(
            person.email,
            template,
            language=person.language,
            now=now,
            key=f"{template}:{campaign.id}:{person.id}:{now.isoformat()}",
            name=person.name,
            title=campaign.title,
            ref=campaign.ref,
            **context,
        )


def _free_slug(words: str) -> str:
    plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-") or "progetto"
    if not queries.slug_taken(slug):
        return slug
    return next(name for n in range(2, 10_000) if not queries.slug_taken(name := f"{slug}-{n}"))
