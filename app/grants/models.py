"""Agreements and their signatures, the public record of the award, tranches, orders, expenses and closed accounts."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.calls.rules import TrancheKind
from app.core.db import Model, Named, named_check
from app.core.money import Money
from app.grants.rules import (
    AgreementState,
    ExpenseState,
    Limit,
    OrderState,
    ReportState,
    Signer,
    TrancheState,
)

CUP_FORM = "cup ~ '^[A-Z][0-9]{2}[A-Z][0-9]{11}$'"


class Agreement(Model):
    """What the city and the entity undertake for one project."""

    __tablename__ = "grants_agreement"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        CheckConstraint(named_check("state", AgreementState), name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(CUP_FORM, name="cup"),
        CheckConstraint(
            "(state = 'signed') = (signed_at is not null) and (signed_at is null) = (signed_pdf_id is null)",
            name="signed",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    number: Mapped[int]
    proposal_id: Mapped[int] = mapped_column(ForeignKey("proposals_proposal.id"), unique=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaigns_campaign.id"), unique=True)
    entity_id: Mapped[int] = mapped_column(ForeignKey("groups_legal_entity.id"))
    responsible_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    representative_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    cup: Mapped[str]
    amount: Mapped[Money]
    share_bp: Mapped[int]
    state: Mapped[AgreementState] = mapped_column(Named(AgreementState))
    pdf_file_id: Mapped[int] = mapped_column(ForeignKey("files_file.id"))
    sha256: Mapped[str]
    signed_pdf_id: Mapped[int | None] = mapped_column(ForeignKey("files_file.id"))
    prepared_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    prepared_at: Mapped[datetime]
    signed_at: Mapped[datetime | None]


class Signature(Model):
    """One party's signature by one-time code over the hash of the text."""

    __tablename__ = "grants_signature"
    __table_args__ = (
        UniqueConstraint("agreement_id", "role"),
        UniqueConstraint("agreement_id", "person_id"),
        CheckConstraint(named_check("role", Signer), name="role"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"))
    role: Mapped[Signer] = mapped_column(Named(Signer))
    person_id: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    name: Mapped[str]
    sha256: Mapped[str]
    signed_at: Mapped[datetime]


class AwardRecord(Model):
    """The public record of an award under articles 26 and 27 of D.Lgs. 33/2013."""

    __tablename__ = "grants_award_record"
    __table_args__ = (CheckConstraint("amount > 0", name="amount"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"), unique=True)
    act: Mapped[str]
    beneficiary: Mapped[str]
    tax_code: Mapped[str]
    amount: Mapped[Money]
    cup: Mapped[str]
    rule: Mapped[str]
    office: Mapped[str]
    responsible: Mapped[str]
    method: Mapped[str]
    project: Mapped[str]
    slug: Mapped[str]
    published_at: Mapped[datetime]
    published_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))


class Tranche(Model):
    """One part of the grant, paid by one order."""

    __tablename__ = "grants_tranche"
    __table_args__ = (
        UniqueConstraint("agreement_id", "kind"),
        CheckConstraint(named_check("kind", TrancheKind), name="kind"),
        CheckConstraint(named_check("state", TrancheState), name="state"),
        CheckConstraint("amount >= 0 and (state <> 'due' or amount > 0)", name="amount"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"))
    kind: Mapped[TrancheKind] = mapped_column(Named(TrancheKind))
    bp: Mapped[int]
    amount: Mapped[Money]
    state: Mapped[TrancheState] = mapped_column(Named(TrancheState))


class Batch(Model):
    """One file of transfers as it was handed to the bank, byte for byte."""

    __tablename__ = "grants_batch"
    __table_args__ = (CheckConstraint("lines > 0 and total > 0", name="amount"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    message_id: Mapped[str] = mapped_column(unique=True)
    xml: Mapped[str]
    sha256: Mapped[str]
    lines: Mapped[int]
    total: Mapped[Money]
    execute_on: Mapped[date]
    made_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    made_at: Mapped[datetime]


class Order(Model):
    """A payment order: prepared, approved and paid by different hands; the database refuses it before its time."""

    __tablename__ = "grants_payment_order"
    __table_args__ = (
        UniqueConstraint("year", "number"),
        Index(
            "uq_grants_payment_order_one_live", "tranche_id", unique=True, postgresql_where=text("state <> 'refused'")
        ),
        CheckConstraint(named_check("state", OrderState), name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(CUP_FORM, name="cup"),
        CheckConstraint("approved_by <> prepared_by", name="approver_is_another"),
        CheckConstraint("paid_by <> approved_by", name="payer_is_another"),
        CheckConstraint(
            "state in ('prepared', 'refused') or (approved_by is not null and approved_at is not null)",
            name="approved",
        ),
        CheckConstraint(
            "state not in ('exported', 'paid') or (batch_id is not null and exported_at is not null)",
            name="exported",
        ),
        CheckConstraint(
            "(state = 'paid') = (paid_by is not null and paid_at is not null and paid_on is not null)",
            name="paid",
        ),
        CheckConstraint("(state = 'refused') = (refused_by is not null and reason is not null)", name="refused"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    year: Mapped[int]
    number: Mapped[int]
    tranche_id: Mapped[int] = mapped_column(ForeignKey("grants_tranche.id"))
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"))
    entity_id: Mapped[int] = mapped_column(ForeignKey("groups_legal_entity.id"))
    beneficiary: Mapped[str]
    amount: Mapped[Money]
    iban: Mapped[str]
    cup: Mapped[str]
    state: Mapped[OrderState] = mapped_column(Named(OrderState))
    prepared_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    prepared_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    approved_at: Mapped[datetime | None]
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("grants_batch.id"))
    exported_at: Mapped[datetime | None]
    paid_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    paid_at: Mapped[datetime | None]
    paid_on: Mapped[date | None]
    refused_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    reason: Mapped[str | None]


class Report(Model):
    """The group's account of what it spent."""

    __tablename__ = "grants_report"
    __table_args__ = (CheckConstraint(named_check("state", ReportState), name="state"),)

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"), unique=True)
    state: Mapped[ReportState] = mapped_column(Named(ReportState))
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))


class Expense(Model):
    """One receipt against one line of the budget."""

    __tablename__ = "grants_expense"
    __table_args__ = (
        Index("uq_grants_expense_same_file", "file_sha256", unique=True, postgresql_where=text("state <> 'rejected'")),
        Index(
            "uq_grants_expense_same_document",
            "supplier_key",
            "document_key",
            unique=True,
            postgresql_where=text("state <> 'rejected'"),
        ),
        CheckConstraint(named_check("state", ExpenseState), name="state"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "(state = 'accepted') = (accepted_amount is not null)"
            " and (accepted_amount is null or (accepted_amount > 0 and accepted_amount <= amount))",
            name="accepted_within_the_receipt",
        ),
        CheckConstraint(
            "(state = 'sent') = (decided_by is null) and (decided_by is null) = (decided_at is null)",
            name="decided",
        ),
        CheckConstraint(
            "(state <> 'rejected' and (accepted_amount is null or accepted_amount = amount)) or reason is not null",
            name="reason_for_less",
        ),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    ref: Mapped[str] = mapped_column(unique=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("grants_report.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("proposals_line.id"))
    supplier: Mapped[str]
    supplier_code: Mapped[str]
    document_number: Mapped[str]
    document_on: Mapped[date]
    amount: Mapped[Money]
    file_id: Mapped[int] = mapped_column(ForeignKey("files_file.id"))
    file_sha256: Mapped[str]
    supplier_key: Mapped[str]
    document_key: Mapped[str]
    state: Mapped[ExpenseState] = mapped_column(Named(ExpenseState))
    accepted_amount: Mapped[Money | None]
    reason: Mapped[str | None]
    sent_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    sent_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("identity_person.id"))
    decided_at: Mapped[datetime | None]


class Account(Model):
    """The closed accounts of a grant, with the three limits of which the smallest holds."""

    __tablename__ = "grants_account"
    __table_args__ = (
        CheckConstraint("final_grant = least(confirmed, by_share, by_gifts)", name="smallest"),
        CheckConstraint(
            "balance = greatest(0, final_grant - paid_before) and recovery = greatest(0, paid_before - final_grant)"
            " and economy = greatest(0, confirmed - greatest(final_grant, paid_before))",
            name="adds_up",
        ),
        CheckConstraint(named_check("limited_by", Limit), name="limited_by"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"), unique=True)
    confirmed: Mapped[Money]
    accepted: Mapped[Money]
    gifts: Mapped[Money]
    by_share: Mapped[Money]
    by_gifts: Mapped[Money]
    final_grant: Mapped[Money]
    paid_before: Mapped[Money]
    balance: Mapped[Money]
    economy: Mapped[Money]
    recovery: Mapped[Money]
    limited_by: Mapped[Limit] = mapped_column(Named(Limit))
    closed_at: Mapped[datetime]
    closed_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))


class Repayment(Model):
    """Money that the body gave back to the city, as the treasurer's statement shows it."""

    __tablename__ = "grants_repayment"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("reference <> ''", name="reference"),
        UniqueConstraint("agreement_id", "reference"),
    )

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    agreement_id: Mapped[int] = mapped_column(ForeignKey("grants_agreement.id"))
    amount: Mapped[Money]
    received_on: Mapped[date]
    reference: Mapped[str]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("identity_person.id"))
    recorded_at: Mapped[datetime]
