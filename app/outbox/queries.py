"""Reads of the outbox."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Select, func, or_, select

from app.core import crypto
from app.core.clock import at_local
from app.core.db import db
from app.core.errors import Missing
from app.outbox.models import Message
from app.outbox.rules import HIDDEN, Letter, State, masked, parse, unseal

_SIX = re.compile(r"\b\d{6}\b")  # letters written before codes were sealed


def latest(limit: int = 100, recipient: str | None = None, words: str = "") -> Sequence[Message]:
    """The newest messages, newest first; to one address, or with some words in address or subject, if asked."""
    query = select(Message).order_by(Message.id.desc()).limit(limit)
    if recipient is not None:
        query = query.where(Message.recipient == recipient.strip().lower())
    return db.session.scalars(_with_words(query, words)).all()


def _with_words(query: Select[Message], words: str) -> Select[Message]:
    if not words:
        return query
    return query.where(
        or_(Message.recipient.icontains(words, autoescape=True), Message.subject.icontains(words, autoescape=True))
    )


@dataclass(frozen=True)
class Wanted:
    """What an administrator looks for in the log; empty means all."""

    words: str = ""
    state: State | None = None
    kind: str = ""
    day: date | None = None


def log(wanted: Wanted, *, before: int | None = None, limit: int = 50) -> Sequence[Message]:
    """The messages that are wanted, newest first, older than the given one."""
    query = _with_words(select(Message).order_by(Message.id.desc()).limit(limit), wanted.words)
    if before is not None:
        query = query.where(Message.id < before)
    if wanted.state is not None:
        query = query.where(Message.state == wanted.state)
    if wanted.kind:
        query = query.where(Message.template == wanted.kind)
    if wanted.day is not None:
        start, end = at_local(wanted.day, 0), at_local(wanted.day + timedelta(days=1), 0)
        query = query.where(Message.created_at >= start, Message.created_at < end)
    return db.session.scalars(query).all()


def counts() -> dict[State, int]:
    """How many messages stand in each state."""
    rows = db.session.execute(select(Message.state, func.count()).group_by(Message.state))
    found = {state: number for state, number in rows}  # noqa: C416 - typed rows
    return {state: found.get(state, 0) for state in State}


def kinds() -> Sequence[str]:
    """The templates that were ever used, by name."""
    return db.session.scalars(select(Message.template).distinct().order_by(Message.template)).all()


def find(ref: str) -> Message | None:
    """The message of that reference."""
    return db.session.scalars(select(Message).where(Message.ref == ref)).one_or_none()


def by_ref(ref: str) -> Message:
    """The message of that reference; raises Missing where there is none."""
    found = find(ref)
    if found is None:
        raise Missing("There is no letter with this reference.")
    return found


def locked(message_id: int) -> Message:
    """The message as it stands now, held still until the end of this transaction."""
    return db.session.scalars(
        select(Message).where(Message.id == message_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def sent_to(address: str, *, before: int | None = None, limit: int = 50) -> Sequence[Message]:
    """What was written to an address, newest first, older than the given message."""
    query = select(Message).where(Message.recipient == address).order_by(Message.id.desc()).limit(limit)
    return db.session.scalars(query if before is None else query.where(Message.id < before)).all()


def _secrets(message: Message) -> list[str]:
    return [] if message.sealed is None else [str(each) for each in json.loads(crypto.decrypt(message.sealed))]


def _words(message: Message, text: str, *, hidden: bool) -> str:
    if not hidden:
        return unseal(text, _secrets(message))
    return masked(_SIX.sub(HIDDEN, text) if message.template == "identity/code" else text)


def letter(message: Message, *, hidden: bool = False) -> Letter:
    """The message's parts as its reader gets them; `hidden` leaves out what only the reader may know."""
    return parse(_words(message, message.body or message.subject, hidden=hidden))


def links_of(message: Message) -> list[tuple[str, str]]:
    """Label and address of the message's buttons."""
    return [(block.lines[0], block.lines[1]) for block in letter(message).blocks if block.kind == "button"]


def unsubscribe_of(message: Message, *, hidden: bool = False) -> str | None:
    """The page that ends the news, for a letter that is news."""
    return None if message.unsubscribe is None else _words(message, message.unsubscribe, hidden=hidden)


def overdue(now: datetime) -> int:
    """How many messages should have left by now."""
    return db.session.scalars(
        select(func.count()).select_from(Message).where(Message.state == State.WAITING, Message.next_try_at < now)
    ).one()
