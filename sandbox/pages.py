"""The hosted pages: Checkout, the bank's 3-D Secure question, onboarding of a connected account, receipts."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Blueprint, Response, make_response, redirect, render_template, request
from markupsafe import Markup, escape

from sandbox import checkout
from sandbox.api import accounts, payment_intents, setup_intents
from sandbox.api.customers import EMAIL
from sandbox.cards import SHOWN
from sandbox.checkout import NotOpen, Typed
from sandbox.engine import Sandbox
from sandbox.errors import ApiError
from sandbox.shapes import Obj
from sandbox.words import WORDS, amount, day
from sandbox.work import Work

MERCHANT = "Cofonda"
HERE = Path(__file__).parent
EXPIRY = re.compile(r"\s*(\d{1,2})\s*[/\-. ]?\s*(\d{2}|\d{4})\s*")
FIELDS = ("email", "card", "expiry", "cvc", "name", "agree")
BOLD = re.compile(r"\*\*(.+?)\*\*")
LINK = re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+)\)")


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The routes."""
    bp = Blueprint("pages", __name__, template_folder=str(HERE / "templates"))
    views = Pages(sandbox)

    def route(rule: str, view: Callable[..., Response], *methods: str) -> None:
        bp.add_url_rule(rule, view.__name__ + "".join(methods), view, methods=list(methods))

    route("/", views.home, "GET")
    route("/_static/sandbox.css", views.style, "GET")
    route("/c/pay/<session_id>", views.show, "GET")
    route("/c/pay/<session_id>", views.submit, "POST")
    route("/authenticate/<intent_id>", views.ask, "GET")
    route("/authenticate/<intent_id>", views.answer, "POST")
    route("/setup/s/<account_id>/<key>", views.onboarding, "GET")
    route("/setup/s/<account_id>/<key>", views.onboard, "POST")
    route("/receipts/<intent_id>", views.receipt, "GET")
    return bp


def prose(text: str) -> Markup:
    """Merchant's text as Checkout shows it: bold, links and line breaks, nothing else."""
    safe = str(escape(text))
    safe = LINK.sub(r'<a href="\2" rel="noreferrer">\1</a>', BOLD.sub(r"<strong>\1</strong>", safe))
    return Markup(safe.replace("\n", "<br>"))  # noqa: S704  (escaped above)


def origin(url: str | None) -> str:
    """Scheme and host, for the CSP."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def with_query(url: str, **values: str) -> str:
    """A URL with more query parameters."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | values
    return urlunsplit(parts._replace(query=urlencode(query)))


class Pages:
    """One method per page."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    # --- shared ---------------------------------------------------------------

    def page(
        self, template: str, language: str, *, status: int = 200, ways_out: tuple[str | None, ...] = (), **more: Any
    ) -> Response:
        """A page with its words and a policy that lets a form lead to the application."""

        def t(key: str, **values: str) -> str:
            return WORDS[language][key].format(merchant=MERCHANT, **values)

        html = render_template(
            template,
            t=t,
            lang=language,
            merchant=MERCHANT,
            prose=prose,
            money=lambda cents, currency: amount(cents, currency, language),
            **more,
        )
        response = make_response(html, status)
        targets = " ".join(["'self'", *sorted({origin(url) for url in ways_out} - {""})])
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src 'self'; form-action {targets}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def language(self, wanted: str | None = None) -> str:
        """The page's language: as the session says, else as the browser says."""
        if wanted and wanted != "auto":
            return "it" if wanted == "it" else "en"
        return request.accept_languages.best_match(["it", "en"]) or "it"

    def read(self, kind: str, identifier: str) -> Obj | None:
        """An object, after what is due has happened."""
        return self.sandbox.run(lambda work: {"found": work.store.get(identifier, kind)})["found"]  # type: ignore[no-any-return]

    def private(self, identifier: str) -> Obj:
        """What is not shown by the API."""
        with self.sandbox.store.lock:
            return self.sandbox.store.private(identifier)

    def nothing(self) -> Response:
        """404 for people."""
        return self.page(
            "message.html", self.language(), status=404, title="not_found_title", text="not_found", link=None
        )

    def style(self) -> Response:
        """The stylesheet."""
        css = (HERE / "static" / "sandbox.css").read_text()
        return Response(css, mimetype="text/css", headers={"Cache-Control": "public, max-age=60"})

    def home(self) -> Response:
        """What this is, for whoever opens the root."""
        return self.page("home.html", self.language(), cards=SHOWN)

    # --- Checkout ---------------------------------------------------------------

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
            return _see(checkout.success_url(result))
        intent = result["setup_intent"] or self.private(session["id"])["intent"]
        return _see(f"/authenticate/{intent}")

    # --- 3-D Secure ---------------------------------------------------------------

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
            return _see(f"/c/pay/{session['id']}?failed=authentication")
        if session is not None:
            return _see(checkout.success_url(session)) if session["status"] == "complete" else self.closed(session)
        back = self.private(intent["id"]).get("return_url")
        if back is None:
            return self.page("message.html", self.language(), title="bank_done_title", text="bank_done", link=None)
        outcome = "succeeded" if intent["status"] == "succeeded" else "failed"
        kind = intent["object"]
        named = {kind: intent["id"], f"{kind}_client_secret": intent["client_secret"]}
        return _see(with_query(back, **named, redirect_status=outcome))

    # --- connected accounts -----------------------------------------------------------

    def _link(self, account_id: str, key: str) -> tuple[Obj | None, Obj]:
        account = self.read("account", account_id)
        link = self.read("account_link", key)
        if account is None or link is None or link["account"] != account_id:
            return None, {}
        return account, self.private(key)

    def onboarding(self, account_id: str, key: str) -> Response:
        """What Stripe would ask of the organisation; a used or old link goes back for a new one."""
        account, link = self._link(account_id, key)
        if account is None:
            return self.nothing()
        if link.get("used") or link["expires_at"] < self.sandbox.clock.now():
            return _see(link["refresh_url"])
        due = dict.fromkeys(item.partition(".")[0] for item in account["requirements"]["currently_due"])
        return self.page(
            "onboarding.html",
            self.language(),
            ways_out=(link["return_url"], link["refresh_url"]),
            account=account,
            name=account["company"].get("name") or account["business_profile"].get("name"),
            bank=next(iter(account["external_accounts"]["data"]), None),
            due=list(due),
        )

    def onboard(self, account_id: str, key: str) -> Response:
        """Confirm, or leave it incomplete; both go back to the application."""
        account, link = self._link(account_id, key)
        if account is None:
            return self.nothing()
        if link.get("used") or link["expires_at"] < self.sandbox.clock.now():
            return _see(link["refresh_url"])
        confirmed = request.form.get("decision") == "confirm"

        def task(work: Work) -> Obj:
            work.store.remember(key, used=True)
            found = work.get("account", account_id)
            return accounts.onboard(work, found) if confirmed else found

        self.sandbox.run(task)
        return _see(link["return_url"])

    # --- receipts ------------------------------------------------------------------------

    def receipt(self, intent_id: str) -> Response:
        """What `receipt_url` shows."""
        intent = self.read("payment_intent", intent_id)
        if intent is None or intent["status"] != "succeeded":
            return self.nothing()
        language = self.language()
        return self.page("receipt.html", language, intent=intent, day=day(intent["created"], language))


def _see(url: str) -> Response:
    return make_response(redirect(url, code=303))
