"""The Checkout page: shows what is stored or paid, takes the card."""

import re

from flask import Response, request

from sandbox import checkout
from sandbox.api.customers import EMAIL
from sandbox.cards import SHOWN
from sandbox.checkout import NotOpen, Typed
from sandbox.errors import ApiError
from sandbox.pages.shell import Shell, see
from sandbox.shapes import Obj
from sandbox.words import WORDS

EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/\-. ]?\s*(\d{2}|\d{4})\s*")
FIELDS = ("email", "card", "expiry", "cvc", "name", "agree")


class CheckoutPages(Shell):
    """GET and POST of `/c/pay/<session>`."""

    def show(self, session_id: str) -> Response:
        """The empty form."""
        session = self.read("checkout.session", session_id)
        if session is None:
            return self.nothing()
        if session["status"] != "open":
            return self.closed(session)
        failed = "authentication" if request.args.get("failed") == "authentication" else None
        typed = {name: self.private(session_id).get(name, "") for name in ("email", "name")}
        return self.form(session, typed, declined=failed)

    def closed(self, session: Obj) -> Response:
        """Complete or expired."""
        language = self.language(session["locale"])
        if session["status"] == "complete":
            onward = (checkout.success_url(session), "complete_go")
            return self.page("message.html", language, title="complete_title", text="complete", link=onward)
        link = (session["cancel_url"], "back") if session["cancel_url"] else None
        return self.page("message.html", language, status=410, title="expired_title", text="expired", link=link)

    def form(
        self,
        session: Obj,
        typed: Obj,
        *,
        errors: dict[str, str] | None = None,
        declined: str | None = None,
        status: int = 200,
    ) -> Response:
        """The Checkout page."""
        private = self.private(session["id"])
        described = None
        if session["setup_intent"]:
            described = (self.read("setup_intent", session["setup_intent"]) or {}).get("description")
        return self.page(
            "checkout.html",
            self.language(session["locale"]),
            status=status,
            ways_out=(session["success_url"], session["cancel_url"]),
            session=session,
            lines=private.get("line_items", []),
            described=described or private.get("payment_intent_data", {}).get("description"),
            known_email=(session["customer_details"] or {}).get("email"),
            consent=(session["consent_collection"] or {}).get("terms_of_service") == "required",
            texts={name: (text or {}).get("message") for name, text in session["custom_text"].items()},
            typed=typed,
            errors=errors or {},
            declined=declined,
            cards=SHOWN,
        )

    def submit(self, session_id: str) -> Response:
        """The form comes back: fill in a test card, refuse with reasons, or take the card."""
        session = self.read("checkout.session", session_id)
        if session is None:
            return self.nothing()
        if session["status"] != "open":
            return self.closed(session)
        given = {name: request.form.get(name, "").strip() for name in FIELDS}
        if "use" in request.form:
            year = (self.sandbox.clock.now() // 31_557_600 + 1970 + 5) % 100
            filled = {"card": request.form["use"], "expiry": f"12/{year:02d}", "cvc": "123"}
            return self.form(session, given | filled)
        typed, errors = self._typed(session, given)
        if typed is None:
            return self.form(session, given, errors=errors, status=422)
        return self._take(session, typed, given)

    def _typed(self, session: Obj, given: dict[str, str]) -> tuple[Typed | None, dict[str, str]]:
        """What was typed, or field → reason."""
        errors: dict[str, str] = {}
        email = (session["customer_details"] or {}).get("email") or given["email"]
        if not EMAIL.fullmatch(email):
            errors["email"] = "email_invalid"
        number = re.sub(r"[\s-]", "", given["card"])
        expiry = EXPIRY.fullmatch(given["expiry"])
        month, year = (int(expiry[1]), int(expiry[2])) if expiry else (0, 0)
        typed = Typed(number, month, year if year > 99 else 2000 + year, email, given["name"])
        errors |= checkout.faults(typed, self.sandbox.clock.now())
        if not number.isdigit():
            errors["card"] = "card_invalid" if number else "card_missing"
        if not re.fullmatch(r"\d{4}" if number.startswith(("34", "37")) else r"\d{3}", given["cvc"]):
            errors["cvc"] = "cvc_invalid"
        if (session["consent_collection"] or {}).get("terms_of_service") == "required" and not given["agree"]:
            errors["agree"] = "agree_missing"
        ordered = {name: errors[name] for name in FIELDS if name in errors}
        return (None if ordered else typed), ordered

    def _take(self, session: Obj, typed: Typed, given: Obj) -> Response:
        try:
            result = self.sandbox.run(
                lambda work: checkout.submit(work, work.get("checkout.session", session["id"]), typed)
            )
        except NotOpen:
            return self.show(session["id"])
        except ApiError as refusal:
            reason = refusal.error.get("decline_code") or "generic_decline"
            known = reason if reason in WORDS["it"] else "generic_decline"
            return self.form(session, given | {"cvc": ""}, declined=known, status=402)
        if result["status"] == "complete":
            return see(checkout.success_url(result))
        intent = result["setup_intent"] or self.private(session["id"])["intent"]
        return see(f"/authenticate/{intent}")
