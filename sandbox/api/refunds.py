"""Refunds, never more than was charged."""

from sandbox.cards import of_private
from sandbox.errors import invalid
from sandbox.money import written
from sandbox.settling import book, proportional, refund_application_fee, refuse_short, reverse_transfer
from sandbox.shapes import Obj, token
from sandbox.work import Work, differences, merged_metadata


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/refunds"""
    charge = _charge(work, params)
    amount = _amount(charge, params)
    wants_transfer, wants_fee = params.get("reverse_transfer", False), params.get("refund_application_fee", False)
    if wants_transfer and not charge["transfer"]:
        raise invalid("Cannot reverse transfer on a charge that has no associated transfer.", param="reverse_transfer")
    if wants_fee and not charge["application_fee"]:
        raise invalid(
            "Attempting to refund_application_fee on a charge that has no application fee.",
            param="refund_application_fee",
        )
    everything = amount == charge["amount"] - charge["amount_refunded"]
    ends = of_private(work.store.private(charge["payment_method"])).refund
    refund = work.add(
        "refund",
        amount=amount,
        charge=charge["id"],
        currency=charge["currency"],
        destination_details={
            "type": "card",
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
        },
        metadata=merged_metadata({}, params.get("metadata")),
        payment_intent=charge["payment_intent"],
        reason=params.get("reason"),
        status="pending" if ends == "waits" else "succeeded",
        pending_reason="processing" if ends == "waits" else None,
    )
    refund["balance_transaction"] = book(
        work, "refund", amount=-amount, currency=charge["currency"], source=refund["id"]
    )["id"]
    back, fee = 0, None
    if wants_fee:
        fee = work.get("application_fee", charge["application_fee"])
        back = proportional(amount, charge["amount"], fee["amount"], fee["amount_refunded"], everything)
    if wants_transfer:
        refund["transfer_reversal"] = _reverse(work, charge, refund, amount, everything, back)
    if fee is not None and back:
        refund_application_fee(work, fee, back)
    work.store.save(refund)
    _mark(work, charge, amount)
    work.announce("refund.created", refund)
    work.store.later(refund["id"], "refund_fails" if ends == "fails" else "refund_ends")
    return refund


def _charge(work: Work, params: Obj) -> Obj:
    if ("charge" in params) == ("payment_intent" in params):
        raise invalid("Must provide exactly one of charge or payment_intent.", param="charge")
    if "charge" in params:
        charge = work.get("charge", params["charge"], param="charge")
    else:
        intent = work.get("payment_intent", params["payment_intent"], param="payment_intent")
        if intent["status"] != "succeeded" or not intent["latest_charge"]:
            raise invalid(
                f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
                param="payment_intent",
            )
        charge = work.get("charge", intent["latest_charge"])
    if charge["status"] != "succeeded" or not charge["captured"]:
        raise invalid(f"Charge {charge['id']} is not a successful, captured charge.", param="charge")
    if charge["disputed"]:
        raise invalid(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    return charge


def _amount(charge: Obj, params: Obj) -> int:
    left: int = charge["amount"] - charge["amount_refunded"]
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount: int = params.get("amount", left)
    if amount < 1:
        raise invalid("Invalid positive integer", param="amount", code="parameter_invalid_integer")
    if amount > left:
        raise invalid(
            f"Refund amount ({written(amount, charge['currency'])}) is greater than unrefunded amount on charge "
            f"({written(left, charge['currency'])})",
            param="amount",
        )
    return amount


def _reverse(work: Work, charge: Obj, refund: Obj, amount: int, everything: bool, fee: int) -> str | None:
    transfer = work.get("transfer", charge["transfer"])
    back = proportional(amount, charge["amount"], transfer["amount"], transfer["amount_reversed"], everything)
    if not back:
        return None
    refuse_short(work, transfer["destination"], back - fee)
    identifier: str = reverse_transfer(work, transfer, back, refund=refund["id"])["id"]
    return identifier


def _mark(work: Work, charge: Obj, amount: int) -> None:
    old = dict(charge)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    work.store.save(charge)
    work.announce("charge.refunded", charge, previous=differences(old, charge))


def fail(work: Work, refund: Obj) -> None:
    """The bank sends the money back: it is on the platform's balance again, the donor has nothing."""
    back = book(work, "refund_failure", amount=refund["amount"], currency=refund["currency"], source=refund["id"])
    refund |= {
        "status": "failed",
        "failure_reason": "expired_or_canceled_card",
        "failure_balance_transaction": back["id"],
    }
    work.store.save(refund)
    charge = work.get("charge", refund["charge"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    work.store.save(charge)
    work.announce("refund.failed", refund)
    work.announce("refund.updated", refund, previous={"status": "succeeded"})


def end_well(work: Work, refund: Obj) -> None:
    """A moment later the bank's reference is known, and a refund that waited has arrived: `refund.updated`."""
    old = dict(refund)
    refund |= {"status": "succeeded", "pending_reason": None}
    card = refund["destination_details"]["card"]
    refund["destination_details"] = {
        "type": "card",
        "card": card | {"reference": token(23).upper(), "reference_status": "available"},
    }
    work.store.save(refund)
    work.announce("refund.updated", refund, previous=differences(old, refund))


def retrieve(work: Work, params: Obj, refund: str) -> Obj:
    """GET /v1/refunds/{refund}"""
    return work.get("refund", refund)


def update(work: Work, params: Obj, refund: str) -> Obj:
    """POST /v1/refunds/{refund}"""
    old = work.get("refund", refund)
    new = old | {"metadata": merged_metadata(old["metadata"], params.get("metadata"))}
    work.store.save(new)
    work.announce("refund.updated", new, previous=differences(old, new))
    return new


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/refunds"""
    filters = {"charge": "charge", "payment_intent": "payment_intent"}
    return work.page("refund", params, url="/v1/refunds", filters=filters)
