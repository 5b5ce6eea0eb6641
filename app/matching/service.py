"""Moving public money between a fund and its projects on the budget book: never promised twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.moves import move
from app.journal.service import record
from app.ledger import queries as ledger
from app.ledger.rules import Account, Journal, Leg
from app.ledger.service import open_accounts, post
from app.matching import queries
from app.matching.models import Fund, Reservation
from app.matching.queries import STEPS
from app.matching.rules import MOVES, Act, Adjusted, State, adjusted
from app.programmes import queries as programmes

Line = tuple[str, str, Money]  # owner, account, amount


def allocate(source_id: int, call_id: int, amount: Money, *, by: Actor | None, now: datetime) -> Fund:
    """Give a call its envelope out of what its source has released."""
    source = programmes.source(source_id)
    free = programmes.lock(source).unallocated
    if amount <= ZERO:
        raise Invalid({"envelope": Refusal("The fund of a call is more than nothing.")})
    if amount > free:
        raise Invalid({"envelope": _not_released(amount, free, source.name, source.programme.responsible_name)})
    if queries.fund_of(call_id) is not None:
        raise Conflict("This call already has its fund.")
    fund = Fund(key=f"call:{call_id}", source_id=source_id, allocated=amount, created_at=now)
    db.session.add(fund)
    db.session.flush()
    open_accounts(Account("budget", fund.key, "available", floor=True))
    legs = [Leg("budget", f"source:{source_id}", "released", -amount), Leg("budget", fund.key, "available", amount)]
    post(Journal(key=f"{fund.key}:allocated", kind="allocated", at=now, legs=legs, subject=fund.key))
    record("matching.allocate", subject=fund.key, by=by, now=now, source=source.ref, cents=amount.cents)
    return fund


def available(call_id: int) -> Money:
    """What a call can still promise."""
    return queries.available(call_id)


def reserve(call_id: int, proposal_id: int, amount: Money, *, by: Actor | None = None, now: datetime) -> Reservation:
    """Set a project's ceiling aside on the fund of its call, refused where the fund is short."""
    fund = queries.lock_fund(call_id)
    free = queries.available(call_id)
    if amount <= ZERO:
        raise Conflict("Nothing can be reserved for this project.")
    if amount > free:
        raise Conflict("The fund has %(free)s left and this project needs %(amount)s.", free=free, amount=amount)
    row = queries.reservation(proposal_id)
    if row is not None:
        raise Conflict("Public money was already set aside for this project.")
    key = f"proposal:{proposal_id}"
    row = Reservation(
        fund_id=fund.id,
        project_key=key,
        amount=amount,
        state=State.RESERVED,
        why="",
        reserved_at=now,
        changed_at=now,
    )
    db.session.add(row)
    db.session.flush()
    open_accounts(*(Account("budget", key, step, floor=True) for step in STEPS))
    _post(row, "reserved", now, (fund.key, "available", -amount), (key, "reserved", amount))
    record("matching.reserve", subject=key, by=by, now=now, cents=amount.cents)
    return row


def release(proposal_id: int, *, now: datetime, why: str, by: Actor | None = None) -> Reservation:
    """Give back what is set aside for a project that will not be paid."""
    row = queries.lock_reservation(proposal_id)
    step = "confirmed" if row.state is State.CONFIRMED else "reserved"
    row.state = move(MOVES, row.state, Act.RELEASE)
    held, waits = ledger.balance("budget", row.project_key, step), row.suspended
    _post(row, "released", now, (row.project_key, step, -held), (row.project_key, "suspended", -waits),
          (_fund(row).key, "available", held + waits), memo=why)  # fmt: skip
    row.why, row.changed_at, row.suspended = why, now, ZERO
    db.session.flush()
    record("matching.release", subject=row.project_key, by=by, now=now, cents=held.cents, why=why)
    return row


def confirm(
    proposal_id: int, amount: Money, *, suspended: Money = ZERO, now: datetime, by: Actor | None = None
) -> Reservation:
    """Confirm the match of a campaign that succeeded; what it does not need goes back to the fund.

    What the match would gain if open disputes are won waits until they are decided.
    """
    row = queries.lock_reservation(proposal_id)
    if not ZERO <= amount <= row.amount or not ZERO <= suspended <= row.amount - amount:
        raise Conflict("The match can be at most %(most)s, which is what was reserved.", most=row.amount)
    row.state, row.confirmed, row.suspended = move(MOVES, row.state, Act.CONFIRM), amount, suspended
    key, rest = row.project_key, row.amount - amount - suspended
    if suspended:
        open_accounts(Account("budget", key, "suspended", floor=True))
    _post(row, "confirmed", now, (key, "reserved", -row.amount), (key, "confirmed", amount),
          (key, "suspended", suspended), (_fund(row).key, "available", rest))  # fmt: skip
    row.changed_at = now
    db.session.flush()
    record("matching.confirm", subject=key, by=by, now=now, cents=amount.cents, back=rest.cents)
    return row


def adjust(
    proposal_id: int, match: Money, disputed: Money, *, key: str, now: datetime, by: Actor | None = None
) -> Adjusted:
    """The match follows gifts that went back: less stays confirmed, disputed parts wait, the rest returns to the fund.

    What was approved or paid beyond it becomes a receivable on the body; recovering it is the grants' work.
    """
    row = queries.lock_reservation(proposal_id)
    if row.state not in (State.CONFIRMED, State.COMMITTED, State.CLOSED):
        raise Conflict("The match of this project is not confirmed: there is nothing to adjust.")
    held = queries.books_of_project(proposal_id)
    step = "confirmed" if row.state is State.CONFIRMED else "committed"
    before = held.confirmed if row.state is State.CONFIRMED else held.committed
    found = adjusted(before, held.suspended, held.approved + held.paid, match, disputed)
    # What the closed accounts fixed stays owed, also where the match rises again.
    found = replace(found, owed=max(found.owed, row.recovery))
    project, owed = row.project_key, found.owed - row.owed
    open_accounts(Account("budget", project, "suspended", floor=True), *_debts(project))
    _post(row, f"adjusted:{key}", now, (project, step, found.step - before),
          (project, "suspended", found.suspended - held.suspended), (_fund(row).key, "available", found.freed),
          (project, "receivable", owed), (project, "owed", -owed))  # fmt: skip
    row.confirmed, row.suspended, row.owed, row.changed_at = match, found.suspended, found.owed, now
    db.session.flush()
    record("matching.adjust", subject=project, by=by, now=now, match=match.cents, suspended=found.suspended.cents,
           freed=found.freed.cents, owed=found.owed.cents)  # fmt: skip
    return found


def commit(proposal_id: int, *, now: datetime, by: Actor | None = None) -> Reservation:
    """Bind the city to the confirmed match: the agreement is signed."""
    row = queries.lock_reservation(proposal_id)
    row.state = move(MOVES, row.state, Act.COMMIT)
    amount = row.confirmed or ZERO
    _post(row, "committed", now, (row.project_key, "confirmed", -amount), (row.project_key, "committed", amount))
    row.changed_at = now
    db.session.flush()
    record("matching.commit", subject=row.project_key, by=by, now=now, cents=amount.cents)
    return row


def approve(proposal_id: int, amount: Money, *, key: str, now: datetime, by: Actor | None = None) -> None:
    """Set part of the committed money apart for a payment order that was approved."""
    _spend(proposal_id, amount, "committed", "approved", f"{key}:approved", by=by, now=now)


def unapprove(proposal_id: int, amount: Money, *, key: str, now: datetime, by: Actor | None = None) -> None:
    """Take back the approval of a payment order that will not be paid."""
    _spend(proposal_id, amount, "approved", "committed", f"{key}:unapproved", by=by, now=now)
    row = queries.lock_reservation(proposal_id)
    if row.owed and row.confirmed is not None:
        adjust(proposal_id, row.confirmed, row.suspended, key=f"{key}:unapproved", by=by, now=now)


def pay(proposal_id: int, amount: Money, *, key: str, now: datetime, by: Actor | None = None) -> None:
    """The treasurer has paid an approved order."""
    _spend(proposal_id, amount, "approved", "paid", f"{key}:paid", by=by, now=now)


def economise(proposal_id: int, amount: Money, *, now: datetime, by: Actor | None = None, key: str = "final") -> None:
    """Give back to the fund the committed money that accepted spending did not need, once per key."""
    row = queries.lock_reservation(proposal_id)
    move(MOVES, row.state, Act.SPEND)
    left = ledger.balance("budget", row.project_key, "committed")
    if not ZERO <= amount <= left:
        raise Conflict("Only %(left)s of this grant is still committed.", left=left)
    _post(row, f"economised:{key}", now, (row.project_key, "committed", -amount),
          (_fund(row).key, "available", amount))  # fmt: skip
    row.changed_at = now
    db.session.flush()
    record("matching.economise", subject=row.project_key, by=by, now=now, cents=amount.cents)


def owe(proposal_id: int, amount: Money, *, now: datetime, by: Actor | None = None) -> None:
    """The accounts are closed and say that the body must give so much back."""
    row = queries.lock_reservation(proposal_id)
    project, more = row.project_key, max(ZERO, amount - row.owed)
    open_accounts(*_debts(project))
    _post(row, "owed", now, (project, "receivable", more), (project, "owed", -more))
    row.owed, row.recovery, row.changed_at = max(row.owed, amount), amount, now
    db.session.flush()
    record("matching.owe", subject=project, by=by, now=now, cents=amount.cents)


def give_back(proposal_id: int, amount: Money, *, key: str, now: datetime, by: Actor | None = None) -> None:
    """The body gave back what it owed, or a part: the fund has it again."""
    row = queries.lock_reservation(proposal_id)
    if not ZERO < amount <= row.owed:
        raise Conflict("Only %(owed)s are still to be given back.", owed=row.owed)
    project = row.project_key
    _post(row, f"given_back:{key}", now, (project, "receivable", -amount), (project, "owed", amount),
          (project, "paid", -amount), (_fund(row).key, "available", amount))  # fmt: skip
    row.owed, row.recovery, row.changed_at = row.owed - amount, max(ZERO, row.recovery - amount), now
    db.session.flush()
    record("matching.give_back", subject=project, by=by, now=now, cents=amount.cents, key=key)


def close(proposal_id: int, *, now: datetime, by: Actor | None = None) -> Reservation:
    """End a grant whose money is all paid or given back."""
    row = queries.lock_reservation(proposal_id)
    held = queries.books_of_project(proposal_id)
    if held.promised != held.paid:
        raise Conflict("%(left)s of this grant is neither paid nor given back.", left=held.promised - held.paid)
    row.state = move(MOVES, row.state, Act.CLOSE)
    row.changed_at = now
    db.session.flush()
    record("matching.close", subject=row.project_key, by=by, now=now)
    return row


def _spend(
    proposal_id: int, amount: Money, source: str, target: str, key: str, *, by: Actor | None, now: datetime
) -> None:
    row = queries.lock_reservation(proposal_id)
    move(MOVES, row.state, Act.SPEND)
    left = ledger.balance("budget", row.project_key, source)
    if amount <= ZERO:
        raise Conflict("A payment is more than nothing.")
    if amount > left:
        raise Conflict("Only %(left)s of this grant can move to payment.", left=left)
    legs = [Leg("budget", row.project_key, source, -amount), Leg("budget", row.project_key, target, amount)]
    if post(Journal(key=key, kind=target, at=now, legs=legs, subject=row.project_key)):
        row.changed_at = now
        db.session.flush()
        record(f"matching.{target}", subject=row.project_key, by=by, now=now, cents=amount.cents, key=key)


def _post(row: Reservation, what: str, now: datetime, *lines: Line, memo: str = "") -> None:
    """One journal on the budget book for one step of a reservation; lines of nothing are left out."""
    legs = [Leg("budget", owner, name, amount) for owner, name, amount in lines if amount]
    if legs:
        kind = what.partition(":")[0]
        post(Journal(key=f"{row.project_key}:{what}", kind=kind, at=now, legs=legs, memo=memo, subject=row.project_key))


def _debts(project: str) -> tuple[Account, Account]:
    """The two accounts of what a body owes the city: the claim, and its other side."""
    return Account("budget", project, "receivable", floor=True), Account("budget", project, "owed", floor=False)


def _fund(row: Reservation) -> Fund:
    return db.session.get_one(Fund, row.fund_id)


def _not_released(amount: Money, free: Money, source: str, who: str) -> Refusal:
    return Refusal(
        "This call needs %(amount)s, but only %(free)s of “%(source)s” is released and free. "
        "%(who)s, responsible for the programme, can release more on its page.",
        amount=amount,
        free=free,
        source=source,
        who=who,
    )
