"""The bank's 3-D Secure question, for a Checkout session or a bare intent."""

from flask import Response, request

from sandbox import checkout
from sandbox.api import payment_intents, setup_intents
from sandbox.checkout import NotOpen
from sandbox.errors import ApiError
from sandbox.pages.checkout_page import CheckoutPages
from sandbox.pages.shell import see, with_query
from sandbox.shapes import Obj
from sandbox.words import WORDS
from sandbox.work import Work


class BankPages(CheckoutPages):
    """GET and POST of `/authenticate/<intent>`; a refusal leads back to the Checkout page."""

    def _intent(self, intent_id: str) -> tuple[Obj | None, Obj | None]:
        """The intent that waits for the person, and its session if it has one."""
        intent = self.read("setup_intent" if intent_id.startswith("seti_") else "payment_intent", intent_id)
        session_id = self.private(intent_id).get("session")
        return intent, (self.read("checkout.session", session_id) if session_id else None)

    def ask(self, intent_id: str) -> Response:
        """The bank's question."""
        intent, session = self._intent(intent_id)
        if intent is None:
            return self.nothing()
        if intent["status"] != "requires_action":
            return self._after_bank(intent, session)
        method = self.read("payment_method", intent["payment_method"])
        back = session["success_url"] if session else self.private(intent_id).get("return_url")
        return self.page(
            "bank.html",
            self.language(session["locale"] if session else None),
            ways_out=(back,),
            intent=intent,
            last4=method["card"]["last4"] if method else "",
        )

    def answer(self, intent_id: str) -> Response:
        """Authorise or refuse."""
        found, session = self._intent(intent_id)
        if found is None:
            return self.nothing()
        kind = found["object"]
        authorised = request.form.get("decision") == "authorise"

        def task(work: Work) -> Obj:
            if session is not None:
                return checkout.authenticated(work, work.get("checkout.session", session["id"]), authorised=authorised)
            if kind == "setup_intent":
                return setup_intents.authenticate(work, work.get("setup_intent", intent_id), authorised=authorised)
            return payment_intents.authenticate(work, work.get("payment_intent", intent_id), authorised=authorised)

        declined = None
        try:
            self.sandbox.run(task)
        except NotOpen:
            pass  # answered already, in another tab: go where that led
        except ApiError as refusal:
            declined = refusal.error.get("decline_code")
        intent, session = self._intent(intent_id)
        return self._after_bank(intent, session, declined) if intent else self.nothing()

    def _after_bank(self, intent: Obj, session: Obj | None, declined: str | None = None) -> Response:
        if session is not None and session["status"] == "open":
            if declined in WORDS["it"]:
                typed = {name: self.private(session["id"]).get(name, "") for name in ("email", "name")}
                return self.form(session, typed, declined=declined, status=402)
            return see(f"/c/pay/{session['id']}?failed=authentication")
        if session is not None:
            return see(checkout.success_url(session)) if session["status"] == "complete" else self.closed(session)
        back = self.private(intent["id"]).get("return_url")
        if back is None:
            return self.page("message.html", self.language(), title="bank_done_title", text="bank_done", link=None)
        outcome = "succeeded" if intent["status"] == "succeeded" else "failed"
        kind = intent["object"]
        named = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"]}
        return see(with_query(back, **named, redirect_status=outcome))
