"""Connected accounts and the links to their onboarding."""

from sandbox.errors import ApiError, invalid
from sandbox.shapes import Obj, list_of, new_id, token
from sandbox.work import Work, differences, merged_metadata

LINK_LASTS = 300
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
DUE = (
    "business_profile.mcc",
    "business_profile.url",
    "company.tax_id",
    "representative.first_name",
    "representative.last_name",
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
    banks = [_bank(work, account["id"], params["external_account"])] if params.get("external_account") else []
    account["external_accounts"] = list_of(banks, url=f"/v1/accounts/{account['id']}/external_accounts")
    _refresh(account)
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


def _bank(work: Work, account: str, given: Obj | str) -> Obj:
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


def _refresh(account: Obj) -> None:
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
        account["external_accounts"]["data"] = [_bank(work, account["id"], test_iban)]
    if account["company"]:
        account["company"]["tax_id_provided"] = True
    return _changed(work, account, old)


def disable(work: Work, account: Obj) -> Obj:
    """Stripe finds something amiss later: the account takes no money until it is onboarded again."""
    old = dict(account)
    account["details_submitted"] = False
    return _changed(work, account, old)


def _changed(work: Work, account: Obj, old: Obj) -> Obj:
    _refresh(account)
    work.store.save(account)
    work.announce("account.updated", account, previous=differences(old, account), account=account["id"])
    return account


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
            "data": [_bank(work, account, params["external_account"])]
        }
    new["metadata"] = merged_metadata(old["metadata"], params.get("metadata"))
    return _changed(work, new, old)


def delete(work: Work, params: Obj, account: str) -> Obj:
    """DELETE /v1/accounts/{account}"""
    retrieve(work, {}, account)
    work.store.drop(account)
    return {"id": account, "object": "account", "deleted": True}


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/accounts"""
    return work.page("account", params, url="/v1/accounts", filters={})


def create_link(work: Work, params: Obj) -> Obj:
    """POST /v1/account_links"""
    account = check_exists(work, params["account"], param="account")
    for name in ("refresh_url", "return_url"):
        if not params.get(name):
            raise invalid(f"Missing required param: {name}.", param=name)
        if not params[name].startswith(("http://", "https://")):
            raise invalid("Not a valid URL", param=name, code="url_invalid")
    if params["type"] == "account_update" and account["controller"]["requirement_collection"] != "application":
        raise invalid("You cannot create `account_update` type Account Links for this account.", param="type")
    key = "al_" + token(24)
    work.store.add(
        {"id": key, "created": work.now, "account": account["id"]},
        kind="account_link",
        private={name: params[name] for name in ("refresh_url", "return_url")} | {"expires_at": work.now + LINK_LASTS},
    )
    return {
        "object": "account_link",
        "created": work.now,
        "expires_at": work.now + LINK_LASTS,
        "url": f"{work.public_url}/setup/s/{account['id']}/{key}",
    }
