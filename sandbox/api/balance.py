"""The balance and its lines, of the platform or (header Stripe-Account) of a connected account."""

from sandbox.shapes import Obj
from sandbox.work import Work


def _with_status(work: Work, line: Obj) -> Obj:
    return line | {"status": "available" if line["available_on"] <= work.now else "pending"}


def retrieve(work: Work, params: Obj) -> Obj:
    """GET /v1/balance"""
    owner = work.account or ""
    sums: dict[str, dict[str, int]] = {"available": {"eur": 0}, "pending": {"eur": 0}}
    for line in work.store.find("balance_transaction", [("~account", "=", owner)]):
        side = sums["available" if line["available_on"] <= work.now else "pending"]
        side[line["currency"]] = side.get(line["currency"], 0) + line["net"]
    shown = {
        side: [
            {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            for currency, amount in by.items()
        ]
        for side, by in sums.items()
    }
    return {"object": "balance", "livemode": False, **shown}


def transaction(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/balance_transactions/{id}"""
    return _with_status(work, work.get("balance_transaction", identifier))


def payout(work: Work, params: Obj, identifier: str) -> Obj:
    """GET /v1/payouts/{payout}"""
    return work.get("payout", identifier)


def payouts(work: Work, params: Obj) -> Obj:
    """GET /v1/payouts"""
    owner = (("~account", "=", work.account or ""),)
    return work.page("payout", params, url="/v1/payouts", filters={"status": "status"}, extra=owner)


def transactions(work: Work, params: Obj) -> Obj:
    """GET /v1/balance_transactions"""
    filters = {"currency": "currency", "source": "source", "type": "type"}
    owner = (("~account", "=", work.account or ""),)
    page = work.page("balance_transaction", params, url="/v1/balance_transactions", filters=filters, extra=owner)
    return page | {"data": [_with_status(work, line) for line in page["data"]]}
