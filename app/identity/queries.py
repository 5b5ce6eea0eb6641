"""Reads about people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Connection, Text, cast, func, or_, select, text

from app.core import crypto
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Forbidden
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.identity.models import Code, Person, Registration, Reset, RoleGrant, Session
from app.identity.rules import HANDS, Hand, Role, session_alive

ROLE_WORDS = {
    Role.OFFICER: N_("Officers"),
    Role.EVALUATOR: N_("Evaluators"),
    Role.RESPONSIBLE: N_("Responsible officers"),
    Role.FINANCE: N_("Finance"),
    Role.ADMINISTRATOR: N_("Administrators"),
}


@dataclass(frozen=True)
class Looker:
    """Who looks at a page, as far as its header tells."""

    id: int
    ref: str
    name: str
    roles: frozenset[str]


_LOOKER = text(
    """
    select s.seen_at, s.expires_at, s.ended_at, p.id, p.ref, p.name,
        array(select r.role from identity_role r
            where r.person_id = p.id and r.granted_at <= :now and (r.ended_at is null or r.ended_at > :now)) as roles
    from identity_session s join identity_person p on p.id = s.person_id where s.token_hash = :hashed
    """
)


def _alive(row: Any, now: datetime) -> bool:
    return session_alive(now=now, seen_at=row.seen_at, expires_at=row.expires_at, ended_at=row.ended_at)


def looker(raw: str, now: datetime, asked: Connection | None = None) -> Looker | None:
    """Whose living session that secret is, with the roles of that moment, in one question (over that connection)."""
    row = (asked or db.session).execute(_LOOKER, {"hashed": crypto.token_hash(raw), "now": now}).one_or_none()
    if row is None or not _alive(row, now):
        return None
    return Looker(row.id, row.ref, row.name, frozenset(row.roles))


def session_of(raw: str, now: datetime) -> Session | None:
    """The living session of that secret."""
    row = db.session.scalars(select(Session).where(Session.token_hash == crypto.token_hash(raw))).one_or_none()
    if row is None or not _alive(row, now):
        return None
    return row


def visitor(raw: str, now: datetime) -> tuple[Person, frozenset[str]] | None:
    """The person whose living session that secret is, with the roles of that moment, in one question."""
    held = select(cast(RoleGrant.role, Text)).where(RoleGrant.person_id == Session.person_id, _held(now))
    row = db.session.execute(
        select(Session, func.array(held.correlate(Session).scalar_subquery(), type_=ARRAY(Text))).where(
            Session.token_hash == crypto.token_hash(raw)
        )
    ).one_or_none()
    if row is None or not _alive(row[0], now):
        return None
    return row[0].person, frozenset(row[1])


def person_of_session(raw: str, now: datetime) -> Person | None:
    """The person whose living session that secret is."""
    row = session_of(raw, now)
    return row.person if row else None


def _held(now: datetime) -> ColumnElement[bool]:
    return (RoleGrant.granted_at <= now) & or_(RoleGrant.ended_at.is_(None), RoleGrant.ended_at > now)


def roles(person_id: int, now: datetime) -> frozenset[str]:
    """The roles that the person holds at that moment."""
    held = db.session.scalars(select(RoleGrant.role).where(RoleGrant.person_id == person_id, _held(now)))
    return frozenset(str(role) for role in held)


def refuse_hand(by: Actor, hand: Hand, now: datetime) -> None:
    """Refuse who does not hold, at this moment, one of the roles that may do this."""
    if not roles(by.id, now) & set(HANDS[hand]):
        raise Forbidden("Your account does not have the role for this. An administrator can give it to you.")


def roles_of(people: Iterable[Person], now: datetime) -> Mapping[int, frozenset[str]]:
    """The roles of several people at that moment, by their row."""
    wanted = [person.id for person in people]
    found: dict[int, set[str]] = {}
    for grant in db.session.scalars(select(RoleGrant).where(RoleGrant.person_id.in_(wanted), _held(now))):
        found.setdefault(grant.person_id, set()).add(str(grant.role))
    return {person_id: frozenset(found.get(person_id, ())) for person_id in wanted}


def role_grants(person_id: int) -> Sequence[RoleGrant]:
    """All roles that the person ever held, oldest first."""
    return db.session.scalars(select(RoleGrant).where(RoleGrant.person_id == person_id).order_by(RoleGrant.id)).all()


def with_role(role: str, now: datetime) -> Sequence[Person]:
    """Everybody who holds the role at that moment, by name."""
    return db.session.scalars(
        select(Person)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.role == Role(role), _held(now))
        .order_by(Person.name, Person.id)
    ).all()


def person(person_id: int) -> Person | None:
    """The person of that row."""
    return db.session.get(Person, person_id)


def lock(person: Person) -> None:
    """One action at a time on what belongs to this person: a double click waits, then sees the first one's work."""
    db.session.execute(select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))


def people(person_ids: Iterable[int]) -> Mapping[int, Person]:
    """The people of those rows."""
    return {row.id: row for row in db.session.scalars(select(Person).where(Person.id.in_(list(person_ids))))}


def by_ref(ref: str) -> Person | None:
    """The person of that public reference."""
    return db.session.scalars(select(Person).where(Person.ref == ref)).one_or_none()


def by_email(email: str) -> Person | None:
    """The person of that address."""
    return db.session.scalars(select(Person).where(Person.email == email.strip().lower())).one_or_none()


def by_tax_code_hash(hashed: bytes) -> Person | None:
    """The person of that tax code's keyed hash."""
    return db.session.scalars(select(Person).where(Person.tax_code_hash == hashed)).one_or_none()


def tax_code_of(person: Person) -> str:
    """The person's tax code in clear: for deeds and records only, never for a page of somebody else."""
    return crypto.decrypt(person.tax_code)


def people_list(now: datetime) -> Rows:
    """Everybody with an account, for administrators."""
    holds = select(RoleGrant.id).where(RoleGrant.person_id == Person.id, _held(now))
    return Rows(
        select=select(Person),
        key=Person.id,
        views=(
            View("staff", N_("With a role"), holds.exists()),
            *(View(str(role), ROLE_WORDS[role], holds.where(RoleGrant.role == role).exists()) for role in Role),
            View("all", N_("Everybody")),
        ),
        orders=(
            Order("name", N_("by name"), func.sort_key(Person.name, type_=Text)),
            Order("newest", N_("newest first"), Person.created_at, down=True),
        ),
        search=(Person.name, Person.email),
        facets=(Facet("language", N_("Language"), Person.language, words={"it": N_("Italian"), "en": N_("English")}),),
    )


def sessions(person_id: int, now: datetime) -> list[Session]:
    """The person's living sessions, the one used last first."""
    rows = db.session.scalars(
        select(Session)
        .where(Session.person_id == person_id, Session.ended_at.is_(None))
        .order_by(Session.seen_at.desc())
    )
    return [
        row
        for row in rows
        if session_alive(now=now, seen_at=row.seen_at, expires_at=row.expires_at, ended_at=row.ended_at)
    ]


def has_signed_in_from(person_id: int, address: str) -> bool:
    """Whether the person ever signed in from that network address (as far as sessions are kept)."""
    query = select(Session.id).where(Session.person_id == person_id, Session.address == address).limit(1)
    return db.session.scalars(query).first() is not None


def registration(token: str, *, lock: bool = False) -> Registration | None:
    """The registration of that link; locked for who is going to confirm it."""
    query = select(Registration).where(Registration.token_hash == crypto.token_hash(token))
    return db.session.scalars(query.with_for_update() if lock else query).one_or_none()


def reset(token: str, *, lock: bool = False) -> Reset | None:
    """The password reset of that link; locked for who is going to do it."""
    query = select(Reset).where(Reset.token_hash == crypto.token_hash(token))
    return db.session.scalars(query.with_for_update(of=Reset) if lock else query).one_or_none()


def open_code(person_id: int, purpose: str, subject: str, now: datetime) -> Code | None:
    """The code that the person can still use for that purpose and subject."""
    return db.session.scalars(
        select(Code).where(
            Code.person_id == person_id,
            Code.purpose == purpose,
            Code.subject == subject,
            Code.used_at.is_(None),
            Code.ended_at.is_(None),
            Code.expires_at > now,
        )
    ).one_or_none()
