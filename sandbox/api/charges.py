"""Charges, transfers and application fees: what attempts and captures left behind."""

from sandbox.errors import invalid, missing
from sandbox.settling import proportional, refuse_short, reverse_transfer
from sandbox.settling import refund_application_fee as give_fee_back
from sandbox.shapes import Obj, list_of
from sandbox.work import Work, differences, merged_metadata

PLATFORM = (("~account", "is", None),)


def retrieve(work: Work, params: Obj, charge: str) -> Obj:
    """GET /v1/charges/{charge}"""
    return work.get("charge", charge)


def update(work: Work, params: Obj, charge: str) -> Obj:
    """POST /v1/charges/{charge}"""
    old = work.get("charge", charge)
    new = old | {
        name: params[name] or None for name in ("description", "receipt_email", "transfer_group") if name in params
    }
    new["metadata"] = merged_metadata(old["metadata"], params.get("metadata"))
    work.store.save(new)
    work.announce("charge.updated", new, previous=differences(old, new))
    return new


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/charges"""
    filters = {"customer": "customer", "payment_intent": "payment_intent", "transfer_group": "transfer_group"}
    return work.page("charge", params, url="/v1/charges", filters=filters, extra=PLATFORM)


def transfer(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/transfers/{transfer}"""
    return work.get("transfer", identifier)


def transfers(work: Work, params: Obj) -> Obj:
    """GET /v1/transfers"""
    filters = {"destination": "destination", "transfer_group": "transfer_group"}
    return work.page("transfer", params, url="/v1/transfers", filters=filters)


def reverse(work: Work, params: Obj, identifier: str) -> Obj:
    """POST /v1/transfers/{id}/reversals"""
    found = work.get("transfer", identifier)
    left = found["amount"] - found["amount_reversed"]
    amount = params.get("amount", left)
    if left == 0:
        raise invalid(f"Transfer {identifier} is already fully reversed.")
    if not 0 < amount <= left:
        raise invalid("Transfer reversal amount is greater than unreversed amount on transfer.", param="amount")
    back, fee = 0, None
    if params.get("refund_application_fee"):
        charge = work.get("charge", found["source_transaction"])
        if not charge["application_fee"]:
            raise invalid("This transfer has no application fee to refund.", param="refund_application_fee")
        fee = work.get("application_fee", charge["application_fee"])
        back = proportional(amount, found["amount"], fee["amount"], fee["amount_refunded"], amount == left)
    refuse_short(work, found["destination"], amount - back)
    reversal = reverse_transfer(work, found, amount, metadata=merged_metadata({}, params.get("metadata")))
    if fee is not None and back:
        give_fee_back(work, fee, back)
    return reversal


def reversals(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/transfers/{id}/reversals"""
    work.get("transfer", identifier)
    url = f"/v1/transfers/{identifier}/reversals"
    return work.page("transfer_reversal", params, url=url, filters={}, extra=(("transfer", "=", identifier),))


def reversal(work: Work, params: Obj, identifier: str, reversal_id: str) -> Obj:
    """GET /v1/transfers/{transfer}/reversals/{id}"""
    found = work.get("transfer_reversal", reversal_id)
    if found["transfer"] != identifier:
        raise missing("transfer reversal", reversal_id)
    return found


def application_fee(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/application_fees/{id}"""
    return work.get("application_fee", identifier)


def application_fees(work: Work, params: Obj) -> Obj:
    """GET /v1/application_fees"""
    if "charge" in params:  # the platform's charge is accepted as well as the account's payment
        charge = work.get("charge", params["charge"], param="charge")
        found = [work.get("application_fee", charge["application_fee"])] if charge["application_fee"] else []
        return list_of(found, url="/v1/application_fees")
    return work.page("application_fee", params, url="/v1/application_fees", filters={})


def fee_refund(work: Work, params: Obj, identifier: str) -> Obj:
    """POST /v1/application_fees/{id}/refunds"""
    found = work.get("application_fee", identifier)
    left = found["amount"] - found["amount_refunded"]
    amount = params.get("amount", left)
    if not 0 < amount <= left:
        raise invalid("Refund amount is greater than unrefunded amount on fee.", param="amount")
    return give_fee_back(work, found, amount, metadata=merged_metadata({}, params.get("metadata")))
