"""Becoming a citizen of the site: registration, and the confirmation that makes the person."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from app.core import clock, crypto
from app.core.codes import CodeError, person_tax_code
from app.core.db import db
from app.core.errors import Conflict, Gone, Invalid, Missing
from app.core.money import N_
from app.core.refs import new_ref
from app.identity import gateway, queries, rules
from app.identity.models import Person, Registration
from app.identity.service.brakes import brake
from app.journal.service import record
from app.outbox.service import send


def _clean(
    name: str, email: str, password: str, born_on: date | None, tax_code: str, today: date
) -> tuple[str, str, date, str]:
    """The answers in their kept form; raises Invalid with one sentence per wrong answer."""
    errors: dict[str, str] = {}
    try:
        name = rules.clean_name(name)
    except ValueError as refused:
        errors["name"] = str(refused)
    try:
        email = rules.clean_email(email)
    except ValueError as refused:
        errors["email"] = str(refused)
    if born_on is None:
        errors["born_on"] = N_("Write the date of birth like this: 31/12/1990.")
    elif refused_birth := rules.refuse_birth(born_on, today):
        errors["born_on"] = refused_birth
    try:
        tax_code = person_tax_code(tax_code)
        if born_on is not None and "born_on" not in errors and not rules.tax_code_fits(tax_code, born_on):
            errors["tax_code"] = N_("This tax code belongs to another date of birth. Check both.")
    except CodeError as wrong:
        errors["tax_code"] = str(wrong)
    if refused_password := rules.refuse_password(password, name=name, email=email):
        errors["password"] = refused_password
    if errors or born_on is None:
        raise Invalid(errors)
    return name, email, born_on, tax_code


def register(
    *,
    name: str,
    email: str,
    password: str,
    born_on: date | None,
    tax_code: str,
    language: str,
    now: datetime,
    address: str = "",
    onward: str = "",
) -> None:
    """Take a registration and write to the address; what follows looks the same whether the address is known or not."""
    name, email, born_on, tax_code = _clean(name, email, password, born_on, tax_code, clock.local(now).date())
    language = language if language in rules.LANGUAGES else rules.LANGUAGES[0]
    if address:
        brake("register.address", address, rules.REGISTER_ADDRESS.tries, rules.REGISTER_ADDRESS.seconds, now)
    brake("register.email", email, rules.REGISTER_EMAIL.tries, rules.REGISTER_EMAIL.seconds, now)
    password_hash = gateway.hash_password(password)
    code_hash = crypto.keyed_hash(tax_code)
    known = queries.by_email(email)
    if known is not None:
        send(known.email, "identity/already", language=known.language, now=now, name=known.name)
        return
    if queries.by_tax_code_hash(code_hash) is not None:
        send(email, "identity/not_opened", language=language, now=now, name=name)
        return
    raw, hashed = crypto.new_token()
    db.session.add(
        Registration(
            token_hash=hashed,
            email=email,
            name=name,
            language=language,
            born_on=born_on,
            tax_code=crypto.encrypt(tax_code),
            tax_code_hash=code_hash,
            password_hash=password_hash,
            created_at=now,
            expires_at=now + rules.CONFIRM_LIFE,
        )
    )
    send(email, "identity/confirm", language=language, now=now, name=name, token=raw, onward=onward)


KNOWN = N_("There is already an account with these data. Sign in, or set a new password.")


def open_registration(token: str, *, now: datetime, lock: bool = False) -> Registration:
    """The registration that the link can still confirm; raises Missing or Gone."""
    found = queries.registration(token, lock=lock)
    if found is None:
        raise Missing("This link is not complete. Open it again from the e-mail.")
    if found.confirmed_at is not None:
        raise Gone("This address is already confirmed. Sign in with your password.")
    if now >= found.expires_at:
        raise Gone("This link has expired. Register again and we send you a new one.")
    return found


def confirm_email(token: str, *, password: str, now: datetime) -> Person:
    """Make the person of a registration, once.

    The password is asked again: who only owns the mailbox cannot be given an account that somebody else filled in.
    """
    found = open_registration(token, now=now, lock=True)
    brake("confirm", token, rules.CONFIRM_TOKEN.tries, rules.CONFIRM_TOKEN.seconds, now)
    if not gateway.password_fits(found.password_hash, password):
        raise Invalid({"password": N_("This is not the password that was chosen at the registration.")})
    if queries.by_email(found.email) or queries.by_tax_code_hash(found.tax_code_hash):
        raise Conflict(KNOWN)
    found.confirmed_at = now
    return become_person(found, now=now)


def become_person(found: Registration, *, now: datetime) -> Person:
    """The account of a registration whose address is proved; raises Conflict where somebody has these data."""
    person = Person(
        ref=new_ref("per"),
        email=found.email,
        name=found.name,
        language=found.language,
        born_on=found.born_on,
        tax_code=found.tax_code,
        tax_code_hash=found.tax_code_hash,
        password_hash=found.password_hash,
        email_confirmed_at=now,
        created_at=found.created_at,
    )
    try:
        with db.session.begin_nested():
            db.session.add(person)
    except IntegrityError:  # another registration with the same data was confirmed at this very moment
        raise Conflict(KNOWN) from None
    record("identity.register", subject=f"person:{person.id}", by=person, now=now)
    return person
