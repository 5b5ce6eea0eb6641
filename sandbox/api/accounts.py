"""Connected accounts: create, retrieve, update, delete, list."""

from sandbox.errors import ApiError, invalid
from sandbox.onboarding import bank_account, changed, refresh
from sandbox.shapes import Obj, list_of
from sandbox.work import Work, merged_metadata

COUNTRIES = {
    "AT",
    "BE",
    "CH",
    "CY",
    "DE",
    "DK",
    "ES",
    "FI",
    "FR",
    "GB",
    "IE",
    "IT",
    "LU",
    "MT",
    "NL",
    "NO",
    "PL",
    "PT",
    "SE",
}
PROFILE = (
    "annual_revenue",
    "estimated_worker_count",
    "mcc",
    "name",
    "product_description",
    "support_address",
    "support_email",
    "support_phone",
    "support_url",
    "url",
)
TYPES: dict[str, Obj] = {
    "standard": {"dashboard": "full", "losses": "stripe", "fees": "account", "collection": "stripe"},
    "express": {"dashboard": "express", "losses": "application", "fees": "application_express", "collection": "stripe"},
    "custom": {"dashboard": "none", "losses": "application", "fees": "application_custom", "collection": "application"},
}


def check_exists(work: Work, account: str, *, param: str) -> Obj:
    """The account named in a parameter."""
    found = work.store.get(account, "account")
    if found is None:
        raise invalid(f"No such destination: '{account}'", param=param, code="resource_missing")
    return found


def check_destination(work: Work, account: str, *, param: str, capability: str = "transfers") -> None:
    """Refuse money for an account that cannot take it yet."""
    found = check_exists(work, account, param=param)
    if (found["capabilities"] or {}).get(capability) == "active":
        return
    if capability == "transfers":
        raise invalid(
            "Your destination account needs to have at least one of the following capabilities enabled: "
            "transfers, crypto_transfers, legacy_payments",
            param=param,
            code="insufficient_capabilities_for_transfer",
        )
    raise invalid(
        f"The account referenced in the 'on_behalf_of' parameter is missing the required capabilities: {capability}.",
        param=param,
    )


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/accounts"""
    if "type" in params and "controller" in params:
        raise invalid("You may only specify one of these parameters: type, controller.", param="controller")
    country = params.get("country", "IT")
    if country not in COUNTRIES:
        raise invalid(
            f"Country '{country}' is unknown. Try using a 2-character alphanumeric country code.", param="country"
        )
    controller = _controller(params)
    capabilities = {name: "inactive" for name, ask in params.get("capabilities", {}).items() if ask.get("requested")}
    account = work.add(
        "account",
        business_profile=dict.fromkeys(PROFILE) | params.get("business_profile", {}),
        business_type=params.get("business_type"),
        capabilities=capabilities,
        charges_enabled=False,
        company=_company(params.get("company", {})),
        controller=controller,
        country=country,
        default_currency=params.get("default_currency", "eur"),
        details_submitted=False,
        email=params.get("email"),
        metadata=merged_metadata({}, params.get("metadata")),
        payouts_enabled=False,
        settings=_settings(params.get("settings", {})),
        tos_acceptance={"date": None, "ip": None, "user_agent": None} | params.get("tos_acceptance", {}),
        type=params.get("type", "none"),
    )
    banks = [bank_account(account["id"], params["external_account"])] if params.get("external_account") else []
    account["external_accounts"] = list_of(banks, url=f"/v1/accounts/{account['id']}/external_accounts")
    refresh(account)
    work.store.save(account)
    return account


def _controller(params: Obj) -> Obj:
    given = params.get("controller", {})
    preset = TYPES.get(params.get("type", ""), {})
    dashboard = given.get("stripe_dashboard", {}).get("type", preset.get("dashboard", "full"))
    losses = given.get("losses", {}).get("payments", preset.get("losses", "stripe"))
    collection = given.get("requirement_collection", preset.get("collection", "stripe"))
    payer = given.get("fees", {}).get("payer", preset.get("fees", "account"))
    if losses == "stripe" and dashboard != "full" and given:
        raise invalid(
            "When `controller[losses][payments]` is `stripe`, `controller[stripe_dashboard][type]` must be `full`.",
            param="controller[losses][payments]",
        )
    if collection == "application" and (losses != "application" or dashboard != "none"):
        raise invalid(
            "`controller[requirement_collection]=application` needs `controller[losses][payments]=application` and "
            "`controller[stripe_dashboard][type]=none`.",
            param="controller[requirement_collection]",
        )
    return {
        "fees": {"payer": payer},
        "is_controller": True,
        "losses": {"payments": losses},
        "requirement_collection": collection,
        "stripe_dashboard": {"type": dashboard},
        "type": "application",
    }


def _company(given: Obj) -> Obj:
    company = {key: value for key, value in given.items() if key not in ("tax_id", "vat_id", "registration_number")}
    for name in ("tax_id", "vat_id"):
        company[f"{name}_provided"] = bool(given.get(name))
    return company


def _settings(given: Obj) -> Obj:
    settings: Obj = {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
        },
        "dashboard": {"display_name": None, "timezone": "Europe/Rome"},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 7, "interval": "daily"},
            "statement_descriptor": None,
        },
    }
    for name, values in given.items():
        settings[name] = settings.get(name, {}) | values
    return settings


def own(work: Work, params: Obj) -> Obj:
    """GET /v1/account: the platform itself."""
    return {
        "id": "acct_sandboxplatform",
        "object": "account",
        "charges_enabled": True,
        "country": "IT",
        "default_currency": "eur",
        "details_submitted": True,
        "payouts_enabled": True,
        "type": "standard",
    }


def retrieve(work: Work, params: Obj, account: str) -> Obj:
    """GET /v1/accounts/{account}"""
    found = work.store.get(account, "account")
    if found is None:
        raise ApiError(
            403,
            f"The provided key does not have access to account '{account}' (or that account does not exist). "
            "Application access may have been revoked.",
            code="account_invalid",
        )
    return found


def update(work: Work, params: Obj, account: str) -> Obj:
    """POST /v1/accounts/{account}"""
    old = retrieve(work, {}, account)
    new = dict(old)
    for name in ("email", "business_type", "default_currency"):
        if name in params:
            new[name] = params[name] or None
    for name in ("business_profile", "tos_acceptance"):
        if name in params:
            new[name] = {**(old[name] or {}), **params[name]}
    if "company" in params:
        new["company"] = old["company"] | {k: v for k, v in _company(params["company"]).items() if v is not False}
    if "settings" in params:
        new["settings"] = old["settings"] | {
            name: old["settings"].get(name, {}) | value for name, value in params["settings"].items()
        }
    if "capabilities" in params:
        asked = {name: "inactive" for name, ask in params["capabilities"].items() if ask.get("requested")}
        dropped = {name for name, ask in params["capabilities"].items() if ask.get("requested") is False}
        new["capabilities"] = {k: v for k, v in (asked | old["capabilities"]).items() if k not in dropped}
    if params.get("external_account"):
        new["external_accounts"] = old["external_accounts"] | {
            "data": [bank_account(account, params["external_account"])]
        }
    new["metadata"] = merged_metadata(old["metadata"], params.get("metadata"))
    return changed(work, new, old)


def delete(work: Work, params: Obj, account: str) -> Obj:
    """DELETE /v1/accounts/{account}"""
    retrieve(work, {}, account)
    work.store.drop(account)
    return {"id": account, "object": "account", "deleted": True}


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/accounts"""
    return work.page("account", params, url="/v1/accounts", filters={})
