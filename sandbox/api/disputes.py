"""Disputes, thin: opened by the control API or a test card, closed as lost or won."""

from sandbox.errors import invalid
from sandbox.settling import book, fee_line
from sandbox.shapes import Obj
from sandbox.work import Work, merged_metadata

DISPUTE_FEE = 2000
EVIDENCE_DAYS = 21


def open_dispute(work: Work, charge: Obj, reason: str = "fraudulent", amount: int | None = None) -> Obj:
    """The donor's bank takes what is left of the money back, or another sum, with a fee."""
    if charge["disputed"] or charge["status"] != "succeeded":
        raise invalid(f"Charge {charge['id']} cannot be disputed.", param="charge")
    amount = charge["amount"] - charge["amount_refunded"] if amount is None else amount
    dispute = work.add(
        "dispute",
        amount=amount,
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence={},
        evidence_details={
            "due_by": work.now + EVIDENCE_DAYS * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        is_charge_refundable=False,
        metadata={},
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "type": "card",
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"},
        },
        reason=reason,
        status="needs_response",
    )
    fees = [fee_line("stripe_fee", DISPUTE_FEE, charge["currency"]) | {"description": "Dispute fee"}]
    dispute["balance_transactions"] = [
        book(
            work,
            "adjustment",
            amount=-amount,
            currency=charge["currency"],
            source=dispute["id"],
            fees=fees,
            category="dispute",
            description=f"Chargeback withdrawal for {charge['id']}",
        )
    ]
    work.store.save(dispute)
    charge["disputed"] = True
    work.store.save(charge)
    work.announce("charge.dispute.created", dispute)
    work.announce("charge.dispute.funds_withdrawn", dispute)
    return dispute


def close_dispute(work: Work, dispute: Obj, status: str) -> Obj:
    """`lost`: the money stays away; `won`: it comes back, the fee does not."""
    if dispute["status"] in ("lost", "won"):
        raise invalid("This dispute is already closed.")
    dispute["status"] = status
    if status == "won":
        line = book(
            work,
            "adjustment",
            amount=dispute["amount"],
            currency=dispute["currency"],
            source=dispute["id"],
            category="dispute_reversal",
            description=f"Chargeback reversal for {dispute['charge']}",
        )
        dispute["balance_transactions"].append(line)
        work.announce("charge.dispute.funds_reinstated", dispute)
    work.store.save(dispute)
    work.announce("charge.dispute.closed", dispute)
    return dispute


def retrieve(work: Work, params: Obj, dispute: str) -> Obj:
    """GET /v1/disputes/{dispute}"""
    return work.get("dispute", dispute)


def update(work: Work, params: Obj, dispute: str) -> Obj:
    """POST /v1/disputes/{dispute}: evidence is kept and, when submitted, under review."""
    found = work.get("dispute", dispute)
    found["evidence"] = found["evidence"] | params.get("evidence", {})
    found["metadata"] = merged_metadata(found["metadata"], params.get("metadata"))
    if params.get("submit", True) and "evidence" in params:
        found["status"] = "under_review"
        found["evidence_details"] |= {"has_evidence": True, "submission_count": 1}
    work.store.save(found)
    work.announce("charge.dispute.updated", found)
    return found


def close(work: Work, params: Obj, dispute: str) -> Obj:
    """POST /v1/disputes/{dispute}/close: accepted, so lost."""
    return close_dispute(work, work.get("dispute", dispute), "lost")


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/disputes"""
    filters = {"charge": "charge", "payment_intent": "payment_intent"}
    return work.page("dispute", params, url="/v1/disputes", filters=filters)
