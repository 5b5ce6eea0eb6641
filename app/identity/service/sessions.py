"""Signing in and out: a session is a row, its secret is known to the browser alone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update

from app.core import crypto
from app.core.db import db
from app.core.errors import Invalid, Missing
from app.core.money import N_
from app.core.refs import new_ref
from app.identity import gateway, queries, rules
from app.identity.models import Person, Session
from app.identity.service.brakes import brake, forgive, release
from app.journal.service import record

WRONG = N_("E-mail or password is not right. Check both, or set a new password.")


def sign_in(email: str, password: str, *, now: datetime, address: str = "", browser: str = "") -> str:
    """Open a session for who knows the password; returns its secret. Unknown address and wrong password look alike."""
    email = email.strip().lower()[:254]
    person = queries.by_email(email)
    tries = [
        brake("sign_in.address", address, rules.SIGN_IN_ADDRESS.tries, rules.SIGN_IN_ADDRESS.seconds, now),
        brake("sign_in.pair", f"{email} {address}", rules.SIGN_IN_PAIR.tries, rules.SIGN_IN_PAIR.seconds, now),
    ]
    # Strangers who try an account must not lock its owner out: where she signed in before, only the pair counts.
    if person is None or not queries.has_signed_in_from(person.id, address):
        tries.append(brake("sign_in.account", email, rules.SIGN_IN_ACCOUNT.tries, rules.SIGN_IN_ACCOUNT.seconds, now))
    fits = gateway.password_fits(person.password_hash if person else None, password[: rules.PASSWORD_MAX * 4])
    if person is None or not fits:
        raise Invalid({"password": WRONG})
    if gateway.outdated(person.password_hash):
        person.password_hash = gateway.hash_password(password)
    forgive(*tries)
    release("sign_in.pair", f"{email} {address}")
    return open_session(person, now=now, address=address, browser=browser)


def open_session(person: Person, *, now: datetime, address: str = "", browser: str = "") -> str:
    """Open a session for a person whose identity was just proved; returns its secret."""
    raw, hashed = crypto.new_token()
    row = Session(
        ref=new_ref("ses"),
        token_hash=hashed,
        person_id=person.id,
        address=address,
        browser=browser[:200],
        created_at=now,
        seen_at=now,
        expires_at=now + rules.SESSION_LIFE,
    )
    db.session.add(row)
    db.session.flush()
    record("identity.sign_in", subject=f"person:{person.id}", by=person, now=now, session=row.ref)
    return raw


def touch(raw: str, *, now: datetime) -> None:
    """Note that the session is in use, at most every few minutes."""
    db.session.execute(
        update(Session)
        .where(
            Session.token_hash == crypto.token_hash(raw),
            Session.ended_at.is_(None),
            Session.seen_at < now - rules.SESSION_TOUCH,
        )
        .values(seen_at=now)
    )


def sign_out(raw: str, *, now: datetime) -> None:
    """End the session of that secret."""
    row = queries.session_of(raw, now)
    if row is None:
        return
    row.ended_at = now
    record("identity.sign_out", subject=f"person:{row.person_id}", by=row.person, now=now, session=row.ref)


def end_session(person: Person, ref: str, *, by: Person, now: datetime) -> None:
    """End one of the person's sessions at once."""
    row = next((one for one in queries.sessions(person.id, now) if one.ref == ref), None)
    if row is None:
        raise Missing("This session has already ended.")
    row.ended_at = now
    record("identity.end_session", subject=f"person:{person.id}", by=by, now=now, session=ref)


def end_other_sessions(person: Person, *, keep: str | None, by: Person | None, now: datetime) -> int:
    """End all sessions of the person but the one of that secret; says how many."""
    kept = crypto.token_hash(keep) if keep else b""
    others = [row for row in queries.sessions(person.id, now) if row.token_hash != kept]
    for row in others:
        row.ended_at = now
    if others:
        record("identity.end_sessions", subject=f"person:{person.id}", by=by, now=now, count=len(others))
    return len(others)
