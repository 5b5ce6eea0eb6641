"""Reads of the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, or_, select

from app.core.db import db
from app.outbox.models import Message
from app.outbox.rules import Letter, State, parse, plain_text


def latest(limit: int = 100, recipient: str | None = None, words: str = "") -> Sequence[Message]:
    """The newest messages, newest first; to one address, or with some words in address or subject, if asked."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    if recipient is not None:
        query = query.where(Message.recipient == recipient.strip().lower())
    if words:
        query = query.where(
            or_(Message.recipient.icontains(words, autoescape=True), Message.subject.icontains(words, autoescape=True))
        )
    return db.session.scalars(query).all()


def find(ref: str) -> Message | None:
    """The message of that reference."""
    return db.session.scalars(select(Message).where(Message.ref == ref)).one_or_none()


def letter(message: Message) -> Letter:
    """The message's parts: subject, paragraphs, buttons, rows."""
    return parse(message.body)


def text_of(message: Message) -> str:
    """The plain-text part, as it is sent."""
    return plain_text(parse(message.body))


def links_of(message: Message) -> list[tuple[str, str]]:
    """Label and address of the message's buttons."""
    return [(block.lines[0], block.lines[1]) for block in parse(message.body).blocks if block.kind == "button"]


def overdue(now: datetime) -> int:
    """How many messages should have left by now."""
    return db.session.scalars(
        select(func.count()).select_from(Message).where(Message.state == State.WAITING, Message.next_try_at < now)
    ).one()
