"""Charges, refunds, disputes and what is taken back from an association."""

from collections.abc import Mapping
from typing import Any

from app.core.money import ZERO, Money
from app.payments.gateway.client import asking, stripe_client
from app.payments.gateway.shapes import dispute_of, field_of, id_of, intent_of, refund_of
from app.payments.gateway.things import CURRENCY, Dispute, Intent, ProviderRefused, Refund, Split


def create_intent(
    *,
    amount: Money,
    customer: str,
    payment_method: str,
    destination: str,
    fee: Money,
    description: str,
    metadata: Mapping[str, str],
    key: str,
    on_behalf_of: str | None = None,
) -> Intent:
    """Prepare a charge of a stored card for the non-profit's account; nothing moves until it is confirmed."""
    params: Any = {
        "amount": amount.cents,
        "currency": CURRENCY,
        "customer": customer,
        "payment_method": payment_method,
        "allowed_payment_method_types": ["card"],
        "transfer_data": {"destination": destination},
        "application_fee_amount": fee.cents,
        "description": description,
        "metadata": dict(metadata),
    }
    if on_behalf_of:
        params["on_behalf_of"] = on_behalf_of
    with asking():
        made = stripe_client().v1.payment_intents.create(params=params, options={"idempotency_key": key})
    return intent_of(made)


def confirm_intent(intent_id: str, *, key: str) -> Intent:
    """Charge the stored card without its owner present; a declined card is an answer, not an error."""
    try:
        with asking():
            done = stripe_client().v1.payment_intents.confirm(
                intent_id,
                params={"off_session": True, "expand": ["payment_method"]},
                options={"idempotency_key": key},
            )
    except ProviderRefused:
        return read_intent(intent_id)  # declined, or already confirmed: the intent as re-read says which
    return intent_of(done)


def read_intent(intent_id: str) -> Intent:
    """The charge attempt as Stripe sees it now: the truth."""
    with asking():
        return intent_of(stripe_client().v1.payment_intents.retrieve(intent_id, params={"expand": ["payment_method"]}))


def cancel_intent(intent_id: str, *, key: str) -> Intent:
    """Make sure that this attempt never charges any more; if it already did, say so."""
    try:
        with asking():
            return intent_of(
                stripe_client().v1.payment_intents.cancel(
                    intent_id,
                    params={"cancellation_reason": "abandoned"},
                    options={"idempotency_key": key},
                )
            )
    except ProviderRefused:
        return read_intent(intent_id)


def refund(
    intent_id: str, *, amount: Money, metadata: Mapping[str, str], key: str, from_platform: bool = False
) -> Refund:
    """Send a gift back: taken from the non-profit's account, our fee given back with it, or all from the platform."""
    with asking():
        made = stripe_client().v1.refunds.create(
            params={
                "payment_intent": intent_id,
                "amount": amount.cents,
                "reverse_transfer": not from_platform,
                "refund_application_fee": not from_platform,
                "metadata": dict(metadata),
                "expand": ["transfer_reversal"],
            },
            options={"idempotency_key": key},
        )
    return refund_of(made)


def read_refund(refund_id: str) -> Refund:
    """The refund as it stands now."""
    with asking():
        return refund_of(stripe_client().v1.refunds.retrieve(refund_id, params={"expand": ["transfer_reversal"]}))


def refunds_of(intent_id: str) -> list[Refund]:
    """Every refund of a charge, also those made by hand at Stripe; oldest first."""
    with asking():
        listed = stripe_client().v1.refunds.list(
            params={"payment_intent": intent_id, "limit": 100, "expand": ["data.transfer_reversal"]}
        )
        return [refund_of(each) for each in listed.auto_paging_iter()][::-1]


def disputes_of(intent_id: str) -> list[Dispute]:
    """Every dispute of a charge that moved money; a mere inquiry of the bank is none."""
    with asking():
        listed = stripe_client().v1.disputes.list(params={"payment_intent": intent_id, "limit": 100})
        found = [dispute_of(each) for each in listed.auto_paging_iter()]
    return [each for each in found if each is not None][::-1]


def read_split(charge_id: str) -> Split:
    """How the money of a charge is divided between the non-profit's account and the fee, as it stands now."""
    with asking():
        found = stripe_client().v1.charges.retrieve(charge_id, params={"expand": ["transfer", "application_fee"]})
    transfer, fee = getattr(found, "transfer", None), getattr(found, "application_fee", None)
    return Split(
        transfer=id_of(transfer),
        moved=Money(int(transfer.amount)) if transfer else ZERO,
        moved_back=Money(int(transfer.amount_reversed)) if transfer else ZERO,
        fee=Money(int(fee.amount)) if fee else ZERO,
        fee_back=Money(int(fee.amount_refunded)) if fee else ZERO,
    )


def reversal_of(transfer_id: str, mark: str) -> Money | None:
    """What an earlier reversal with this mark of ours took, if there was one."""
    with asking():
        listed = stripe_client().v1.transfers.reversals.list(transfer_id, params={"limit": 100})
        for each in listed.auto_paging_iter():
            if field_of(getattr(each, "metadata", None) or {}, "dispute") == mark:
                return Money(int(each.amount))
    return None


def reverse_transfer(transfer_id: str, *, amount: Money, metadata: Mapping[str, str], key: str) -> Money:
    """Take a gift back from the non-profit's account, the fee given back in proportion; what was taken."""
    with asking():
        made = stripe_client().v1.transfers.reversals.create(
            transfer_id,
            params={"amount": amount.cents, "refund_application_fee": True, "metadata": dict(metadata)},
            options={"idempotency_key": key},
        )
    return Money(int(made.amount))
