"""The Flask application: the way of one API request from the wire to its handler and back."""

import base64
import binascii
import json
import logging
import re
from functools import lru_cache
from urllib.parse import parse_qsl

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from sandbox import conformance
from sandbox.api.routes import ROUTES, Handler
from sandbox.conformance import API_VERSION, Nonconforming, path_pattern
from sandbox.engine import Sandbox, Saved, check_same, digest
from sandbox.errors import ApiError, unknown_url
from sandbox.expanding import expand
from sandbox.forms import BadForm, nest
from sandbox.shapes import Obj, token
from sandbox.work import Work

log = logging.getLogger("sandbox.api")
LONGEST_KEY = 255
FOR_ACCOUNTS = (
    "/v1/balance",
    "/v1/balance_transactions",
    "/v1/balance_transactions/{id}",
    "/v1/payouts",
    "/v1/payouts/{payout}",
)


@lru_cache(maxsize=4)
def _patterns(method: str) -> list[tuple[re.Pattern[str], str, Handler]]:
    routes = [(path, handler) for route, path, handler in ROUTES if route == method]
    return [
        (path_pattern(path), path, handler) for path, handler in sorted(routes, key=lambda route: route[0].count("{"))
    ]


def match(method: str, path: str) -> tuple[str, Handler, tuple[str, ...]]:
    """The handler of a path; what neither Stripe nor the sandbox has is refused."""
    for pattern, template, handler in _patterns(method):
        found = pattern.match(path)
        if found:
            return template, handler, found.groups()
    raise unknown_url(method, path)


def build(sandbox: Sandbox) -> Flask:
    """The application around one sandbox."""
    from sandbox import control, pages

    app = Flask("sandbox", static_folder=None)
    app.register_blueprint(pages.blueprint(sandbox))
    app.register_blueprint(control.blueprint(sandbox))
    methods = ["GET", "POST", "DELETE", "PUT", "PATCH"]
    api = Api(sandbox)
    app.add_url_rule("/v1/<path:rest>", "api", api.answer, methods=methods)
    app.add_url_rule("/v2/<path:rest>", "api2", api.answer, methods=methods)

    @app.errorhandler(ApiError)
    def refused(error: ApiError) -> Response:
        return written(error.status, error.body())

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        if error.code == 404:
            return written(404, unknown_url(request.method, request.path).body())
        code = error.code or 500
        return written(code, {"error": {"message": str(error), "type": "invalid_request_error"}})

    return app


def written(status: int, body: Obj | str, request_id: str | None = None, replayed: bool = False) -> Response:
    """A JSON answer with Stripe's headers."""
    text = body if isinstance(body, str) else json.dumps(body, indent=2)
    response = Response(text, status=status, mimetype="application/json")
    response.headers["Request-Id"] = request_id or f"req_{token(14)}"
    response.headers["Stripe-Version"] = API_VERSION
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


class Api:
    """Answers `/v1/…`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def answer(self, rest: str) -> Response:
        """One request, whatever becomes of it."""
        request_id = f"req_{token(14)}"
        path = request.path
        try:
            response = self._handle(path, request_id)
        except ApiError as refusal:
            self._count("requests", f"refused_{refusal.status}")
            log.info("%s %s %s %s", refusal.status, request.method, path, refusal)
            return written(refusal.status, refusal.body(), request_id)
        if self.sandbox.faults.loses_answer(request.method, path):
            return self._lose(request_id)
        return response

    def _count(self, *names: str) -> None:
        with self.sandbox.store.transaction() as store:
            for name in names:
                store.count(name)

    def _lose(self, request_id: str) -> Response:
        self._count("answers_lost")
        if self.sandbox.faults.settings.lose_answer_how == "500":
            return written(500, {"error": {"type": "api_error", "message": "Answer lost (sandbox fault)."}}, request_id)
        socket = request.environ.get("werkzeug.socket")
        if socket is not None:
            socket.shutdown(2)
        return Response(status=500)

    def _handle(self, path: str, request_id: str) -> Response:
        sandbox = self.sandbox
        self._authenticate()
        sandbox.faults.refuse(request.method, path)
        params, raw, handler, ids, template = self._understand(path)
        account = self._account(template)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        if key is not None and len(key) > LONGEST_KEY:
            raise ApiError(400, "Idempotency keys can have up to 255 characters.", kind="idempotency_error")
        owner, params_digest = account or "", digest(raw)
        if key is not None:
            sandbox.take_off(owner, key)
        try:
            if sandbox.faults.settings.delay_ms and sandbox.faults.concerns(request.method, path):
                sandbox.pause(sandbox.faults.settings.delay_ms / 1000)
            earlier = sandbox.saved(owner, key) if key is not None else None
            if earlier is not None and key is not None:
                check_same(earlier, key, request.method, path, params_digest)
                self._count("requests", "replayed")
                return written(earlier.status, earlier.answer, earlier.request_id, replayed=True)

            def task(work: Work) -> Obj:
                asked = params.pop("expand", [])
                answer = handler(work, params, *ids)
                return expand(work, answer, asked) if asked else answer

            def conclude(status: int, body: Obj) -> None:
                if key is not None:
                    saved = Saved(request.method, path, params_digest, status, json.dumps(body, indent=2), request_id)
                    sandbox.keep_answer(owner, key, saved)
                if status == 200:
                    sandbox.store.count("requests")

            body = sandbox.run(task, account=account, request_id=request_id, idempotency_key=key, conclude=conclude)
            return written(200, body, request_id)
        finally:
            if key is not None:
                sandbox.land(owner, key)

    def _authenticate(self) -> None:
        key = _api_key(request.headers.get("Authorization", ""))
        if not key:
            raise ApiError(
                401,
                "You did not provide an API key. You need to provide your API key in the Authorization header, "
                "using Bearer auth.",
            )
        wanted = self.sandbox.config.api_key
        if key != wanted if wanted else not re.fullmatch(r"[sr]k_test_\w+", key):
            raise ApiError(401, f"Invalid API Key provided: {key[:8]}{'*' * 8}{key[-4:]}")

    def _account(self, template: str) -> str | None:
        account = request.headers.get("Stripe-Account")
        if account is None:
            return None
        with self.sandbox.store.lock:
            known = self.sandbox.store.get(account, "account")
        if known is None:
            raise ApiError(
                403, f"The provided key does not have access to account '{account}'.", code="account_invalid"
            )
        if template not in FOR_ACCOUNTS:
            raise ApiError(400, "The sandbox takes the header Stripe-Account for balances and payouts only.")
        return account

    def _understand(self, path: str) -> tuple[Obj, Obj, Handler, tuple[str, ...], str]:
        """Route and parameters, checked; a nonconforming request is refused and remembered."""
        try:
            template, handler, ids = match(request.method, path)
        except ApiError as unknown:
            self._nonconforming(path, str(unknown))
            raise
        try:
            version = request.headers.get("Stripe-Version", API_VERSION)
            if version != API_VERSION:
                raise Nonconforming(f"Invalid Stripe API version: {version}. The SDK pins {API_VERSION}.")
            raw = nest(self._pairs())
            params = conformance.check(request.method, template, raw)
        except BadForm as fault:
            self._nonconforming(path, f"Malformed parameter: {fault}")
            raise ApiError(400, f"Malformed parameter: {fault}") from None
        except Nonconforming as fault:
            self._nonconforming(path, fault.message)
            code = _code(fault.message)
            raise ApiError(400, fault.message, param=fault.param or None, code=code) from None
        return params, raw, handler, ids, template

    def _pairs(self) -> list[tuple[str, str]]:
        query = parse_qsl(request.query_string.decode(), keep_blank_values=True)
        if request.method != "POST":
            return query
        if query:
            raise Nonconforming("A POST carries its parameters in the body.")
        kind = request.mimetype
        if kind not in ("application/x-www-form-urlencoded", ""):
            raise Nonconforming(f"Invalid content type: {kind}. Use application/x-www-form-urlencoded.")
        return parse_qsl(request.get_data(cache=False).decode(), keep_blank_values=True)

    def _nonconforming(self, path: str, problem: str) -> None:
        log.warning("nonconforming %s %s: %s", request.method, path, problem)
        with self.sandbox.store.transaction() as store:
            store.count("nonconforming")
            store.db.execute(
                "insert into refusal (at, method, path, problem) values (?, ?, ?, ?)",
                (self.sandbox.clock.now(), request.method, path, problem),
            )


def _code(message: str) -> str | None:
    starts = {
        "Received unknown": "parameter_unknown",
        "Missing required": "parameter_missing",
        "Invalid integer": "parameter_invalid_integer",
    }
    return next((code for start, code in starts.items() if message.startswith(start)), None)


def _api_key(header: str) -> str:
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
