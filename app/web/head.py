"""What the head of a page tells machines: its one true address, its other languages, and facts as linked data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app, g, request
from flask_babel import get_locale
from markupsafe import Markup

from app.calls.models import Call
from app.campaigns.models import Campaign
from app.core.money import Money
from app.groups.models import Group
from app.territory.models import Zone
from app.web.context import city
from app.web.navigation import LANGUAGES, absolute

# Words of the address that make another page of a list; order, search words and marks of campaigns do not.
KEPT = ("page", "zone", "borough")
LOCALES = {"it": "it_IT", "en": "en_GB"}


@dataclass(frozen=True)
class Head:
    """The addresses of a page that everybody may read."""

    canonical: str
    alternates: list[tuple[str, str]]
    locale: str
    other_locales: list[str]


def page_head() -> Head | None:
    """The addresses of this page; nothing for pages that are one person's, or that do not exist."""
    endpoint = request.endpoint or ""
    view = current_app.view_functions.get(endpoint)
    known = current_app.url_map.is_endpoint_expecting(endpoint, "lang") if view else False
    if not known or request.routing_exception or g.get("erring") or getattr(view, "gate", "") != "public":
        return None
    here = str(getattr(get_locale(), "language", "it"))
    args: dict[str, Any] = {name: words for name, words in request.args.items() if name in KEPT and words}
    args |= request.view_args or {}
    found = {lang: absolute(endpoint, **{**args, "lang": lang}) for lang in LANGUAGES}
    default = next(iter(LANGUAGES))
    return Head(
        canonical=found[here],
        alternates=[*found.items(), ("x-default", found[default])],
        locale=LOCALES[here],
        other_locales=[LOCALES[lang] for lang in LANGUAGES if lang != here],
    )


def linked_json(thing: Mapping[str, Any]) -> Markup:
    """The facts as JSON that no word in them can close or open: every sign of markup is written by its number."""
    text = json.dumps({"@context": "https://schema.org", **thing}, ensure_ascii=False, sort_keys=True)
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 - no sign of markup is left in it


def _city() -> dict[str, Any]:
    one = city()
    return {
        "@type": "GovernmentOrganization",
        "name": one.name,
        "url": absolute("web.home"),
        "email": one.email,
        "taxID": one.tax_code,
        "address": one.address,
        "logo": absolute("icons.icon", size=512),
    }


def linked_city() -> dict[str, Any]:
    """The city whose service this is."""
    return {**_city(), "areaServed": city().short, "department": city().office}


def linked_call(call: Call) -> dict[str, Any]:
    """A call: public money for projects."""
    said: dict[str, Any] = {
        "@type": "MonetaryGrant",
        "name": call.title,
        "description": call.summary,
        "url": absolute("calls.show", slug=call.slug),
        "image": absolute("cards.call", slug=call.slug),
        "funder": _city(),
    }
    if call.envelope:
        said["amount"] = _amount(call.envelope)
    return said


def linked_campaign(campaign: Campaign, zone: Zone, group: Group, *, open_: bool) -> dict[str, Any]:
    """A project that its neighbourhood and the city pay together."""
    url = absolute("campaigns.show", slug=campaign.slug)
    said: dict[str, Any] = {
        "@type": "Project",
        "name": campaign.title,
        "description": campaign.summary,
        "url": url,
        "image": absolute("cards.project", slug=campaign.slug),
        "location": {"@type": "Place", "name": f"{zone.name}, {city().short}"},
        "member": {"@type": "Organization", "name": group.name},
        "funding": {"@type": "MonetaryGrant", "amount": _amount(campaign.ceiling), "funder": _city()},
    }
    if campaign.opens_at:
        said["foundingDate"] = campaign.opens_at.date().isoformat()
    if open_:
        target = absolute("pledges.give", slug=campaign.slug)
        said["potentialAction"] = {"@type": "DonateAction", "target": target, "name": campaign.title}
    return said


def _amount(money: Money) -> dict[str, Any]:
    whole, cents = divmod(money.cents, 100)
    return {"@type": "MonetaryAmount", "currency": "EUR", "value": f"{whole}.{cents:02d}"}


FILTERS = {"linked_json": linked_json}
GLOBALS = {
    "page_head": page_head,
    "linked_call": linked_call,
    "linked_campaign": linked_campaign,
    "linked_city": linked_city,
}
