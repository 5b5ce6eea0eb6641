"""Checkout sessions as the API sees them; what the hosted page does with a card is in `sandbox.checkout`."""

from typing import Any
from urllib.parse import urlsplit

from sandbox.api import payment_intents, setup_intents
from sandbox.api.customers import checked_email, living
from sandbox.errors import invalid
from sandbox.money import SMALLEST, written
from sandbox.shapes import Obj, blank, list_of, new_id, token
from sandbox.work import Work, differences, merged_metadata

LONGEST_TEXT = 1200
SHORTEST_LIFE, LONGEST_LIFE = 30 * 60, 24 * 3600
LEEWAY = 60
NOT_IN_SETUP = ("line_items", "payment_intent_data", "submit_type", "invoice_creation", "discounts", "shipping_options")
NOT_SPOKEN = ("custom_fields", "optional_items", "shipping_address_collection", "discounts")
TEXTS = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/checkout/sessions"""
    mode = params.get("mode")
    if mode is None:
        raise invalid("Missing required param: mode.", param="mode")
    if mode == "subscription":
        raise invalid("The sandbox does not speak subscription mode.", param="mode")
    _check_common(work, params)
    identifier = new_id("checkout.session") + token(34)
    lines = _check_setup(params) if mode == "setup" else _check_payment(work, params)
    currency = (lines[0]["currency"] if lines else params.get("currency")) or None
    total = sum(line["amount_total"] for line in lines) if lines else None
    setup = _setup_intent(work, params, identifier) if mode == "setup" else None
    return work.add(
        "checkout.session",
        **_echo(params),
        id=identifier,
        amount_subtotal=total,
        amount_total=total,
        automatic_tax={"enabled": False, "liability": None, "provider": None, "status": None},
        currency=currency,
        custom_fields=[],
        custom_text={name: (params.get("custom_text") or {}).get(name) or None for name in TEXTS},
        customer_details=_known_customer(work, params),
        expires_at=params.get("expires_at", work.now + LONGEST_LIFE),
        metadata=merged_metadata({}, params.get("metadata")),
        mode=mode,
        payment_method_options={"card": {"request_three_d_secure": "automatic"}},
        payment_method_types=["card"],
        payment_status="unpaid" if mode == "payment" else "no_payment_required",
        setup_intent=setup,
        shipping_options=[],
        status="open",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0} if lines else None,
        ui_mode="hosted_page",
        url=f"{work.public_url}/c/pay/{identifier}",
        private={
            "line_items": lines,
            "payment_intent_data": params.get("payment_intent_data", {}),
            "customer_creation": params.get("customer_creation"),
        },
    )


def _echo(params: Obj) -> Obj:
    names = (
        "allowed_payment_method_types",
        "billing_address_collection",
        "cancel_url",
        "client_reference_id",
        "consent_collection",
        "customer",
        "customer_creation",
        "customer_email",
        "locale",
        "success_url",
        "submit_type",
        "phone_number_collection",
        "integration_identifier",
    )
    return {name: params[name] for name in names if name in params}


def _check_common(work: Work, params: Obj) -> None:
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise invalid("The sandbox speaks the hosted page only.", param="ui_mode")
    for name in NOT_SPOKEN:
        if params.get(name):
            raise invalid(f"The sandbox does not speak {name}.", param=name)
    _check_ways_back(params)
    _check_customer(work, params)
    _check_life(work, params)
    types = params.get("allowed_payment_method_types")
    if types is not None and "card" not in types:
        raise invalid("No valid payment method types for this Checkout Session.", param="allowed_payment_method_types")
    for name, text in (params.get("custom_text") or {}).items():
        if text and len(text["message"]) > LONGEST_TEXT:
            raise invalid(
                f"Custom text can have up to {LONGEST_TEXT} characters.", param=f"custom_text[{name}][message]"
            )


def _check_ways_back(params: Obj) -> None:
    if "return_url" in params:
        raise invalid("`return_url` is not allowed when `ui_mode` is `hosted_page`.", param="return_url")
    if not params.get("success_url"):
        raise invalid("Missing required param: success_url.", param="success_url")
    for name in ("success_url", "cancel_url"):
        _check_url(params.get(name), name)


def _check_customer(work: Work, params: Obj) -> None:
    if params.get("customer") and params.get("customer_email"):
        raise invalid("You may only specify one of these parameters: customer, customer_email.", param="customer")
    if params.get("customer"):
        living(work, params["customer"], param="customer")
        if "customer_creation" in params:
            raise invalid("`customer_creation` cannot be set when `customer` is provided.", param="customer_creation")
    elif "customer_update" in params:
        raise invalid("`customer_update` can only be used with `customer`.", param="customer_update")
    checked_email(params.get("customer_email"), "customer_email")


def _check_url(url: str | None, name: str) -> None:
    parts = urlsplit(url or "http://x")
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise invalid("Not a valid URL", param=name, code="url_invalid")


def _check_life(work: Work, params: Obj) -> None:
    expires = params.get("expires_at")
    if expires is not None and not SHORTEST_LIFE - LEEWAY <= expires - work.now <= LONGEST_LIFE + LEEWAY:
        raise invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours after Checkout Session creation.",
            param="expires_at",
        )


def _check_setup(params: Obj) -> list[Obj]:
    for name in NOT_IN_SETUP:
        if name in params:
            raise invalid(f"You can not pass `{name}` in `setup` mode.", param=name)
    if "currency" not in params and "allowed_payment_method_types" not in params:
        raise invalid(
            "`currency` is required in `setup` mode when `allowed_payment_method_types` is not set.", param="currency"
        )
    return []


def _check_payment(work: Work, params: Obj) -> list[Obj]:
    if "setup_intent_data" in params:
        raise invalid("You can not pass `setup_intent_data` in `payment` mode.", param="setup_intent_data")
    if not params.get("line_items"):
        raise invalid("You must pass `line_items` in `payment` mode.", param="line_items")
    lines = [_line(work, item, f"line_items[{i}]") for i, item in enumerate(params["line_items"])]
    if len({line["currency"] for line in lines} | ({params["currency"]} if "currency" in params else set())) > 1:
        raise invalid("All line items of a Checkout Session must have the same currency.", param="line_items")
    total, currency = sum(line["amount_total"] for line in lines), lines[0]["currency"]
    if total < SMALLEST[currency]:
        least = f"{written(SMALLEST[currency], currency)} {currency}"
        message = f"The Checkout Session's total amount due must add up to at least {least}"
        raise invalid(message, code="amount_too_small")
    payment_intents.check_connect(work, params.get("payment_intent_data", {}), total)
    return lines


def _line(work: Work, item: Obj, where: str) -> Obj:
    if "price" in item or "price_data" not in item:
        raise invalid(f"The sandbox keeps no prices: pass {where}[price_data].", param=f"{where}[price_data]")
    data = item["price_data"]
    currency = payment_intents.check_currency(data["currency"])
    if "unit_amount" not in data or data["unit_amount"] < 0:
        raise invalid(
            "Invalid non-negative integer", param=f"{where}[price_data][unit_amount]", code="parameter_invalid_integer"
        )
    if "product_data" not in data:
        raise invalid("The sandbox keeps no products: pass product_data.", param=f"{where}[price_data][product_data]")
    quantity = item.get("quantity", 1)
    total = data["unit_amount"] * quantity
    price = blank(
        "price",
        now=work.now,
        active=False,
        billing_scheme="per_unit",
        currency=currency,
        metadata={},
        product=new_id("product"),
        tax_behavior="unspecified",
        type="one_time",
        unit_amount=data["unit_amount"],
        unit_amount_decimal=str(data["unit_amount"]),
    )
    return blank(
        "line_item",
        now=work.now,
        object="item",
        amount_discount=0,
        amount_subtotal=total,
        amount_tax=0,
        amount_total=total,
        currency=currency,
        description=data["product_data"]["name"],
        discounts=[],
        price=price,
        quantity=quantity,
        taxes=[],
    )


def _setup_intent(work: Work, params: Obj, session: str) -> str:
    given: Obj = dict(params.get("setup_intent_data", {}))
    given |= {name: params[name] for name in ("customer", "allowed_payment_method_types") if name in params}
    identifier: str = setup_intents.write(work, given, session=session)["id"]
    return identifier


def _known_customer(work: Work, params: Obj) -> Obj | None:
    if params.get("customer"):
        return customer_details(work.get("customer", params["customer"])["email"])
    return customer_details(params["customer_email"]) if params.get("customer_email") else None


def customer_details(email: str | None, name: str | None = None) -> Obj:
    """What is known of the person."""
    known: Obj = dict.fromkeys(("address", "business_name", "individual_name", "name", "phone", "tax_ids"))
    return known | {"email": email, "name": name, "tax_exempt": "none"}


def retrieve(work: Work, params: Obj, session: str) -> Obj:
    """GET /v1/checkout/sessions/{session}"""
    return work.get("checkout.session", session)


def update(work: Work, params: Obj, session: str) -> Obj:
    """POST /v1/checkout/sessions/{session}: metadata only."""
    old = work.get("checkout.session", session)
    new = old | {"metadata": merged_metadata(old["metadata"], params.get("metadata"))}
    if differences(old, new):
        work.store.save(new)
    return new


def line_items(work: Work, params: Obj, session: str) -> Obj:
    """GET /v1/checkout/sessions/{session}/line_items"""
    work.get("checkout.session", session)
    lines = work.store.private(session).get("line_items", [])
    return list_of(lines, url=f"/v1/checkout/sessions/{session}/line_items")


def expire(work: Work, params: Obj, session: str) -> Obj:
    """POST /v1/checkout/sessions/{session}/expire"""
    found = work.get("checkout.session", session)
    if found["status"] != "open":
        raise invalid(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{found['status']}`."
        )
    return expired(work, found)


def expired(work: Work, session: Obj) -> Obj:
    """The page takes nothing any more; what it had begun is cancelled."""
    session |= {"status": "expired", "url": None}
    work.store.save(session)
    if session["setup_intent"]:
        intent = work.get("setup_intent", session["setup_intent"])
        setup_intents.canceled(work, intent, "abandoned")
    begun = work.store.private(session["id"]).get("intent")
    if begun:
        payment_intents.canceled(work, work.get("payment_intent", begun), "abandoned")
    work.announce("checkout.session.expired", session)
    return session


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/checkout/sessions"""
    filters = {"customer": "customer", "payment_intent": "payment_intent", "status": "status"}
    extra: tuple[Any, ...] = ()
    if "customer_details" in params:
        extra = (("customer_details.email", "=", params["customer_details"]["email"]),)
    return work.page("checkout.session", params, url="/v1/checkout/sessions", filters=filters, extra=extra)
