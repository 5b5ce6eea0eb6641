"""A shared page for somebody who is signed in, told before Flask where nothing else has to be done for her.

The row of her session is read each time, in one question and no transaction: an ended session ends at once.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature, URLSafeTimedSerializer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.http import parse_cookie

from app.core import clock
from app.core.db import db
from app.identity import queries as identity
from app.identity.queries import Looker
from app.identity.rules import SESSION_TOUCH

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# What Flask has to do something about: a message that waits, a session that is renewed.
_MORE_TO_DO = ("_flashes", "_permanent")


class Signed:
    """Reads the cookie of a request as Flask would, and knows who looks."""

    def __init__(self, app: Flask, own_seconds: int) -> None:
        self.app = app
        self.own_seconds = own_seconds
        self._name = app.config["SESSION_COOKIE_NAME"]
        self._lasts = int(app.permanent_session_lifetime.total_seconds())
        self._cookies = SecureCookieSessionInterface().get_signing_serializer(app)
        self._tokens = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token")
        self._engine: Engine | None = None

    def who(self, environ: WSGIEnvironment) -> tuple[Looker, str] | None:
        """Who looks and her secret for forms; None where Flask must see to more than the page."""
        carried = self._carried(environ)
        if carried is None:
            return None
        with self.app.app_context():
            now = clock.now()
            found = self._looker(carried["sid"], now) if self._is_quiet(carried, now) else None
        if found is None or self.app.extensions["flood"].is_too_much(environ.get("REMOTE_ADDR", ""), time.monotonic()):
            return None
        return found, str(self._tokens.dumps(carried["csrf_token"]))

    def _carried(self, environ: WSGIEnvironment) -> dict[str, Any] | None:
        value = parse_cookie(environ).get(self._name)
        if not value or self._cookies is None:
            return None
        try:
            carried = self._cookies.loads(value, max_age=self._lasts)
        except BadSignature:
            return None
        whole = isinstance(carried, dict) and all(isinstance(carried.get(each), str) for each in ("sid", "csrf_token"))
        return carried if whole else None

    def _is_quiet(self, carried: dict[str, Any], now: datetime) -> bool:
        """Whether nothing is to be told or written down for her now, and she has not just done something."""
        if any(name in carried for name in _MORE_TO_DO):
            return False
        noted = now.timestamp() - carried.get("noted", 0) <= SESSION_TOUCH.total_seconds()
        return bool(noted and time.time() - carried.get("acted", 0) >= self.own_seconds)

    def _looker(self, raw: str, now: datetime) -> Looker | None:
        try:
            if self._engine is None:
                self._engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
            with self._engine.connect() as asked:
                return identity.looker(raw, now, asked)
        except SQLAlchemyError:
            return None  # Flask asks again, and says what is wrong
