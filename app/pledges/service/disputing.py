"""Gifts that a donor's bank takes back: opened, won, lost; the body gives a lost one back, or owes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from app.campaigns import queries as campaigns
from app.core.db import db
from app.core.jobs import defer
from app.core.money import ZERO, Money
from app.identity import queries as identity
from app.journal import service as journal
from app.ledger import service as ledger
from app.ledger.rules import reversing
from app.outbox import service as outbox
from app.payments import service as payments
from app.payments.gateway import Dispute as Said
from app.payments.gateway import Split
from app.payments.rules import StopWhy
from app.pledges import queries
from app.pledges.models import Charge, Dispute, Pledge
from app.pledges.rules import LEASE, DisputeState, Reversal
from app.pledges.rules.books import dispute_fee, disputed, taken_back
from app.pledges.service import letters
from app.pledges.service.refunding import came_back, open_accounts, still_owed


def apply_dispute(charge_id: int, said: Said, *, now: datetime) -> Dispute:
    """Make the row what the provider says of this dispute; said again, or late, it changes nothing."""
    charge = db.session.get_one(Charge, charge_id)
    pledge = queries.locked(charge.pledge_id)
    row = db.session.scalars(select(Dispute).where(Dispute.provider_id == said.id).with_for_update()).one_or_none()
    if row is None:
        row = _opened(pledge, charge, said, now)
    if row.state is DisputeState.OPEN and said.status == "won":
        _won(pledge, charge, row, now)
    elif row.state is DisputeState.OPEN and said.status == "lost":
        _lost(pledge, charge, row, now)
    return row


def _opened(pledge: Pledge, charge: Charge, said: Said, now: datetime) -> Dispute:
    left = queries.left_for_dispute(charge)
    row = Dispute(
        charge_id=charge.id,
        provider_id=said.id,
        state=DisputeState.OPEN,
        reason=said.reason,
        amount=min(said.amount, left),
        beyond=max(ZERO, said.amount - left),
        fee=said.fee,
        answer_by=said.answer_by,
        opened_at=said.opened_at,
        reversal=Reversal.NONE,
        key=f"dispute:{said.id}",
    )
    db.session.add(row)
    db.session.flush()
    open_accounts(pledge.campaign_id)
    ledger.post(disputed(pledge.campaign_id, row.id, row.amount, row.beyond, now))
    if row.fee:
        ledger.post(dispute_fee(pledge.campaign_id, row.id, row.fee, now))
    payments.stop(f"campaign:{pledge.campaign_id}", StopWhy.DISPUTE, row.key, now=now)
    journal.record(
        "pledges.disputed", subject=pledge.key, by=None, now=now, dispute=said.id, amount=row.amount.cents,
        beyond=row.beyond.cents, reason=said.reason,
    )  # fmt: skip
    _tell(pledge, row, "opened", now)
    campaign = campaigns.campaign(pledge.campaign_id)
    outbox.send_each(
        identity.with_role("officer", now),
        "pledges/dispute_office",
        now=now,
        key=f"pledges.dispute_office:{row.id}",
        amount=row.taken,
        title=campaign.title,
        slug=campaign.slug,
        reference=pledge.ref,
        answer_by=row.answer_by,
    )
    defer("settlement.revise", campaign_id=pledge.campaign_id, why=f"pledge:{pledge.id}")
    return row


def _won(pledge: Pledge, charge: Charge, row: Dispute, now: datetime) -> None:
    row.state, row.closed_at = DisputeState.WON, now
    db.session.flush()
    first = disputed(pledge.campaign_id, row.id, row.amount, row.beyond, now)
    ledger.post(reversing(first, f"dispute:{row.id}:won", "pledge.dispute_won", now))
    payments.lift(f"campaign:{pledge.campaign_id}", StopWhy.DISPUTE, row.key, "won", now=now)
    journal.record("pledges.dispute_won", subject=pledge.key, by=None, now=now, dispute=row.provider_id)
    _tell(pledge, row, "won", now)
    defer("settlement.revise", campaign_id=pledge.campaign_id, why=f"pledge:{pledge.id}")


def _lost(pledge: Pledge, charge: Charge, row: Dispute, now: datetime) -> None:
    # Of what had gone back already the body holds nothing any more.
    reversal = Reversal.WANTED if row.amount else Reversal.DONE
    row.state, row.closed_at, row.reversal = DisputeState.LOST, now, reversal
    db.session.flush()
    payments.lift(f"campaign:{pledge.campaign_id}", StopWhy.DISPUTE, row.key, "lost", now=now)
    journal.record("pledges.dispute_lost", subject=pledge.key, by=None, now=now, dispute=row.provider_id)
    came_back(pledge, charge, "dispute", now)
    _tell(pledge, row, "lost", now)
    defer("pledges.reverse", key="pledges.reverse")


@dataclass(frozen=True)
class ReversalClaim:
    """Everything the worker needs to take a lost gift back from the body."""

    row_id: int
    key: str
    charge: str
    amount: Money
    whole: Money
    pledge_ref: str


def claim_reversal(*, now: datetime) -> ReversalClaim | None:
    """Take the next lost dispute for half a minute."""
    row = db.session.scalars(
        select(Dispute)
        .where(Dispute.reversal == Reversal.WANTED, or_(Dispute.lease_until.is_(None), Dispute.lease_until <= now))
        .order_by(Dispute.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    if row is None:
        return None
    row.lease_until = now + LEASE
    charge = db.session.get_one(Charge, row.charge_id)
    return ReversalClaim(
        row_id=row.id,
        key=f"{row.key}:reversal",
        charge=charge.provider_charge or "",
        amount=row.amount,
        whole=charge.amount,
        pledge_ref=queries.pledge(charge.pledge_id).ref,
    )


def put_back_reversal(dispute_id: int, *, until: datetime) -> None:
    """The provider does not answer: look again then."""
    row = queries.locked_dispute(dispute_id)
    if row.reversal is Reversal.WANTED:
        row.lease_until = until


def reversed_(dispute_id: int, taken: Money, division: Split, *, now: datetime) -> None:
    """The body gave back what it had; what it had not it owes."""
    charge = db.session.get_one(Charge, db.session.get_one(Dispute, dispute_id).charge_id)
    pledge = queries.locked(charge.pledge_id)
    row = queries.locked_dispute(dispute_id)
    if row.reversal is not Reversal.WANTED:
        return
    row.taken_back = min(taken, row.amount)
    row.fee_back = max(ZERO, division.fee_back - queries.fee_given_back(charge.id))
    row.owed = still_owed(charge, row.amount, row.taken_back, row.fee_back)
    row.reversal = Reversal.SHORT if row.owed else Reversal.DONE
    db.session.flush()
    if row.taken_back or row.owed:
        ledger.post(
            taken_back(pledge.campaign_id, row.id, now, taken_back=row.taken_back, fee_back=row.fee_back, owed=row.owed)
        )
    journal.record(
        "pledges.dispute_reversed", subject=pledge.key, by=None, now=now, dispute=row.provider_id,
        taken=row.taken_back.cents, owed=row.owed.cents,
    )  # fmt: skip


def _tell(pledge: Pledge, row: Dispute, what: str, now: datetime) -> None:
    campaign = campaigns.campaign(pledge.campaign_id)
    letters.tell(pledge, campaign, "dispute", now=now, again=f"{row.id}:{what}", event=what, back=row.taken)
    key = f"{row.key}:{what}"
    letters.tell_group(pledge, "returned", now, event=f"dispute_{what}", sum=row.taken, why="", key=key)
