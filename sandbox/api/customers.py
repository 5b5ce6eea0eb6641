"""Customers: create, retrieve, update, list, delete."""

import re

from sandbox.api.payment_methods import detach_quietly
from sandbox.errors import invalid
from sandbox.shapes import Obj, token
from sandbox.work import Work, differences, merged_metadata

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PLAIN = ("email", "name", "description", "phone", "preferred_locales", "business_name", "individual_name")
STRUCTURED = ("address", "shipping", "tax_exempt")


def checked_email(email: str | None, param: str = "email") -> None:
    """Refuse what is not an address."""
    if email and not EMAIL.fullmatch(email):
        raise invalid(f"Invalid email address: {email}", param=param, code="email_invalid")


def create(work: Work, params: Obj) -> Obj:
    """POST /v1/customers"""
    checked_email(params.get("email"))
    given = {name: params[name] or None for name in (*PLAIN, *STRUCTURED) if name in params}
    defaults: Obj = {
        "balance": 0,
        "delinquent": False,
        "invoice_prefix": token(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
        "metadata": merged_metadata({}, params.get("metadata")),
    }
    customer = work.add("customer", **defaults | given)
    work.announce("customer.created", customer)
    return customer


def retrieve(work: Work, params: Obj, customer: str) -> Obj:
    """GET /v1/customers/{customer}"""
    return work.get("customer", customer)


def living(work: Work, customer: str, *, param: str | None = None) -> Obj:
    """A customer that was not deleted."""
    found = work.get("customer", customer, param=param)
    if found.get("deleted"):
        raise invalid(f"No such customer: '{customer}'", param=param or "id", code="resource_missing")
    return found


def update(work: Work, params: Obj, customer: str) -> Obj:
    """POST /v1/customers/{customer}"""
    old = living(work, customer)
    checked_email(params.get("email"))
    new = old | {name: params[name] or None for name in (*PLAIN, *STRUCTURED) if name in params}
    new["metadata"] = merged_metadata(old["metadata"], params.get("metadata"))
    if "invoice_settings" in params:
        new["invoice_settings"] = old["invoice_settings"] | params["invoice_settings"]
    work.store.save(new)
    work.announce("customer.updated", new, previous=differences(old, new))
    return new


def delete(work: Work, params: Obj, customer: str) -> Obj:
    """DELETE /v1/customers/{customer}"""
    old = living(work, customer)
    for method in work.store.find("payment_method", [("customer", "=", customer)]):
        detach_quietly(work, method)
    gone = {"id": customer, "object": "customer", "deleted": True}
    work.store.save(gone)
    work.announce("customer.deleted", old)
    return gone


def index(work: Work, params: Obj) -> Obj:
    """GET /v1/customers"""
    return work.page(
        "customer", params, url="/v1/customers", filters={"email": "email"}, extra=(("deleted", "is", None),)
    )


def payment_methods(work: Work, params: Obj, customer: str) -> Obj:
    """GET /v1/customers/{customer}/payment_methods"""
    living(work, customer)
    url = f"/v1/customers/{customer}/payment_methods"
    return work.page("payment_method", params, url=url, filters={"type": "type"}, extra=(("customer", "=", customer),))


def payment_method(work: Work, params: Obj, customer: str, method: str) -> Obj:
    """GET /v1/customers/{customer}/payment_methods/{payment_method}"""
    found = work.get("payment_method", method)
    if found["customer"] != customer:
        raise invalid(f"No such PaymentMethod: '{method}'", code="resource_missing", param="payment_method")
    return found
