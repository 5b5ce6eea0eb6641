"""A person's own account: name, language, password, and the way back in for who forgot it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from app.core import crypto
from app.core.db import db
from app.core.errors import Gone, Invalid, Missing
from app.core.money import N_
from app.identity import gateway, queries, rules
from app.identity.models import Person, Reset
from app.identity.service.brakes import brake, release
from app.identity.service.sessions import end_other_sessions
from app.journal.service import record
from app.outbox.service import send


def change_details(person: Person, *, name: str, language: str, now: datetime) -> None:
    """Change how the person is called and in which language we write."""
    try:
        name = rules.clean_name(name)
    except ValueError as refused:
        raise Invalid({"name": str(refused)}) from None
    if language not in rules.LANGUAGES:
        raise Invalid({"language": N_("Choose one of the languages.")})
    before = {"name": person.name, "language": person.language}
    person.name, person.language = name, language
    record("identity.change_details", subject=f"person:{person.id}", by=person, now=now, before=before)


def change_password(person: Person, *, old: str, new: str, keep: str | None, now: datetime) -> None:
    """Set a new password for who knows the old one; all other sessions end."""
    brake("password", str(person.id), rules.PASSWORD_PERSON.tries, rules.PASSWORD_PERSON.seconds, now)
    errors: dict[str, str] = {}
    if not gateway.password_fits(person.password_hash, old):
        errors["old"] = N_("This is not your password of today.")
    if refused := rules.refuse_password(new, name=person.name, email=person.email):
        errors["new"] = refused
    if errors:
        raise Invalid(errors)
    _set_password(person, new, keep=keep, now=now)


def ask_reset(email: str, *, now: datetime, language: str, address: str = "") -> None:
    """Send the link for a new password, if there is such an account; else say so to the address, so both look alike."""
    try:
        email = rules.clean_email(email)
    except ValueError as refused:
        raise Invalid({"email": str(refused)}) from None
    if address:
        brake("reset.address", address, rules.RESET_ADDRESS.tries, rules.RESET_ADDRESS.seconds, now)
    brake("reset.email", email, rules.RESET_EMAIL.tries, rules.RESET_EMAIL.seconds, now)
    raw, hashed = crypto.new_token()
    person = queries.by_email(email)
    if person is None:
        send(email, "identity/no_account", language=language, now=now)
        return
    db.session.add(Reset(token_hash=hashed, person_id=person.id, created_at=now, expires_at=now + rules.RESET_LIFE))
    send(person.email, "identity/reset", language=person.language, now=now, name=person.name, token=raw)
    record("identity.ask_reset", subject=f"person:{person.id}", by=None, now=now)


def open_reset(token: str, *, now: datetime, lock: bool = False) -> Reset:
    """The reset that the link can still do; raises Missing or Gone."""
    found = queries.reset(token, lock=lock)
    if found is None:
        raise Missing("This link is not complete. Open it again from the e-mail.")
    if found.used_at is not None or now >= found.expires_at:
        raise Gone("This link has expired. Write your e-mail and we send you a new one.")
    return found


def reset_password(token: str, *, password: str, now: datetime) -> Person:
    """Set a new password by the link in the mail, once; all sessions and other links end."""
    person = open_reset(token, now=now, lock=True).person
    if refused := rules.refuse_password(password, name=person.name, email=person.email):
        raise Invalid({"password": refused})
    _set_password(person, password, keep=None, now=now)
    release(
        "sign_in.account", person.email
    )  # who reads the mailbox is the owner: strangers' guesses no longer hold her up
    return person


def _set_password(person: Person, password: str, *, keep: str | None, now: datetime) -> None:
    person.password_hash = gateway.hash_password(password)
    db.session.execute(update(Reset).where(Reset.person_id == person.id, Reset.used_at.is_(None)).values(used_at=now))
    end_other_sessions(person, keep=keep, by=person, now=now)
    record("identity.change_password", subject=f"person:{person.id}", by=person, now=now)
    send(person.email, "identity/password_changed", language=person.language, now=now, name=person.name)
