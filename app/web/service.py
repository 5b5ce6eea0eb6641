"""The only writer of readers' letters to the office and of the city's settings."""

from __future__ import annotations

from datetime import datetime

from app.core import settings
from app.core.actor import Actor
from app.core.db import db
from app.core.refs import new_ref
from app.files import service as files
from app.identity import service as identity
from app.journal.service import record
from app.outbox import service as outbox
from app.web import rules
from app.web.models import Feedback


def take_letter(
    letter: rules.Letter, *, address: str | None, language: str, by: Actor | None, now: datetime
) -> Feedback:
    """Keep what a reader wrote and write the mail that brings it to the office; too many in an hour are refused."""
    if address:
        identity.brake("web.write", address, *rules.ONE_READER, now)
    identity.brake("web.write.all", "everybody", *rules.ALL_READERS, now)
    kept = Feedback(
        ref=new_ref("fbk"),
        about=letter.about,
        page=letter.page,
        words=letter.words,
        email=letter.email,
        language=language,
        written_at=now,
        person_id=by.id if by else None,
    )
    db.session.add(kept)
    db.session.flush()
    outbox.send(
        settings.get("city.email"),
        "web/feedback",
        language="it",
        now=now,
        key=f"web.feedback:{kept.ref}",
        about=str(letter.about),
        words=letter.words,
        page_named=letter.page,
        answer_to=letter.email,
        ref=kept.ref,
    )
    return kept


def change_city(wanted: dict[str, str], *, logo: tuple[bytes, str] | None, by: Actor, now: datetime) -> list[str]:
    """Write the city's settings, with a new logo if one was sent; returns the names of those that changed."""
    before = settings.several("city.")
    if logo is not None:
        kept = files.store(logo[0], logo[1], kind="picture", private=False, by=by, now=now)
        wanted = {**wanted, "logo": kept.ref}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    for name, value in changed.items():
        settings.put(f"city.{name}", value)
    if changed:
        old = {name: before[name] for name in changed}
        record("web.change_city", subject="city", by=by, now=now, before=old, after=changed)
    return sorted(changed)
