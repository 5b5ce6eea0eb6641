"""The only writer of the outbox."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import or_, select, update

from app.core import crypto, jobs
from app.core.db import db
from app.core.errors import Conflict
from app.core.refs import new_ref
from app.outbox import gateway, queries, rules
from app.outbox.models import Message
from app.outbox.rules import State


def send(
    to: str,
    template: str,
    *,
    language: str,
    now: datetime,
    key: str | None = None,
    unsubscribe: str | None = None,
    **context: Any,
) -> Message | None:
    """Write the mail of that template ("room/name") in that language; with a key it is written only once.

    Nothing leaves here: a job sends what the transaction has committed. Returns None where the key was used before.
    News names the page that ends it (`unsubscribe`): the mail program offers it, and so does the foot of the letter.
    """
    if key is not None and db.session.scalars(select(Message.id).where(Message.key == key)).first() is not None:
        return None
    secrets = [
        str(context[name]) for name in rules.SECRET_NAMES if len(str(context.get(name) or "")) >= rules.SHORTEST_SECRET
    ]
    body = rules.seal(gateway.write(template, language, context), secrets)
    message = Message(
        ref=new_ref("msg"),
        key=key,
        recipient=to.strip().lower(),
        language=language,
        template=template,
        subject=rules.parse(body).subject,
        body=body,
        sealed=crypto.encrypt(json.dumps(secrets)) if secrets else None,
        unsubscribe=rules.seal(unsubscribe, secrets) if unsubscribe else None,
        created_at=now,
        next_try_at=now,
    )
    db.session.add(message)
    db.session.flush()
    if gateway.has_server():
        jobs.defer("outbox.deliver", queue="mail", key="outbox.deliver")
    return message


class Reader(Protocol):
    """Somebody with an address, a language and a name."""

    @property
    def id(self) -> int: ...
    @property
    def email(self) -> str: ...
    @property
    def language(self) -> str: ...
    @property
    def name(self) -> str: ...


def send_each(readers: Iterable[Reader], template: str, *, now: datetime, key: str | None, **context: Any) -> None:
    """Write the same letter to each of them, by name and in her own language; once for each under that key."""
    for reader in readers:
        own = f"{key}:{reader.id}" if key else None
        send(reader.email, template, language=reader.language, now=now, key=own, name=reader.name, **context)


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


def send_again(message: Message, *, by: str, now: datetime) -> Message:
    """An administrator has a letter sent once more: one that failed from the start, one that left as a second copy."""
    message = queries.locked(message.id)
    if not message.body:
        raise Conflict("The words of this letter were removed after a month: it cannot be sent again.")
    if message.template in rules.ONCE:
        raise Conflict("This letter holds a link or a code that works once. Its reader asks for a new one on the page.")
    if message.state is State.WAITING:
        raise Conflict("This letter is still waiting: it is tried again by itself.")
    if message.state is State.FAILED:
        message.state, message.attempts, message.next_try_at, message.last_error = State.WAITING, 0, now, None
        again = message
    else:
        again = _copy(message, now)
        db.session.add(again)
    again.again_at, again.again_by = now, by
    db.session.flush()
    if gateway.has_server():
        jobs.defer("outbox.deliver", queue="mail", key="outbox.deliver")
    return again


def _copy(message: Message, now: datetime) -> Message:
    return Message(
        ref=new_ref("msg"),
        recipient=message.recipient,
        language=message.language,
        template=message.template,
        subject=message.subject,
        body=message.body,
        sealed=message.sealed,
        unsubscribe=message.unsubscribe,
        state=State.WAITING,
        created_at=now,
        next_try_at=now,
        attempts=0,
    )


def forget_old(*, now: datetime, days: int = 30) -> None:
    """Remove the words of mail that left or failed long ago: they are personal data, and may hold links and codes."""
    before = now - timedelta(days=days)
    db.session.execute(
        update(Message)
        .where(
            or_(
                (Message.state == State.SENT) & (Message.sent_at < before),
                (Message.state == State.FAILED) & (Message.next_try_at < before),
            ),
            Message.body != "",
        )
        .values(body="", sealed=None, unsubscribe=None)
    )


def page(language: str, path: str) -> str:
    """The address of a page of ours in a language, for mail: page("it", "/pledges/abc")."""
    return f"{gateway.base_url()}/{language}{path}"


def html_of(message: Message, *, hidden: bool = False) -> str:
    """The message as its reader's mail program shows it; `hidden` leaves out what only the reader may know."""
    return gateway.html(
        queries.letter(message, hidden=hidden),
        message.language,
        unsubscribe=queries.unsubscribe_of(message, hidden=hidden),
        preview=True,
    )


def text_of(message: Message, *, hidden: bool = False) -> str:
    """The plain-text part, as it is sent; `hidden` leaves out what only the reader may know."""
    return gateway.text(
        queries.letter(message, hidden=hidden),
        message.language,
        unsubscribe=queries.unsubscribe_of(message, hidden=hidden),
    )
