"""The hosted pages: Checkout, the bank's 3-D Secure question, onboarding of a connected account, receipts."""

from collections.abc import Callable

from flask import Blueprint, Response

from sandbox.cards import SHOWN
from sandbox.engine import Sandbox
from sandbox.pages.account_page import AccountPages
from sandbox.pages.bank_page import BankPages
from sandbox.pages.shell import HERE, Shell
from sandbox.words import day


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The routes."""
    bp = Blueprint("pages", __name__, template_folder=str(HERE / "templates"))
    plain, card, account = PlainPages(sandbox), BankPages(sandbox), AccountPages(sandbox)

    def route(rule: str, view: Callable[..., Response], *methods: str) -> None:
        bp.add_url_rule(rule, view.__name__ + "".join(methods), view, methods=list(methods))

    route("/", plain.home, "GET")
    route("/_static/sandbox.css", plain.style, "GET")
    route("/c/pay/<session_id>", card.show, "GET")
    route("/c/pay/<session_id>", card.submit, "POST")
    route("/authenticate/<intent_id>", card.ask, "GET")
    route("/authenticate/<intent_id>", card.answer, "POST")
    route("/setup/s/<account_id>/<key>", account.onboarding, "GET")
    route("/setup/s/<account_id>/<key>", account.onboard, "POST")
    route("/receipts/<intent_id>", plain.receipt, "GET")
    return bp


class PlainPages(Shell):
    """Pages that only show something."""

    def style(self) -> Response:
        """The stylesheet."""
        css = (HERE / "static" / "sandbox.css").read_text()
        return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=60"})

    def home(self) -> Response:
        """What this is, for whoever opens the root."""
        return self.page("home.html", self.language(), cards=SHOWN)

    def receipt(self, intent_id: str) -> Response:
        """What `receipt_url` shows."""
        intent = self.read("payment_intent", intent_id)
        if intent is None or intent["status"] != "succeeded":
            return self.nothing()
        language = self.language()
        return self.page("receipt.html", language, intent=intent, day=day(intent["created"], language))
