"""What is on file of a connected account: requirements, capabilities, and how they change."""

from sandbox.errors import invalid
from sandbox.shapes import Obj, new_id, token
from sandbox.work import Work, differences

DUE = (
    "business_profile.mcc",
    "business_profile.url",
    "company.tax_id",
    "representative.first_name",
    "representative.last_name",
)


def bank_account(account: str, given: Obj | str) -> Obj:
    """The account that payouts go to."""
    if isinstance(given, str):
        raise invalid(f"No such token: '{given}'", param="external_account", code="resource_missing")
    number = given.get("account_number", "").replace(" ", "")
    if given.get("object") != "bank_account" or not number:
        raise invalid("The sandbox takes bank accounts only.", param="external_account[object]")
    return {
        "id": new_id("bank_account"),
        "object": "bank_account",
        "account": account,
        "account_holder_name": given.get("account_holder_name"),
        "account_holder_type": given.get("account_holder_type"),
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "BANCA DI PROVA",
        "country": given.get("country", "IT"),
        "currency": given.get("currency", "eur"),
        "default_for_currency": True,
        "fingerprint": token(16),
        "last4": number[-4:],
        "metadata": {},
        "routing_number": None,
        "status": "new",
    }


def refresh(account: Obj) -> None:
    """Requirements and capabilities follow from what is on file."""
    done = account["details_submitted"]
    due = [] if done else [*DUE, "tos_acceptance.date"]
    if not account["external_accounts"]["data"]:
        due.append("external_account")
    blocked = not done
    account["requirements"] = {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": due,
        "disabled_reason": "requirements.past_due" if blocked else None,
        "errors": [],
        "eventually_due": due,
        "past_due": due if blocked else [],
        "pending_verification": [],
    }
    account["future_requirements"] = {
        key: None if key in ("current_deadline", "disabled_reason") else [] for key in account["requirements"]
    }
    account["capabilities"] = dict.fromkeys(account["capabilities"], "active" if done else "inactive")
    account["charges_enabled"] = done
    account["payouts_enabled"] = done and bool(account["external_accounts"]["data"])


def onboard(work: Work, account: Obj) -> Obj:
    """What the onboarding page's confirmation does: everything on file, capabilities active."""
    old = dict(account)
    account["details_submitted"] = True
    account["tos_acceptance"] = {"date": work.now, "ip": "127.0.0.1", "user_agent": None}
    if not account["external_accounts"]["data"]:
        test_iban = {"object": "bank_account", "account_number": "IT60X0542811101000000123456", "country": "IT"}
        account["external_accounts"]["data"] = [bank_account(account["id"], test_iban)]
    if account["company"]:
        account["company"]["tax_id_provided"] = True
    return changed(work, account, old)


def disable(work: Work, account: Obj) -> Obj:
    """Stripe finds something amiss later: the account takes no money until it is onboarded again."""
    old = dict(account)
    account["details_submitted"] = False
    return changed(work, account, old)


def changed(work: Work, account: Obj, old: Obj) -> Obj:
    """Keep what follows from the change, and tell."""
    refresh(account)
    work.store.save(account)
    work.announce("account.updated", account, previous=differences(old, account), account=account["id"])
    return account
