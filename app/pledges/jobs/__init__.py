"""The calls to the payment provider around the verbs: a transaction before, none during, a transaction after.

Everything here may run twice, be killed anywhere and be run again: keys are in our rows before anything is sent, and
what the provider did is read again before it is believed or repeated.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from flask import current_app

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.outbox import service as outbox
from app.payments import gateway
from app.payments import queries as payments
from app.payments import service as inbox
from app.pledges import queries, service
from app.pledges.jobs.returns import RETURNS, refund, reread_returns, reverse
from app.pledges.models import Charge, Pledge
from app.pledges.rules import ABANDONED, LEASE, LIVE, Kind, Mode, State

__all__ = [
    "apply_event",
    "close_pages",
    "collect",
    "expire_page",
    "expire_payment",
    "forget",
    "heed",
    "open_page",
    "open_payment_page",
    "refund",
    "reread",
    "reread_returns",
    "reverse",
    "sweep",
]
log = structlog.get_logger()
QUIET = timedelta(minutes=2)  # after this a webhook is late and we look ourselves
BATCH = 200
LONGEST_WAIT = 2.0  # a turn that is further away is taken by a later run


# --- the hosted pages ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Page:
    """What the hosted page needs to know of a pledge, with no row held."""

    pledge_id: int
    ref: str
    kind: Kind
    state: State
    email: str
    language: str
    text: str
    customer: str | None
    checkout: str | None
    expires_at: datetime
    on_behalf_of: str | None
    started_at: datetime
    unread: bool  # whether the hosted page can still tell us something


def _page(pledge: Pledge) -> Page:
    return Page(
        pledge_id=pledge.id,
        ref=pledge.ref,
        kind=pledge.kind,
        state=pledge.state,
        email=pledge.email,
        language=pledge.language,
        text=pledge.consent_text,
        customer=pledge.customer_id,
        checkout=pledge.checkout_id,
        expires_at=pledge.checkout_expires_at,
        on_behalf_of=pledge.on_behalf_of,
        started_at=pledge.started_at,
        # A pledge that is over may still have had a card stored after it: that card has to be found and forgotten.
        unread=pledge.state is State.STARTED or (not pledge.open and pledge.payment_method is None),
    )


def _back(page: Page, end: str = "") -> str:
    return outbox.page(page.language, f"/pledges/back/{page.ref}{end}")


def _customer(page: Page) -> str:
    return page.customer or gateway.create_customer(
        email=page.email, language=page.language, metadata={"pledge": page.ref}, key=f"pledge:{page.ref}:customer"
    )


def open_page(pledge_id: int) -> str:
    """The address of the hosted page that stores the card; opened once, found again afterwards."""
    with transaction():
        page = _page(queries.pledge(pledge_id))
    if page.checkout is not None:
        return gateway.read_checkout(page.checkout).url or _back(page)
    customer = _customer(page)
    opened = gateway.create_setup_checkout(
        customer=customer,
        text=page.text,
        language=page.language,
        success_url=_back(page),
        cancel_url=_back(page, "?left=1"),
        expires_at=page.expires_at,
        metadata={"pledge": page.ref},
        key=f"pledge:{page.ref}:checkout",
        on_behalf_of=page.on_behalf_of,
    )
    with transaction():
        service.opened(pledge_id, customer=customer, checkout=opened.id)
    return opened.url or _back(page)


def open_payment_page(charge_id: int) -> str:
    """The address of the hosted page that charges a gift at once."""
    with transaction():
        charge = queries.charge(charge_id)
        pledge = queries.pledge(charge.pledge_id)
        page, title = _page(pledge), queries.title(pledge)
        known, key, ref = charge.checkout_id, charge.key, charge.ref
        amount, fee, account = charge.amount, charge.fee, charge.account
        expires_at = charge.checkout_expires_at or charge.pay_until
    if known is not None:
        return gateway.read_checkout(known).url or _back(page)
    customer = _customer(page)
    opened = gateway.create_payment_checkout(
        customer=customer,
        amount=amount,
        title=title,
        destination=account,
        fee=fee,
        text=page.text,
        language=page.language,
        success_url=_back(page),
        cancel_url=_back(page, "?left=1"),
        expires_at=expires_at,
        metadata={"pledge": page.ref, "charge": ref},
        key=f"{key}:checkout",
    )
    with transaction():
        service.page_opened(charge_id, customer=customer, checkout=opened.id)
    return opened.url or _back(page)


def reread(pledge_id: int, *, checkout_id: str | None = None) -> None:
    """Ask the provider how this pledge stands and make our rows say the same: pages and charges."""
    with transaction():
        page = _page(queries.pledge(pledge_id))
        charges = [
            (each.id, each.mode, each.intent_id, each.checkout_id)
            for each in queries.charges(pledge_id)
            if each.state in LIVE
        ]
    known = page.checkout or checkout_id
    if known is not None and page.kind is Kind.PROMISE and page.unread and not charges:
        _apply_checkout(page, gateway.read_checkout(known))
    for charge_id, mode, intent_id, charge_checkout in charges:
        if mode is Mode.PRESENT and (charge_checkout or checkout_id):
            _apply_payment(charge_id, gateway.read_checkout(charge_checkout or checkout_id or ""))
        elif intent_id is not None:
            _apply_intent(charge_id, gateway.read_intent(intent_id))


def expire_page(pledge_id: int) -> None:
    """Close the hosted page of a pledge if it is still open, and apply how it ended."""
    with transaction():
        page = _page(queries.pledge(pledge_id))
    if page.state is not State.STARTED or page.kind is not Kind.PROMISE:
        return
    if page.checkout is None:
        with transaction():
            service.expire(pledge_id, "no_page", now=clock.now())
        return
    _apply_checkout(page, gateway.expire_checkout(page.checkout, key=f"pledge:{page.ref}:expire"))


def expire_payment(charge_id: int) -> None:
    """Close a hosted payment page if it is still open, and apply how it ended."""
    with transaction():
        charge = queries.charge(charge_id)
        live, checkout, key = charge.state in LIVE, charge.checkout_id, charge.key
    if not live:
        return
    if checkout is None:
        with transaction():
            service.page_closed(charge_id, now=clock.now())
        return
    _apply_payment(charge_id, gateway.expire_checkout(checkout, key=f"{key}:expire"))


def _apply_checkout(page: Page, checkout: gateway.Checkout) -> None:
    setup = gateway.read_setup(checkout.setup) if checkout.setup else None
    stored_at = None
    if setup is not None and setup.card is not None and page.state is State.STARTED:
        with transaction():
            stored_at = payments.told_at(setup.id, "setup_intent.succeeded")
        stored_at = stored_at or gateway.success_event_at(
            setup.id, since=page.started_at - QUIET, until=clock.now() + QUIET
        )
    with transaction():
        service.apply_checkout(page.pledge_id, checkout, setup, stored_at, now=clock.now())


def _apply_payment(charge_id: int, checkout: gateway.Checkout) -> None:
    if checkout.intent is not None:
        _apply_intent(charge_id, gateway.read_intent(checkout.intent))
    if checkout.status == "expired" and not checkout.paid:
        with transaction():
            service.page_closed(charge_id, now=clock.now())


def _apply_intent(charge_id: int, intent: gateway.Intent) -> Charge:
    with transaction():
        return service.apply_intent(charge_id, intent, now=clock.now())


# --- charging --------------------------------------------------------------------------------------------------------


@every("*/5 * * * * *")
@job("pledges.collect", queue="money")
def collect() -> None:
    """Charge the attempts that wait, one after the other, at the city's pace, until none is left, the provider does not
    answer or asks for patience, or so many fail that a person has to look."""
    per_second = int(current_app.config["COLLECTION_PER_SECOND"])
    for _ in range(BATCH):
        with transaction():
            claimed = service.claim(now=clock.now())
            wait = service.turn(per_second) if claimed is not None else None
            if claimed is not None and (wait is None or wait > LONGEST_WAIT):  # paused, or the provider wants patience
                service.put_back(claimed.charge_id, until=clock.now())
        if claimed is None or wait is None or wait > LONGEST_WAIT:
            return
        time.sleep(wait)
        try:
            charge_one(claimed)
            with transaction():
                paused = service.answered(claimed.charge_id, now=clock.now())
            if paused:
                log.error("pledges.collection_paused")
                return
        except gateway.ProviderBusy as busy:
            with transaction():
                pause = service.be_patient()
                service.put_back(claimed.charge_id, until=clock.now() + pause)
            log.warning("pledges.provider_busy", charge=claimed.ref, said=busy.said, seconds=pause.total_seconds())
            return
        except gateway.ProviderDown as down:
            log.warning("pledges.provider_down", charge=claimed.ref, said=down.said)
            with transaction():
                service.put_back(claimed.charge_id, until=clock.now() + LEASE)
            return
        except gateway.ProviderRefused as refused:
            log.error("pledges.charge_refused", charge=claimed.ref, said=str(refused))
            _not_made(claimed, str(refused))


def charge_one(claim: service.Claim) -> None:
    """Charge one claimed attempt: prepare, commit its id, confirm, apply; after a crash begin by reading it again."""
    if not _earlier_are_harmless(claim):
        return
    if claim.intent_id is None:
        intent = gateway.create_intent(
            amount=claim.amount,
            customer=claim.customer,
            payment_method=claim.payment_method,
            destination=claim.account,
            fee=claim.fee,
            description=claim.title,
            metadata={"pledge": claim.pledge_ref, "charge": claim.ref},
            key=claim.provider_key("create"),
            on_behalf_of=claim.on_behalf_of,
        )
        with transaction():
            service.sent(claim.charge_id, intent.id)
    else:
        intent = gateway.read_intent(claim.intent_id)
    if intent.status == "requires_confirmation":
        intent = gateway.confirm_intent(intent.id, key=claim.provider_key("confirm"))
    if intent.status == "requires_confirmation":
        raise gateway.ProviderRefused("not confirmed, and not for the card's sake")
    _apply_intent(claim.charge_id, intent)


def _not_made(claim: service.Claim, said: str) -> None:
    """Wait and try again; after some times make the attempt harmless at the provider and end it."""
    with transaction():
        over = service.provider_refused(claim.charge_id, said, now=clock.now())
        intent_id = queries.charge(claim.charge_id).intent_id
    if not over:
        return
    if intent_id is None:
        with transaction():
            service.give_up(claim.charge_id, now=clock.now())
    else:
        _apply_intent(claim.charge_id, gateway.cancel_intent(intent_id, key=f"{claim.key}:cancel"))


def _earlier_are_harmless(claim: service.Claim) -> bool:
    """Cancel what earlier attempts left at the provider; if one of them did charge after all, there is no second."""
    for charge_id, intent_id, key in claim.to_cancel:
        earlier = gateway.cancel_intent(intent_id, key=f"{key}:cancel")
        if earlier.settled:
            with transaction():
                service.give_up(claim.charge_id, now=clock.now())
            _apply_intent(charge_id, earlier)
            return False
    return True


# --- news, silence and forgetting ------------------------------------------------------------------------------------


@job("pledges.apply_event")
def apply_event(event_id: int) -> None:
    """News is a wake-up, no more."""
    heed(event_id)


def heed(event_id: int) -> None:
    """Find whose news it is, ask the provider how that stands, apply the answer."""
    with transaction():
        event = payments.event(event_id)
        if event is None or event.applied_at is not None:
            return
        said = event.payload["data"]["object"]
        about = (
            str(said.get("payment_intent") or event.object_id)
            if not event.type.startswith("checkout.")
            else event.object_id
        )
        pledge = queries.by_object(about, said.get("metadata") or {})
        pledge_id = pledge.id if pledge is not None else None
        checkout_id = event.object_id if event.type.startswith("checkout.") else None
        event_type = event.type
    if pledge_id is None:
        with transaction():
            inbox.failed(event_id, "nothing of ours", now=clock.now())
        return
    reread(pledge_id, checkout_id=checkout_id)
    if event_type.startswith(RETURNS):
        reread_returns(pledge_id)
    with transaction():
        inbox.applied(event_id, now=clock.now())


@every("*/20 * * * * *")
@job("pledges.sweep")
def sweep() -> None:
    """Look after everything that nobody told us about: started pledges, payment pages, unapplied news."""
    now = clock.now()
    with transaction():
        started = [(each.id, each.checkout_id, each.started_at) for each in queries.unheard(now - QUIET)]
        silent = queries.silent_pages(now)
        pages = [(each.id, each.pledge_id) for each in silent]
        unopened = {each.id for each in silent if each.checkout_id is None and each.created_at < now - ABANDONED}
        events = [each.id for each in payments.waiting("pledges.apply_event", now - QUIET)]
    for pledge_id, checkout_id, started_at in started:
        if checkout_id is not None:
            _asking(reread, pledge_id)
        elif started_at < now - ABANDONED:
            with transaction():
                service.expire(pledge_id, "no_page", now=now)
    for charge_id, pledge_id in pages:
        if charge_id in unopened:  # nobody was ever sent to pay: what it holds of the gap is free again
            with transaction():
                service.page_closed(charge_id, now=now)
            continue
        with transaction():
            service.put_back(charge_id, until=now + QUIET)
        _asking(reread, pledge_id)
    for event_id in events:
        _asking(heed, event_id)


def _asking(ask: Callable[[int], None], row_id: int) -> None:
    """One thing that the provider cannot answer now must not keep the sweep from the others."""
    try:
        ask(row_id)
    except gateway.ProviderDown as down:
        log.warning("pledges.provider_down", said=down.said)


@every("0 */1 * * * *")
@job("pledges.forget")
def forget() -> None:
    """Detach the stored card of every pledge that is over."""
    with transaction():
        cards = [(each.id, each.ref, each.payment_method or "") for each in queries.to_forget()]
    for pledge_id, ref, card in cards:
        gateway.detach(card, key=f"pledge:{ref}:detach")
        with transaction():
            service.forgotten(pledge_id, now=clock.now())


@job("pledges.close_pages", queue="money")
def close_pages(campaign_id: int) -> None:
    """Close every page of a campaign on which a donor could still store a card or pay, and apply how each ended."""
    with transaction():
        started = [each.id for each in queries.open_checkouts(campaign_id)]
        paying = [each.id for each in queries.open_pages(campaign_id)]
    for pledge_id in started:
        expire_page(pledge_id)
    for charge_id in paying:
        expire_payment(charge_id)
