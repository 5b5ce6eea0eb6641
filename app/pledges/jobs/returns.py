"""Money that goes back, with the provider: refunds sent, refunds and disputes found, transfers taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import structlog

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.core.money import ZERO
from app.payments import gateway
from app.pledges import queries, service
from app.pledges.rules import LEASE, ChargeState

log = structlog.get_logger()
C = TypeVar("C", service.RefundClaim, service.ReversalClaim)
BATCH = 200
KEY_LIFE = timedelta(hours=20)
RETURNS = ("charge.refund", "charge.dispute.", "refund.")  # news after which a charge is read again for what went back
SHORT = "balance_insufficient"


def _each(take: Callable[..., C | None], act: Callable[[C], None], put_back: Callable[..., None]) -> None:
    """Take what waits, one by one, and act on it; what the provider does not answer about waits for a later run."""
    for _ in range(BATCH):
        with transaction():
            claimed = take(now=clock.now())
        if claimed is None:
            return
        try:
            act(claimed)
        except gateway.ProviderDown as down:
            log.warning("pledges.provider_down", key=claimed.key, said=down.said)
            with transaction():
                put_back(claimed.row_id, until=clock.now() + LEASE)
            return


@every("*/10 * * * * *")
@job("pledges.refund", queue="money")
def refund() -> None:
    """Send back the gifts that wait to go back, until none is left or the provider does not answer."""
    _each(service.claim_refund, refund_one, service.put_back_refund)


def refund_one(claim: service.RefundClaim) -> None:
    """Send one gift back under its own key; one that was sent before is only read again."""
    try:
        if claim.provider_id is not None:
            said = gateway.read_refund(claim.provider_id)
        elif (earlier := _made_before(claim)) is not None:
            said = earlier
        else:
            said = gateway.refund(
                claim.intent_id,
                amount=claim.amount,
                metadata={"pledge": claim.pledge_ref, "refund": claim.ref},
                key=claim.key,
                from_platform=claim.from_platform,
            )
    except gateway.ProviderRefused as refused:
        if refused.code == SHORT and not claim.from_platform:
            with transaction():
                service.from_platform(claim.row_id, now=clock.now())
            return
        log.error("pledges.refund_refused", refund=claim.ref, said=str(refused))
        with transaction():
            service.refund_refused(claim.row_id, str(refused), now=clock.now())
        return
    division = gateway.read_split(claim.charge)
    with transaction():
        service.apply_refund(claim.row_id, said, division, now=clock.now())


def _made_before(claim: service.RefundClaim) -> gateway.Refund | None:
    """The provider forgets keys after a day: what is older is looked for by our mark before it is sent again."""
    if clock.now() - claim.created_at < KEY_LIFE:
        return None
    return next((each for each in gateway.refunds_of(claim.intent_id) if each.reference == claim.ref), None)


def reread_returns(pledge_id: int) -> None:
    """Ask the provider what went back of a gift, whoever began it, and make our rows say the same."""
    with transaction():
        paid = [
            (each.id, each.intent_id or "", each.provider_charge or "")
            for each in queries.charges(pledge_id)
            if each.state is ChargeState.SUCCEEDED
        ]
    for charge_id, intent_id, provider_charge in paid:
        refunds, disputes = gateway.refunds_of(intent_id), gateway.disputes_of(intent_id)
        division = gateway.read_split(provider_charge)
        for said in refunds:
            with transaction():
                refund_id = service.found_refund(charge_id, said, now=clock.now())
                service.apply_refund(refund_id, said, division, now=clock.now())
        for dispute in disputes:
            with transaction():
                service.apply_dispute(charge_id, dispute, now=clock.now())


@every("*/10 * * * * *")
@job("pledges.reverse", queue="money")
def reverse() -> None:
    """Take back from their bodies the gifts that were lost in a dispute."""
    _each(service.claim_reversal, reverse_one, service.put_back_reversal)


def reverse_one(claim: service.ReversalClaim) -> None:
    """Reverse the transfer of one lost gift; where the body's account is empty nothing comes, and the body owes it."""
    taken, transfer = ZERO, gateway.read_split(claim.charge).transfer
    if transfer is not None:
        try:
            taken = gateway.reversal_of(transfer, claim.key) or gateway.reverse_transfer(
                transfer,
                amount=claim.amount,
                metadata={"pledge": claim.pledge_ref, "dispute": claim.key},
                key=claim.key,
            )
        except gateway.ProviderRefused as refused:
            log.warning("pledges.reversal_refused", dispute=claim.key, said=str(refused))
    division = gateway.read_split(claim.charge)
    with transaction():
        service.reversed_(claim.row_id, taken, division, now=clock.now())


@every("0 */10 * * * *")
@job("pledges.look_after_disputes")
def look_after_disputes() -> None:
    """Read open disputes again, so that none depends on news that may be lost."""
    with transaction():
        pledges = [charge.pledge_id for _, charge in queries.open_disputes()]
    for pledge_id in dict.fromkeys(pledges):
        try:
            reread_returns(pledge_id)
        except gateway.ProviderDown as down:
            log.warning("pledges.provider_down", said=down.said)
            return
