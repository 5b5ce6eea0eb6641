"""The control API under `/_sandbox/`: for tests, demo data and the application's clock page; loopback only, no key."""

import json
import time
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, request

from sandbox import checkout, onboarding
from sandbox.api import disputes, refunds
from sandbox.checkout import NotOpen, Typed
from sandbox.engine import Sandbox
from sandbox.errors import ApiError
from sandbox.reports import dump, statistics
from sandbox.settling import book, held, pay_out
from sandbox.shapes import Obj
from sandbox.work import Work

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The routes."""
    bp = Blueprint("control", __name__, url_prefix="/_sandbox")
    control = Control(sandbox)
    for method, rule, view in (
        ("GET", "/health", control.health),
        ("GET", "/stats", control.stats),
        ("GET", "/clock", control.clock),
        ("POST", "/clock", control.set_clock),
        ("GET", "/faults", control.faults),
        ("POST", "/faults", control.set_faults),
        ("POST", "/reset", control.reset),
        ("POST", "/flush", control.flush),
        ("POST", "/webhooks/take", control.take),
        ("POST", "/webhooks/redeliver", control.redeliver),
        ("GET", "/charges", control.charges),
        ("POST", "/checkout/<session_id>/complete", control.complete),
        ("POST", "/accounts/<account_id>/onboard", control.onboard),
        ("POST", "/accounts/<account_id>/disable", control.disable),
        ("POST", "/accounts/<account_id>/payout", control.payout),
        ("POST", "/payout", control.payout),
        ("POST", "/refunds", control.refund),
        ("POST", "/lines", control.line),
        ("POST", "/disputes", control.dispute),
        ("POST", "/disputes/<dispute_id>/close", control.close_dispute),
    ):
        bp.add_url_rule(rule, view.__name__, view, methods=[method])

    @bp.before_request
    def loopback_only() -> None:
        if request.remote_addr not in LOOPBACK:
            abort(403)

    return bp


class Control:
    """One method per route."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def health(self) -> Response:
        """The process is up."""
        return _json({"ok": True})

    def stats(self) -> Response:
        """Counts of everything."""
        return _json(statistics(self.sandbox))

    def clock(self) -> Response:
        """What the sandbox's clock says."""
        return _json({"now": self.sandbox.clock.now()} | self.sandbox.clock.state())

    def set_clock(self) -> Response:
        """`{"now": "<iso>"}` or `{"offset_seconds": n}`, with `"frozen": true` to stop it there."""
        given = _given()
        offset = given.get("offset_seconds", 0.0)
        if "now" in given:
            offset = _moment(given["now"]) - time.time()
        return _json(self.sandbox.move_clock(offset=float(offset), frozen=bool(given.get("frozen", False))))

    def faults(self) -> Response:
        """The trouble that is switched on."""
        return _json(self.sandbox.faults.state())

    def set_faults(self) -> Response:
        """Switch trouble on or off; see `sandbox.faults.Settings`."""
        state = self.sandbox.faults.change(_given())
        self.sandbox.deliverer.wake()
        return _json(state)

    def reset(self) -> Response:
        """Forget everything."""
        self.sandbox.reset()
        return _json({"ok": True})

    def flush(self) -> Response:
        """Deliver what is pending, now; answers when done."""
        self.sandbox.settle_all()
        return _json(self.sandbox.deliverer.flush())

    def take(self) -> Response:
        """Hand out the pending deliveries, signed, for a test that has no listening application."""
        self.sandbox.settle_all()
        return _json({"taken": self.sandbox.deliverer.take()})

    def redeliver(self) -> Response:
        """Send an old event again: `{"event": "evt_…"}`."""
        event = str(_given().get("event", ""))

        def task(work: Work) -> Obj:
            work.events.append((event, work.get("event", event)["type"]))
            return {"ok": True}

        return _json(self.sandbox.run(task))

    def charges(self) -> Response:
        """Every charge of the platform."""
        return _json({"charges": dump(self.sandbox)})

    def complete(self, session_id: str) -> Response:
        """Fill in and submit a Checkout page: `{"card": …, "exp_month": …, "exp_year": …, "authorise": true}`."""
        return _json(complete_session(self.sandbox, session_id, _given()))

    def onboard(self, account_id: str) -> Response:
        """What the onboarding page's confirmation does."""
        return _json(self.sandbox.run(lambda work: onboarding.onboard(work, work.get("account", account_id))))

    def disable(self, account_id: str) -> Response:
        """Stripe finds something amiss: the account takes no money any more."""
        return _json(self.sandbox.run(lambda work: onboarding.disable(work, work.get("account", account_id))))

    def payout(self, account_id: str = "") -> Response:
        """Send the balance of an account (or of the platform) to its bank: `{"amount": n}`, else all that is there."""
        amount = _given().get("amount")

        def task(work: Work) -> Obj:
            return pay_out(work, account_id, held(work, account_id) if amount is None else int(amount))

        return _json(self.sandbox.run(task))

    def refund(self) -> Response:
        """What somebody does in the dashboard: `{"charge": "ch_…", "amount": n, "reverse_transfer": true, …}`."""
        given = {"reverse_transfer": False, "refund_application_fee": False} | _given()
        return _json(self.sandbox.run(lambda work: refunds.create(work, given)))

    def line(self) -> Response:
        """A line on the platform's balance that belongs to nothing: `{"amount": n, "type": "adjustment"}`."""
        given = _given()

        def task(work: Work) -> Obj:
            kind = str(given.get("type", "adjustment"))
            return book(work, kind, amount=int(given["amount"]), currency="eur", source=given.get("source"))

        return _json(self.sandbox.run(task))

    def dispute(self) -> Response:
        """Open a dispute: `{"charge": "ch_…"}`, and where it is another sum than what is left, `"amount"` in cents."""
        given = _given()

        def task(work: Work) -> Obj:
            charge = work.get("charge", str(given.get("charge", "")))
            return disputes.open_dispute(work, charge, given.get("reason", "fraudulent"), given.get("amount"))

        return _json(self.sandbox.run(task))

    def close_dispute(self, dispute_id: str) -> Response:
        """Close a dispute: `{"status": "lost"}` or `"won"`."""
        status = _given().get("status", "lost")
        if status not in ("lost", "won"):
            raise ApiError(400, "status is lost or won.", param="status")
        return _json(
            self.sandbox.run(lambda work: disputes.close_dispute(work, work.get("dispute", dispute_id), status))
        )


def _json(body: Any) -> Response:
    return Response(json.dumps(body), mimetype="application/json")


def _given() -> Obj:
    body = request.get_json(force=True, silent=True)
    return body if isinstance(body, dict) else {}


def _moment(given: str | float) -> float:
    if isinstance(given, int | float):
        return float(given)
    moment = datetime.fromisoformat(given)
    if moment.tzinfo is None:
        raise ApiError(400, "Give the time zone: 2026-03-01T12:00:00+00:00.", param="now")
    return moment.timestamp()


def complete_session(sandbox: Sandbox, session_id: str, given: Obj) -> Obj:
    """Just what the page's submit does, 3-D Secure included; a decline is an answer, not an error."""
    outcome: Obj = {"error": None}

    def task(work: Work) -> Obj:
        session = work.get("checkout.session", session_id)
        known = (session["customer_details"] or {}).get("email")
        typed = Typed(
            number=str(given.get("card", "4242424242424242")).replace(" ", ""),
            exp_month=int(given.get("exp_month", 12)),
            exp_year=int(given.get("exp_year", 2035)),
            email=given.get("email") or known or "prova@example.org",
            name=given.get("name", ""),
        )
        try:
            return checkout.at_once(work, session, typed, authorise=bool(given.get("authorise", True)))
        except NotOpen:
            raise ApiError(409, f"This session is {session['status']}.", code="session_not_open") from None

    try:
        session = sandbox.run(task)
    except ApiError as refusal:
        if not refusal.keep:
            raise
        outcome["error"] = {key: refusal.error.get(key) for key in ("code", "decline_code", "message")}
        session = sandbox.run(lambda work: work.get("checkout.session", session_id))
    done = session["status"] == "complete"
    return outcome | {
        "status": session["status"],
        "session": session,
        "redirect": checkout.success_url(session) if done else None,
    }
