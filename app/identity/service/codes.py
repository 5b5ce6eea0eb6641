"""One-time codes: six digits by mail, for one purpose and one subject, a quarter of an hour, five tries."""

from __future__ import annotations

import hmac
from datetime import datetime

from sqlalchemy import text, update

from app.core import crypto
from app.core.db import db
from app.core.errors import Invalid, Refusal
from app.core.money import N_
from app.identity import rules
from app.identity.models import Code, Person
from app.identity.queries import lock
from app.identity.service.brakes import PATIENCE, brake
from app.journal.service import record
from app.outbox.service import send

# Counted before it is compared and on a connection of its own: a wrong code rolls the action back, never the count.
_TRY = text(
    "update identity_code set tries = tries + 1 where person_id = :person and purpose = :purpose and subject = :subject"
    " and used_at is null and ended_at is null and expires_at > :now and tries < :limit returning id, code_hash, tries"
)


def _hash(person: Person, purpose: str, subject: str, code: str) -> bytes:
    return crypto.keyed_hash(f"code:{person.id}:{purpose}:{subject}:{code}")


def issue_code(person: Person, purpose: str, subject: str, now: datetime, *, about: str = "") -> None:
    """Mail the person a fresh code for this purpose and subject; an earlier one ends.

    `about` is how the mail names the thing that is signed.
    """
    brake("code", str(person.id), rules.CODES_PERSON.tries, rules.CODES_PERSON.seconds, now)
    lock(person)
    db.session.execute(
        update(Code)
        .where(
            Code.person_id == person.id,
            Code.purpose == purpose,
            Code.subject == subject,
            Code.used_at.is_(None),
            Code.ended_at.is_(None),
        )
        .values(ended_at=now)
    )
    digits = crypto.six_digits()
    db.session.add(
        Code(
            person_id=person.id,
            purpose=purpose,
            subject=subject,
            code_hash=_hash(person, purpose, subject, digits),
            created_at=now,
            expires_at=now + rules.CODE_LIFE,
        )
    )
    record("identity.issue_code", subject=f"person:{person.id}", by=person, now=now, purpose=purpose, about=subject)
    send(person.email, "identity/code", language=person.language, now=now, name=person.name, code=digits, about=about)


def use_code(person: Person, purpose: str, subject: str, code: str, now: datetime) -> None:
    """Spend the code that was mailed for this purpose and subject; raises Invalid({"code": …})."""
    digits = "".join(code.split())
    with db.engine.begin() as apart:
        apart.execute(PATIENCE)
        tried = apart.execute(
            _TRY,
            {"person": person.id, "purpose": purpose, "subject": subject, "now": now, "limit": rules.CODE_TRIES},
        ).one_or_none()
    if tried is None:
        raise Invalid({"code": N_("There is no code that is still good. Ask for a new one: it comes by e-mail.")})
    if not hmac.compare_digest(bytes(tried.code_hash), _hash(person, purpose, subject, digits)):
        left = rules.CODE_TRIES - tried.tries
        raise Invalid({"code": Refusal("This is not the code of our last e-mail. Tries left: %(left)s.", left=left)})
    spent = db.session.scalars(
        update(Code)
        .where(Code.id == tried.id, Code.used_at.is_(None), Code.ended_at.is_(None))
        .values(used_at=now)
        .returning(Code.id)
    ).one_or_none()
    if spent is None:
        raise Invalid({"code": N_("This code was just used. Ask for a new one: it comes by e-mail.")})
    record("identity.use_code", subject=f"person:{person.id}", by=person, now=now, purpose=purpose, about=subject)
