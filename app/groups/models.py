"""Groups, members, invitations, the constitution and the legal entity with its items; triggers are in the migration."""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.db import Model, Named, named_check
from app.groups.rules import EntityState, ItemKind, ItemState, Kind, LegalForm, Outcome


class Group(Model):
    """People acting together; it stays the same group when it becomes a body."""

    __tablename__ = "groups_group"
    __table_args__ = (
        CheckConstraint(named_check("kind", Kind), name="kind"),
        CheckConstraint("length(name) between 2 and 120", name="name_length"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[Kind] = mapped_column(Named(Kind))
    zone_id: Mapped[int] = mapped_column(ForeignKey("territory_zone.id"))
    about: Mapped[str] = mapped_column(default="", server_default=text("''"))
    created_at: Mapped[datetime]
    created_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    frozen_at: Mapped[datetime | None]


class Member(Model):
    """A person's time in a group."""

    __tablename__ = "groups_member"
    __table_args__ = (
        Index(
            "uq_groups_member_present",
            "group_id",
            "person_id",
            unique=True,
            postgresql_where=text("left_at is null"),
        ),
        CheckConstraint("left_at is null or left_at >= joined_at", name="time_runs_forward"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"), index=True)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Invitation(Model):
    """A letter that asks one address to join; only the hash of its link is kept."""

    __tablename__ = "groups_invitation"
    __table_args__ = (
        Index(
            "uq_groups_invitation_open",
            "group_id",
            "email",
            unique=True,
            postgresql_where=text("used_at is null and withdrawn_at is null"),
        ),
        CheckConstraint("email = lower(email)", name="email_lower"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"))
    email: Mapped[str]
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    invited_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    used_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    withdrawn_at: Mapped[datetime | None]


class Constitution(Model):
    """The time in which a group that won becomes a body."""

    __tablename__ = "groups_constitution"
    __table_args__ = (
        CheckConstraint("outcome is null or outcome in ('verified', 'lapsed')", name="outcome"),
        CheckConstraint("(closed_at is null) = (outcome is null)", name="closed_with_outcome"),
        CheckConstraint("due_at > opened_at", name="due_after_opening"),
        CheckConstraint(
            "(extended_until is null) = (extended_by is null)"
            " and (extended_until is null) = (extension_reason is null)",
            name="extension_whole",
        ),
        CheckConstraint(
            "extended_until is null or extended_until > due_at"
            " and extended_until <= due_at + make_interval(days => extension_days::int) + interval '2 hours'",
            name="extension_within_limit",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"), unique=True)
    subject: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    extension_days: Mapped[int]
    extended_until: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    extended_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    extension_reason: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    outcome: Mapped[Outcome | None] = mapped_column(Named(Outcome))

    @property
    def ends_at(self) -> datetime:
        """The end that holds now."""
        return self.extended_until or self.due_at


class LegalEntity(Model):
    """The body behind a group: the only payee of gifts and grants, once verified."""

    __tablename__ = "groups_legal_entity"
    __table_args__ = (
        CheckConstraint(named_check("state", EntityState), name="state"),
        CheckConstraint(named_check("form", LegalForm), name="form"),
        CheckConstraint("tax_code is null or tax_code ~ '^[0-9]{11}$'", name="tax_code_digits"),
        CheckConstraint("iban is null or iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'", name="iban_form"),
        CheckConstraint(
            "(state = 'verified') = (verified_at is not null and verified_by is not null)", name="verified_by"
        ),
        CheckConstraint(
            "state = 'draft' or name is not null and form is not null and tax_code is not null"
            " and representative_id is not null and iban is not null and stripe_account is not null",
            name="verified_is_whole",
        ),
        CheckConstraint("account_ready_at is null or stripe_account is not null", name="ready_has_account"),
        Index(
            "uq_groups_legal_entity_tax_code",
            "tax_code",
            unique=True,
            postgresql_where=text("state = 'verified'"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    group_id: Mapped[int] = mapped_column(ForeignKey("groups_group.id"), unique=True)
    name: Mapped[str | None]
    form: Mapped[LegalForm | None] = mapped_column(Named(LegalForm))
    register_number: Mapped[str | None]
    tax_code: Mapped[str | None]
    representative_id: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    iban: Mapped[str | None]
    bank: Mapped[str | None]
    stripe_account: Mapped[str | None] = mapped_column(unique=True)
    account_asked_at: Mapped[datetime | None]
    account_request: Mapped[dict[str, Any] | None]  # what was asked, word for word: a repeated request must not differ
    account_ready_at: Mapped[datetime | None]
    account_needs: Mapped[list[Any]] = mapped_column(default=list, server_default=text("'[]'::jsonb"))
    state: Mapped[EntityState] = mapped_column(Named(EntityState))
    created_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]
    verified_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Item(Model):
    """One thing to verify: what the group sent and what the officer said of it."""

    __tablename__ = "groups_item"
    __table_args__ = (
        UniqueConstraint("entity_id", "kind"),
        CheckConstraint(named_check("kind", ItemKind), name="kind"),
        CheckConstraint(named_check("state", ItemState), name="state"),
        CheckConstraint("state <> 'returned' or reason is not null", name="returned_with_reason"),
        CheckConstraint(
            "state not in ('accepted', 'returned') or checked_by is not null and checked_at is not null",
            name="checked_by",
        ),
        CheckConstraint(
            "state = 'missing' or kind not in ('deed', 'statute') or file_id is not null", name="document_has_file"
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    entity_id: Mapped[int] = mapped_column(ForeignKey("groups_legal_entity.id"))
    kind: Mapped[ItemKind] = mapped_column(Named(ItemKind))
    state: Mapped[ItemState] = mapped_column(Named(ItemState))
    file_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    reason: Mapped[str | None]
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    checked_at: Mapped[datetime | None]
