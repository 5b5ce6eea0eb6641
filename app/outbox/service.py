"""The only writer of the outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from app.core import jobs
from app.core.db import db
from app.core.refs import new_ref
from app.outbox import gateway, rules
from app.outbox.models import Message
from app.outbox.rules import State


def send(
    to: str, template: str, *, language: str, now: datetime, key: str | None = None, **context: Any
) -> Message | None:
    """Write the mail of that template ("room/name") in that language; with a key it is written only once.

    Nothing leaves here: a job sends what the transaction has committed. Returns None where the key was used before.
    """
    if key is not None and db.session.scalars(select(Message.id).where(Message.key == key)).first() is not None:
        return None
    body = gateway.write(template, language, context)
    message = Message(
        ref=new_ref("msg"),
        key=key,
        recipient=to.strip().lower(),
        language=language,
        template=template,
        subject=rules.parse(body).subject,
        body=body,
        created_at=now,
        next_try_at=now,
    )
    db.session.add(message)
    db.session.flush()
    if gateway.has_server():
        jobs.defer("outbox.deliver", key="outbox.deliver")
    return message


def claim(*, now: datetime) -> Message | None:
    """Take the next message that is due, for a few minutes: if this worker dies, another takes it after that."""
    message = db.session.scalars(
        select(Message)
        .where(Message.state == State.WAITING, Message.next_try_at <= now)
        .order_by(Message.next_try_at, Message.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if message is not None:
        message.attempts += 1
        message.next_try_at = now + rules.LEASE
    return message


def sent(message: Message, *, now: datetime) -> None:
    """The server took it."""
    message.state, message.sent_at, message.last_error = State.SENT, now, None


def failed(message: Message, reason: str, *, for_good: bool, now: datetime) -> None:
    """The server did not take it: try later, or give up."""
    message.last_error = reason[:500]
    if for_good or message.attempts >= rules.TRIES:
        message.state = State.FAILED
    else:
        message.next_try_at = now + rules.wait_after(message.attempts)


def forget_old(*, now: datetime, days: int = 30) -> None:
    """Remove the words of mail that left long ago: they may hold links and codes, and personal data."""
    db.session.execute(
        update(Message)
        .where(Message.state == State.SENT, Message.sent_at < now - timedelta(days=days), Message.body != "")
        .values(body="")
    )


def page(language: str, path: str) -> str:
    """The address of a page of ours in a language, for mail: page("it", "/pledges/abc")."""
    return f"{gateway.base_url()}/{language}{path}"


def html_of(message: Message) -> str:
    """The message as its reader's mail program shows it."""
    return gateway.html(rules.parse(message.body), message.language)
