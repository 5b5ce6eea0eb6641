"""News from Stripe, proved to be Stripe's."""

import hashlib
import hmac
import json
import re
import time
from datetime import UTC, datetime

from flask import current_app

from app.payments.gateway.client import asking, livemode, stripe_client
from app.payments.gateway.shapes import field_of
from app.payments.gateway.things import SIGNATURE_SECONDS, Event, ForgedEvent


def success_event_at(object_id: str, *, since: datetime, until: datetime) -> datetime | None:
    """When Stripe created the event that says this card was stored or this payment went through, between these two."""
    kinds = ["setup_intent.succeeded", "payment_intent.succeeded"]
    with asking():
        listed = stripe_client().v1.events.list(
            params={
                "types": kinds,
                "created": {"gte": int(since.timestamp()) - 1, "lte": int(until.timestamp()) + 1},
                "limit": 100,
            }
        )
        for event in listed.auto_paging_iter():
            if field_of(field_of(event.data, "object"), "id") == object_id:
                return datetime.fromtimestamp(event.created, UTC)
    return None


def verify_event(payload: bytes, signature: str | None) -> Event:
    """Prove that a message is Stripe's, fresh and of our mode, or raise ForgedEvent."""
    secrets = str(current_app.config.get("STRIPE_WEBHOOK_SECRET") or "").split(",")
    if not any(secret and _signed(payload, signature or "", secret) for secret in secrets):
        raise ForgedEvent("signature")
    try:
        body = json.loads(payload)
        event = Event(
            id=str(body["id"]),
            type=str(body["type"]),
            created_at=datetime.fromtimestamp(int(body["created"]), UTC),
            livemode=bool(body["livemode"]),
            account=body.get("account"),
            object_id=str(body["data"]["object"]["id"]),
            payload=body,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ForgedEvent("shape") from error
    if event.livemode != livemode():
        raise ForgedEvent("livemode")
    return event


def _signed(payload: bytes, header: str, secret: str) -> bool:
    """Stripe's own check, and beyond it an upper bound: a stamp from the future is refused too."""
    stamps = [part[2:] for part in header.split(",") if part.startswith("t=")]
    # Real time on purpose: a signature's age is a matter of transport, not of the city's calendar.
    if len(stamps) != 1 or not re.fullmatch(r"[0-9]{1,12}", stamps[0]):
        return False
    if abs(time.time() - int(stamps[0])) > SIGNATURE_SECONDS:
        return False
    expected = hmac.new(secret.encode(), stamps[0].encode() + b"." + payload, hashlib.sha256).hexdigest()
    given = [part[3:] for part in header.split(",") if part.startswith("v1=")]
    return any(hmac.compare_digest(expected.encode(), each.encode()) for each in given)
