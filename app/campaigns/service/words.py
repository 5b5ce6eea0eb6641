"""What the group writes: the story, news, answers; and what neighbours ask."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from app.campaigns import queries
from app.campaigns.models import Campaign, Question, StoryVersion, Update, UpdateVersion
from app.campaigns.rules import (
    IMPACT_MOST,
    MOVES,
    NEWS_TITLE_MOST,
    STORY_MOST,
    SUMMARY_MOST,
    Act,
    Impact,
    missing,
)
from app.campaigns.service.access import refuse_stranger
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, Missing, Refusal
from app.core.moves import move
from app.core.refs import new_ref
from app.journal import service as journal


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
    refuse_stranger(campaign, by)
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
    if campaign.public:
        errors |= missing(summary=words["summary"], story=words["story"])
    if len(impact) > IMPACT_MOST:
        errors["impact"] = Refusal("Write at most %(most)s lines.", most=IMPACT_MOST)
    if len({line.amount for line in impact}) < len(impact):
        errors["impact"] = Refusal("Each line has its own amount: two are the same.")
    if any(line.amount > campaign.budget for line in impact):
        errors["impact"] = Refusal("An amount is larger than the whole budget.")
    if errors:
        raise Invalid(errors)


def post_update(
    campaign: Campaign,
    title: str,
    body: str,
    *,
    by: Actor,
    now: datetime,
    picture_id: int | None = None,
    picture_alt: str = "",
) -> Update:
    """The group tells news on the public page."""
    refuse_stranger(campaign, by)
    if not campaign.public:
        raise Conflict("News can be posted once the campaign is open.")
    update = Update(
        ref=new_ref("upd"),
        campaign_id=campaign.id,
        posted_at=now,
        posted_by=by.id,
        **_news_words(title, body, picture_id, picture_alt),
    )
    db.session.add(update)
    journal.record("campaigns.post_update", subject=campaign.key, by=by, now=now, title=update.title)
    return update


def rewrite_update(
    campaign: Campaign,
    update: Update,
    title: str,
    body: str,
    *,
    by: Actor,
    now: datetime,
    picture_id: int | None = None,
    picture_alt: str = "",
) -> Update:
    """Change a piece of news; how it read before stays for everybody to see."""
    refuse_stranger(campaign, by)
    queries.locked(campaign.id)
    words = _news_words(title, body, picture_id, picture_alt)
    if all(getattr(update, name) == value for name, value in words.items()):
        return update
    version = len(queries.earlier_words(update)) + 1
    db.session.add(
        UpdateVersion(
            update_id=update.id,
            version=version,
            title=update.title,
            body=update.body,
            picture_id=update.picture_id,
            picture_alt=update.picture_alt,
            written_at=update.changed_at or update.posted_at,
        )
    )
    for name, value in words.items():
        setattr(update, name, value)
    update.changed_at = now
    journal.record(
        "campaigns.rewrite_update", subject=campaign.key, by=by, now=now, title=update.title, version=version + 1
    )
    return update


def _news_words(title: str, body: str, picture_id: int | None, picture_alt: str) -> dict[str, Any]:
    errors: dict[str, Refusal | str] = {}
    if not title.strip() or len(title.strip()) > NEWS_TITLE_MOST:
        errors["title"] = Refusal("Write a title of at most 120 characters.")
    if not body.strip() or len(body.strip()) > STORY_MOST:
        errors["body"] = Refusal("Write the news: at least one sentence.")
    if picture_id is not None and not picture_alt.strip():
        errors["picture_alt"] = Refusal("Write what the picture shows: not everybody can see it.")
    if errors:
        raise Invalid(errors)
    return {
        "title": " ".join(title.split()),
        "body": body.strip(),
        "picture_id": picture_id,
        "picture_alt": " ".join(picture_alt.split()) if picture_id is not None else "",
    }


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
    refuse_stranger(campaign, by)
    if not 2 <= len(answer.strip()) <= 3_000:
        raise Invalid({"answer": Refusal("Write the answer in at most 3,000 characters.")})
    question.answer, question.answered_at, question.answered_by = answer.strip(), now, by.id
    journal.record("campaigns.answer_question", subject=campaign.key, by=by, now=now)
