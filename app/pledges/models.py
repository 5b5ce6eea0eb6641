"""Promises, the attempts to charge them, refunds, and the private links by which donors come back."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.pledges.rules import (
    ChargeState,
    DisputeState,
    Kind,
    LeftOut,
    Mode,
    Origin,
    RefundState,
    Reversal,
    State,
    card_lives_until,
)


class Pledge(Model):
    """One donor's promise to one campaign, with the words that were agreed to."""

    __tablename__ = "pledges_pledge"
    __table_args__ = (
        CheckConstraint(named_check("state", State), name="state"),
        CheckConstraint(named_check("kind", Kind), name="kind"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("language in ('it', 'en')", name="language"),
        CheckConstraint("state not in ('held', 'active') or payment_method is not null", name="promised_with_card"),
        CheckConstraint(
            "state not in ('active', 'charged', 'unpaid', 'refunded') or active_at is not null", name="active_at"
        ),
        CheckConstraint("(state in ('started', 'held', 'active')) = (ended_at is null)", name="ended_at"),
        CheckConstraint(named_check("left_out", LeftOut), name="left_out"),
        CheckConstraint(
            "(left_out is null) = (left_out_at is null) and (left_out is null) = (left_out_why is null)"
            " and (left_out is null) = (left_out_by is null) and (left_out is null or not counts)"
            " and (appeal is null or left_out is not null)",
            name="left_out_whole",
        ),
        Index("ix_pledges_pledge_appeal", "left_out_at", postgresql_where=text("appeal is not null")),
        Index("ix_pledges_pledge_campaign", "campaign_id", "state"),
        Index("ix_pledges_pledge_email", "email"),
        Index(
            "ix_pledges_pledge_to_forget",
            "ended_at",
            postgresql_where=text("payment_method is not null and detached_at is null"),
        ),
        Index("ix_pledges_pledge_open_page", "started_at", postgresql_where=text("state = 'started'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    kind: Mapped[Kind] = mapped_column(Named(Kind))
    state: Mapped[State] = mapped_column(Named(State))
    amount: Mapped[Money]
    counts: Mapped[bool]
    large: Mapped[bool] = mapped_column(server_default=text("false"))
    email: Mapped[str]
    name: Mapped[str]
    show_name: Mapped[bool]
    language: Mapped[str]
    consent_text: Mapped[str]
    consent_version: Mapped[str]
    consent_sha256: Mapped[str]
    consented_at: Mapped[datetime]
    last_charge_on: Mapped[date]
    form_key: Mapped[str] = mapped_column(Text, unique=True)
    customer_id: Mapped[str | None]
    checkout_id: Mapped[str | None] = mapped_column(Text, unique=True)
    checkout_expires_at: Mapped[datetime]
    setup_id: Mapped[str | None] = mapped_column(Text, unique=True)
    on_behalf_of: Mapped[str | None]
    payment_method: Mapped[str | None]
    card_brand: Mapped[str | None]
    card_last4: Mapped[str | None]
    card_month: Mapped[int | None]
    card_year: Mapped[int | None]
    fingerprint: Mapped[str | None]
    started_at: Mapped[datetime]
    reread_at: Mapped[datetime | None]
    stored_at: Mapped[datetime | None]  # the provider's own time of success: what decides whether it was in time
    active_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    why: Mapped[str | None]
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    left_out: Mapped[LeftOut | None] = mapped_column(Named(LeftOut))  # by an officer: it does not count
    left_out_why: Mapped[str | None]
    left_out_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    left_out_at: Mapped[datetime | None]
    appeal: Mapped[str | None]  # the group's words, until another officer has looked again
    detached_at: Mapped[datetime | None]
    tax_code: Mapped[bytes | None]  # encrypted; asked only once a receipt is possible

    @property
    def key(self) -> str:
        """The pledge's name in the ledger and in the journal."""
        return f"pledge:{self.id}"

    @property
    def open(self) -> bool:
        """Whether it may still change on its own way."""
        return self.state in (State.STARTED, State.HELD, State.ACTIVE)

    @property
    def card_until(self) -> date | None:
        """The last day of the stored card."""
        return card_lives_until(self.card_month, self.card_year) if self.card_month and self.card_year else None


class Link(Model):
    """A private link to one pledge, sent by mail; only its hash is kept."""

    __tablename__ = "pledges_link"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledges_pledge.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    sent_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Charge(Model):
    """One attempt to turn a promise into money: our row and key exist before the provider hears of it."""

    __tablename__ = "pledges_charge"
    __table_args__ = (
        UniqueConstraint("pledge_id", "n"),
        CheckConstraint(named_check("state", ChargeState), name="state"),
        CheckConstraint(named_check("mode", Mode), name="mode"),
        CheckConstraint("amount > 0 and fee >= 0 and fee < amount", name="amount_and_fee"),
        CheckConstraint("n > 0", name="n"),
        CheckConstraint(
            "state <> 'succeeded' or (intent_id is not null and provider_charge is not null)", name="succeeded_is_known"
        ),
        CheckConstraint("(state in ('intent', 'sent')) = (settled_at is null)", name="settled_at"),
        # At most one attempt that is alive or has worked: the database, not the program, forbids a second charge.
        Index(
            "uq_pledges_charge_one_live",
            "pledge_id",
            unique=True,
            postgresql_where=text("state in ('intent', 'sent', 'succeeded')"),
        ),
        Index("ix_pledges_charge_first", "settled_at", postgresql_where=text("n = 1 and mode = 'stored'")),
        Index("ix_pledges_charge_live", "lease_until", postgresql_where=text("state in ('intent', 'sent')")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    pledge_id: Mapped[int] = mapped_column(ForeignKey("pledges_pledge.id"))
    entity_id: Mapped[int] = mapped_column(ForeignKey("groups_legal_entity.id"))
    n: Mapped[int]
    key: Mapped[str] = mapped_column(Text, unique=True)
    mode: Mapped[Mode] = mapped_column(Named(Mode))
    state: Mapped[ChargeState] = mapped_column(Named(ChargeState))
    account: Mapped[str]
    amount: Mapped[Money]
    fee: Mapped[Money]
    intent_id: Mapped[str | None] = mapped_column(Text, unique=True)
    checkout_id: Mapped[str | None] = mapped_column(Text, unique=True)
    checkout_expires_at: Mapped[datetime | None]
    provider_charge: Mapped[str | None] = mapped_column(Text, unique=True)
    decline_code: Mapped[str | None]
    advice: Mapped[str | None]
    pay_until: Mapped[datetime]  # so long can the donor still put it right
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    refused: Mapped[int] = mapped_column(default=0, server_default=text("0"))  # times the provider would not do it
    settled_at: Mapped[datetime | None]

    pledge: Mapped[Pledge] = relationship(lazy="raise")

    @property
    def ledger_key(self) -> str:
        """The charge's name in the ledger."""
        return f"charge:{self.id}"


class Refund(Model):
    """Money going back to a donor; all refunds of a charge never exceed it (a trigger)."""

    __tablename__ = "pledges_refund"
    __table_args__ = (
        CheckConstraint(named_check("state", RefundState), name="state"),
        CheckConstraint("amount > 0", name="amount_positive"),
        CheckConstraint(named_check("origin", Origin), name="origin"),
        CheckConstraint("(state in ('asked', 'intent', 'sent')) = (settled_at is null)", name="settled_at"),
        CheckConstraint("(origin = 'officer') = (asked_by is not null)", name="asked_by"),
        CheckConstraint("decided_by <> asked_by", name="two_hands"),
        Index("ix_pledges_refund_charge", "charge_id"),
        Index("ix_pledges_refund_live", "lease_until", postgresql_where=text("state in ('intent', 'sent')")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(Text, unique=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("pledges_charge.id"))
    amount: Mapped[Money]
    key: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[RefundState] = mapped_column(Named(RefundState))
    provider_id: Mapped[str | None] = mapped_column(Text, unique=True)
    why: Mapped[str]
    problem: Mapped[str | None]
    created_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    origin: Mapped[Origin] = mapped_column(Named(Origin), server_default=text("'rule'"))
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    decided_at: Mapped[datetime | None]
    from_platform: Mapped[bool] = mapped_column(server_default=text("false"))  # the body's account is empty
    taken_back: Mapped[Money] = mapped_column(server_default=text("0"))  # of the transfer to the body
    fee_back: Mapped[Money] = mapped_column(server_default=text("0"))  # of the fee, given to the body
    owed: Mapped[Money] = mapped_column(server_default=text("0"))  # what the body still has to give

    charge: Mapped[Charge] = relationship(lazy="raise")

    @property
    def ledger_key(self) -> str:
        """The refund's name in the ledger."""
        return f"refund:{self.id}"


class Dispute(Model):
    """A donor's bank takes a gift back; together with the refunds it never exceeds the charge (a trigger)."""

    __tablename__ = "pledges_dispute"
    __table_args__ = (
        CheckConstraint(named_check("state", DisputeState), name="state"),
        CheckConstraint(named_check("reversal", Reversal), name="reversal"),
        CheckConstraint("amount >= 0 and beyond >= 0 and amount + beyond > 0", name="amounts"),
        CheckConstraint("(state = 'open') = (closed_at is null)", name="closed_at"),
        CheckConstraint("(state = 'lost') = (reversal <> 'none')", name="reversed"),
        Index("ix_pledges_dispute_to_reverse", "lease_until", postgresql_where=text("reversal = 'wanted'")),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    charge_id: Mapped[int] = mapped_column(ForeignKey("pledges_charge.id"), index=True)
    provider_id: Mapped[str] = mapped_column(Text, unique=True)
    state: Mapped[DisputeState] = mapped_column(Named(DisputeState))
    reason: Mapped[str]
    amount: Mapped[Money]  # what of it was left of the gift
    beyond: Mapped[Money] = mapped_column(server_default=text("0"))  # what had gone back already
    fee: Mapped[Money]
    answer_by: Mapped[datetime | None]  # so long can evidence be handed in at the provider
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    reversal: Mapped[Reversal] = mapped_column(Named(Reversal))
    key: Mapped[str] = mapped_column(Text, unique=True)
    taken_back: Mapped[Money] = mapped_column(server_default=text("0"))
    fee_back: Mapped[Money] = mapped_column(server_default=text("0"))
    owed: Mapped[Money] = mapped_column(server_default=text("0"))
    lease_until: Mapped[datetime | None]

    charge: Mapped[Charge] = relationship(lazy="raise")

    @property
    def taken(self) -> Money:
        """What the bank took in all."""
        return self.amount + self.beyond

    @property
    def ledger_key(self) -> str:
        """The dispute's name in the ledger."""
        return f"dispute:{self.id}"


class Pace(Model):
    """When the next card may be charged, for all workers together, and whether collections are paused; one row."""

    __tablename__ = "pledges_pace"
    __table_args__ = (CheckConstraint("id = 1", name="one"), CheckConstraint("busy >= 0", name="busy"))

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_at: Mapped[datetime] = mapped_column(server_default=text("now()"))  # the database's time, not the city's
    busy: Mapped[int] = mapped_column(server_default=text("0"))  # times in a row that the provider asked for patience
    paused_at: Mapped[datetime | None]
    looked_from: Mapped[datetime | None]  # attempts before this are forgiven: a person let collections go on
    failed: Mapped[int] = mapped_column(server_default=text("0"))  # of the last attempts, when they were paused
    tried: Mapped[int] = mapped_column(server_default=text("0"))
