"""Where rows and ledger must agree."""

from __future__ import annotations

from collections.abc import Iterable

from app.core.money import ZERO, total
from app.grants.queries.agreements import agreements
from app.grants.queries.orders import batches, in_batch, orders_of
from app.grants.queries.receipts import accepted, account, confirmed, expenses, figures, gifts_at, repayments, report
from app.grants.rules import (
    AgreementState,
    OrderState,
)
from app.ledger.rules import Check
from app.matching import queries as matching


def checks() -> Iterable[Check]:
    """Accepted receipts, orders and closed accounts stand in the books as their rows say."""
    for held, _campaign in agreements():
        name, books = f"agreement:{held.id}", matching.books_of_project(held.proposal_id)
        found, closed = report(held.id), account(held.id)
        rows = expenses(found.id) if found else []
        taken = total(one.accepted_amount for one in rows if one.accepted_amount is not None)
        yield Check(f"{name}: accepted spending", taken, accepted(held))
        by_state = {
            state: total(one.amount for one in orders_of(held.id) if one.state is state) for state in OrderState
        }
        back = total(one.amount for one in repayments(held.id))
        yield Check(f"{name}: paid", by_state[OrderState.PAID] - back, books.paid)
        yield Check(f"{name}: approved", by_state[OrderState.APPROVED] + by_state[OrderState.EXPORTED], books.approved)
        if held.state is AgreementState.SIGNED:
            agreed, stands = held.amount - (closed.economy if closed else ZERO), confirmed(held)
            bound = min(agreed, max(stands, books.approved + books.paid + back))
            yield Check(f"{name}: bound", bound - back, books.binding)
        if closed is not None:
            again = figures(held)
            yield Check(f"{name}: final grant", closed.final_grant, again.final)
            yield Check(f"{name}: gifts at the close of the accounts", closed.gifts, gifts_at(held, closed.closed_at))
    for batch in batches():
        yield Check(f"batch {batch.message_id}: total", batch.total, total(row[0].amount for row in in_batch(batch.id)))
