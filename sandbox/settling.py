"""Where the money goes: balance transactions, transfers and application fees of a charge, and their way back."""

from typing import Any

from sandbox.errors import invalid
from sandbox.money import SETTLES_AFTER, share, stripe_fee
from sandbox.shapes import Obj, list_of
from sandbox.work import Work, differences


def book(
    work: Work,
    kind: str,
    *,
    amount: int,
    currency: str,
    source: str | None,
    fees: list[Obj] | None = None,
    account: str | None = None,
    category: str | None = None,
    description: str | None = None,
) -> Obj:
    """One line on the balance of the platform, or of a connected account."""
    fee = sum(item["amount"] for item in fees or [])
    return work.add(
        "balance_transaction",
        amount=amount,
        available_on=work.now + SETTLES_AFTER,
        balance_type="payments",
        currency=currency,
        description=description,
        fee=fee,
        fee_details=fees or [],
        net=amount - fee,
        reporting_category=category or kind,
        source=source,
        status="pending",
        type=kind,
        private={"account": account or ""},
    )


def fee_line(kind: str, amount: int, currency: str, application: str | None = None) -> Obj:
    """One entry of `fee_details`."""
    description = "Stripe processing fees" if kind == "stripe_fee" else "Application fee"
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": description,
        "type": kind,
    }


def settle(work: Work, charge: Obj) -> Obj:
    """Book a captured charge: gross and fee, transfer to the destination, application fee back."""
    amount, currency = charge["amount_captured"], charge["currency"]
    fees = [fee_line("stripe_fee", stripe_fee(amount), currency)]
    charge["balance_transaction"] = book(
        work,
        "charge",
        amount=amount,
        currency=currency,
        source=charge["id"],
        fees=fees,
        description=charge["description"],
    )["id"]
    if charge["transfer_data"]:
        _transfer(work, charge, amount, currency)
    return work.store.save(charge)


def settle_later(work: Work, charge: Obj) -> None:
    """The second half of an asynchronous capture."""
    old = dict(charge)
    new = settle(work, charge)
    work.announce("charge.updated", new, previous=differences(old, new))


def _transfer(work: Work, charge: Obj, amount: int, currency: str) -> None:
    destination = charge["transfer_data"]["destination"]
    given = charge["transfer_data"].get("amount")
    moved = amount if given is None else min(given, amount)
    group = charge["transfer_group"] or f"group_{charge['payment_intent']}"
    payment = work.add("charge", **_payment(charge, moved, destination), private={"account": destination})
    transfer = work.add(
        "transfer",
        amount=moved,
        amount_reversed=0,
        currency=currency,
        destination=destination,
        destination_payment=payment["id"],
        metadata={},
        reversals=[],
        reversed=False,
        source_transaction=charge["id"],
        source_type="card",
        transfer_group=group,
    )
    transfer["reversals"] = list_of([], url=f"/v1/transfers/{transfer['id']}/reversals")
    transfer["balance_transaction"] = book(work, "transfer", amount=-moved, currency=currency, source=transfer["id"])[
        "id"
    ]
    work.store.save(transfer)
    charge |= {"transfer": transfer["id"], "transfer_group": group}
    work.announce("transfer.created", transfer)
    fees: list[Obj] = []
    asked = min(charge["application_fee_amount"] or 0, amount)
    if asked:
        fee = _application_fee(work, charge, payment, asked, currency, destination)
        charge["application_fee"] = payment["application_fee"] = fee["id"]
        fees.append(fee_line("application_fee", asked, currency))
    payment["source_transfer"] = transfer["id"]
    payment["balance_transaction"] = book(
        work,
        "payment",
        amount=moved,
        currency=currency,
        source=payment["id"],
        fees=fees,
        account=destination,
        category="charge",
    )["id"]
    work.store.save(payment)


def _payment(charge: Obj, moved: int, destination: str) -> Obj:
    """What the connected account sees of the charge."""
    return {
        "id": "py_" + charge["id"].removeprefix("ch_"),
        "amount": moved,
        "amount_captured": moved,
        "amount_refunded": 0,
        "billing_details": dict.fromkeys(("address", "email", "name", "phone", "tax_id")),
        "captured": True,
        "currency": charge["currency"],
        "disputed": False,
        "metadata": {},
        "paid": True,
        "refunded": False,
        "status": "succeeded",
        "application_fee_amount": charge["application_fee_amount"],
    }


def _application_fee(work: Work, charge: Obj, payment: Obj, amount: int, currency: str, account: str) -> Obj:
    fee = work.add(
        "application_fee",
        account=account,
        amount=amount,
        amount_refunded=0,
        application="ca_sandbox",
        charge=payment["id"],
        currency=currency,
        fee_source={"charge": payment["id"], "type": "charge"},
        originating_transaction=charge["id"],
        refunded=False,
        refunds={},
    )
    fee["refunds"] = list_of([], url=f"/v1/application_fees/{fee['id']}/refunds")
    fee["balance_transaction"] = book(work, "application_fee", amount=amount, currency=currency, source=fee["id"])["id"]
    work.store.save(fee)
    work.announce("application_fee.created", fee)
    return fee


def held(work: Work, account: str) -> int:
    """What stands on the balance of a connected account, or of the platform ("")."""
    return work.store.total("sum(json_extract(body, '$.net'))", "balance_transaction", account=account)


def refuse_short(work: Work, account: str, amount: int) -> None:
    """A connected account gives back no more than stands on its balance."""
    if held(work, account) < amount:
        raise invalid(
            "The connected account does not have enough balance for this reversal.", code="balance_insufficient"
        )


def pay_out(work: Work, account: str, amount: int) -> Obj:
    """Send money of a balance to its owner's bank; the balance line says so."""
    payout = work.add(
        "payout",
        amount=amount,
        arrival_date=work.now + 2 * 86400,
        automatic=False,
        currency="eur",
        destination="ba_sandbox",
        metadata={},
        method="standard",
        reconciliation_status="not_applicable",
        source_type="card",
        status="paid",
        type="bank_account",
        private={"account": account},
    )
    line = book(work, "payout", amount=-amount, currency="eur", source=payout["id"], account=account)
    payout["balance_transaction"] = line["id"]
    return work.store.save(payout)


def reverse_transfer(work: Work, transfer: Obj, amount: int, *, refund: str | None = None, **fields: Any) -> Obj:
    """Bring money back from the connected account."""
    reversal = work.add(
        "transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
        metadata=fields.get("metadata") or {},
        source_refund=refund,
        transfer=transfer["id"],
    )
    reversal["balance_transaction"] = book(
        work,
        "transfer_refund",
        amount=amount,
        currency=transfer["currency"],
        source=reversal["id"],
        category="transfer_reversal",
    )["id"]
    book(
        work,
        "payment_refund",
        amount=-amount,
        currency=transfer["currency"],
        source=transfer["destination_payment"],
        account=transfer["destination"],
        category="refund",
    )
    work.store.save(reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    transfer["reversals"]["data"].insert(0, reversal)
    work.store.save(transfer)
    payment = work.get("charge", transfer["destination_payment"])
    payment["amount_refunded"] += amount
    payment["refunded"] = payment["amount_refunded"] == payment["amount"]
    work.store.save(payment)
    work.announce("transfer.reversed" if transfer["reversed"] else "transfer.updated", transfer)
    return reversal


def refund_application_fee(work: Work, fee: Obj, amount: int, *, metadata: Obj | None = None) -> Obj:
    """Give an application fee back to the connected account."""
    back = work.add("fee_refund", amount=amount, currency=fee["currency"], fee=fee["id"], metadata=metadata or {})
    back["balance_transaction"] = book(
        work, "application_fee_refund", amount=-amount, currency=fee["currency"], source=back["id"]
    )["id"]
    book(
        work,
        "application_fee_refund",
        amount=amount,
        currency=fee["currency"],
        source=back["id"],
        account=fee["account"],
    )
    work.store.save(back)
    fee["amount_refunded"] += amount
    fee["refunded"] = fee["amount_refunded"] == fee["amount"]
    fee["refunds"]["data"].insert(0, back)
    work.store.save(fee)
    work.announce("application_fee.refunded", fee)
    return back


def proportional(part: int, whole: int, amount: int, already: int, everything: bool) -> int:
    """A part of `amount` for a part refunded; the last refund takes what is left."""
    return amount - already if everything else min(share(part, whole, amount), amount - already)
