"""The one table from refusals to HTTP, and the error pages."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from app.core.db import db
from app.core.errors import Conflict, Forbidden, Gone, Invalid, Missing, Refusal, TooMany, Unavailable
from app.payments.gateway import ProviderRefused
from app.web.gates import say

# While the service rests, style sheets and the machines' own questions are still answered.
STILL_OPEN = frozenset({"static", "machines.healthz", "machines.readyz", "theme.sheet"})
RETRY_AFTER = "300"
STATUS: dict[type[Refusal], int] = {
    Missing: 404,
    Forbidden: 403,
    Conflict: 409,
    Invalid: 422,
    Gone: 410,
    TooMany: 429,
    Unavailable: 503,
    Refusal: 400,
}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of a refusal."""
    return next(STATUS[kind] for kind in type(refusal).__mro__ if kind in STATUS)


def page(status: int, sentence: str = "") -> ResponseReturnValue:
    """The error page (or JSON where a machine asked) with a sentence of ours."""
    if request.accept_mimetypes.best == "application/json" or request.path.startswith("/webhooks/"):
        return jsonify(error=sentence, status=status), status
    g.erring = True
    return render_template("web/error.html", status=status, sentence=sentence), status


def init(app: Flask) -> None:
    """Register the handlers, and close the doors where the operator asks for it."""
    app.before_request(_rest)
    app.after_request(_say_when)

    @app.errorhandler(Refusal)
    def refused(refusal: Refusal) -> ResponseReturnValue:
        db.session.rollback()
        return page(status_of(refusal), say(refusal) if refusal.message else "")

    @app.errorhandler(CSRFError)
    def stale_form(error: CSRFError) -> ResponseReturnValue:
        sentence = _(
            "This page was open for too long. Go back, reload it and send it again: your browser keeps what you typed."
        )
        return page(400, sentence)

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> ResponseReturnValue:
        if error.code == 404 and (there := _without_slash()):
            return redirect(there, 308)
        return page(error.code or 500)

    @app.errorhandler(DataError)
    def unkeepable(error: DataError) -> ResponseReturnValue:
        # A NUL in an address or a field, a number beyond bigint: nobody types these, so one sentence serves all.
        db.session.rollback()
        return page(400, _("What was sent contains signs that cannot be kept. Type it again by hand."))

    @app.errorhandler(ProviderRefused)
    def provider_refused(error: ProviderRefused) -> ResponseReturnValue:
        # Not the person's doing and not a broken page: our request was one that the payment service will not carry out.
        db.session.rollback()
        current_app.logger.error("payment provider refused on %s: %s %s", request.endpoint, error.code, error)
        sentence = _("The payment service did not accept our request. Nothing was charged, and we have a note of it.")
        return page(500, sentence)

    @app.errorhandler(OperationalError)
    @app.errorhandler(InterfaceError)
    @app.errorhandler(PoolTimeout)
    def no_database(error: SQLAlchemyError) -> ResponseReturnValue:
        g.offline = True
        current_app.logger.error("database unavailable: %s", type(getattr(error, "orig", error)).__name__)
        return _plain_or_page(503)

    @app.errorhandler(Exception)
    def broken(error: Exception) -> ResponseReturnValue:
        if current_app.testing:
            raise error
        current_app.logger.exception("unhandled error on %s", request.endpoint)
        db.session.rollback()
        return _plain_or_page(500)


def _without_slash() -> str | None:
    """The same address without a slash at its end, where a page stands there: people add one when they type."""
    path, paths = request.path.rstrip("/"), current_app.create_url_adapter(request)
    if request.method != "GET" or path == request.path or paths is None or not paths.test(path):
        return None
    return f"{path}?{request.query_string.decode('latin-1')}".rstrip("?")


def _rest() -> ResponseReturnValue | None:
    if not current_app.config["MAINTENANCE"] or request.endpoint in STILL_OPEN:
        return None
    g.offline = True
    return page(503)


def _say_when(response: Response) -> Response:
    if response.status_code == 503:
        response.headers.setdefault("Retry-After", RETRY_AFTER)
    return response


def _plain_or_page(status: int) -> ResponseReturnValue:
    try:
        return page(status)
    except Exception:  # something that the page shows is down: show it with the usual settings and nobody signed in
        current_app.logger.exception("the error page failed")
        g.offline = True
    try:
        return page(status)
    except Exception:  # not even the template can be drawn: say it in plain text
        current_app.logger.exception("the error page failed too")
        return f"{status}. Riprova fra poco. / Please try again shortly.", status
