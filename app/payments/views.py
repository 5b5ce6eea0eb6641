"""Where Stripe tells us news."""

import structlog
from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from app.core import clock
from app.core.db import transaction
from app.payments import gateway, service
from app.web.gates import webhook

bp = Blueprint("payments", __name__)
log = structlog.get_logger()


@bp.post("/webhooks/stripe")
@webhook
def stripe_event() -> ResponseReturnValue:
    """Store the message if it is Stripe's, and answer at once; the work is a job."""
    try:
        event = gateway.verify_event(request.get_data(), request.headers.get("Stripe-Signature"))
    except gateway.ForgedEvent as forged:
        log.warning("payments.forged_event", reason=str(forged))
        return {"error": "not from the payment provider"}, 400
    with transaction():
        fresh = service.receive(event, now=clock.now())
    return {"received": True, "fresh": fresh}, 200
