"""People, their sessions, roles and codes, and the tries that are counted."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Named, named_check
from app.identity.rules import Role


class Person(Model):
    """A citizen with a confirmed address; the tax code is encrypted, its keyed hash makes the person unique."""

    __tablename__ = "identity_person"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("language in ('it', 'en')", name="language"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    language: Mapped[str]
    born_on: Mapped[date]
    tax_code: Mapped[bytes]
    tax_code_hash: Mapped[bytes] = mapped_column(unique=True)
    password_hash: Mapped[str]
    email_confirmed_at: Mapped[datetime]
    created_at: Mapped[datetime]


class Registration(Model):
    """A registration whose address is not confirmed yet; only the confirmed one becomes a person."""

    __tablename__ = "identity_registration"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    email: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    language: Mapped[str]
    born_on: Mapped[date]
    tax_code: Mapped[bytes]
    tax_code_hash: Mapped[bytes]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RoleGrant(Model):
    """A role that a person holds from a moment on, until it ends."""

    __tablename__ = "identity_role"
    __table_args__ = (
        CheckConstraint(named_check("role", Role), name="role"),
        CheckConstraint("granted_by is distinct from person_id", name="granted_by_another"),
        CheckConstraint("ended_by is distinct from person_id", name="ended_by_another"),
        CheckConstraint("ended_at >= granted_at", name="ends_after_it_begins"),
        Index("uq_identity_role_current", "person_id", "role", unique=True, postgresql_where=text("ended_at is null")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    role: Mapped[Role] = mapped_column(Named(Role))
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Session(Model):
    """A browser in which a person is signed in; only the hash of its secret is here."""

    __tablename__ = "identity_session"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    address: Mapped[str]
    browser: Mapped[str]
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Reset(Model):
    """A link by which a person sets a new password, once."""

    __tablename__ = "identity_reset"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)


class Code(Model):
    """Six digits sent by mail, good once, for one purpose and one subject."""

    __tablename__ = "identity_code"
    __table_args__ = (
        CheckConstraint("tries between 0 and 5", name="tries"),
        Index(
            "uq_identity_code_open",
            "person_id",
            "purpose",
            "subject",
            unique=True,
            postgresql_where=text("used_at is null and ended_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    purpose: Mapped[str]
    subject: Mapped[str]
    code_hash: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(server_default=text("0"))
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Attempt(Model):
    """One try of something that may be tried only so often; the key (address, account) is kept as a keyed hash."""

    __tablename__ = "identity_attempt"
    __table_args__ = (Index("ix_identity_attempt_kind_key_hash_at", "kind", "key_hash", "at"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    kind: Mapped[str]
    key_hash: Mapped[bytes]
    at: Mapped[datetime]
