"""Builds the application; the only file that knows every room."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

import structlog
from flask import Flask, g, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import create_engine, pool, text
from werkzeug.middleware.proxy_fix import ProxyFix

import config
from app.core import clock, jobs, once
from app.core.db import POOL_EVENTS, db
from app.web import asked, context, errors, flood, gates, headers, messages, sharing

ROOT = Path(__file__).resolve().parent.parent
# Lowest floor first: the same order as the migrations.
ROOMS = [
    "ledger",
    "journal",
    "outbox",
    "files",
    "identity",
    "territory",
    "payments",
    "groups",
    "programmes",
    "matching",
    "calls",
    "spaces",
    "participation",
    "proposals",
    "evaluation",
    "campaigns",
    "pledges",
    "followers",
    "settlement",
    "grants",
    "finance",
    "transparency",
    "impact",
    "mentoring",
    "web",
    "api",
    "demo",
]
# Pages of these rooms speak to people and have the language in their address.
_WITHOUT_LANGUAGE = {"payments"}


def create_app(settings: config.Config | None = None) -> Flask:
    """The whole application for one municipality."""
    app = Flask(
        __name__,
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
        instance_path=str(ROOT / "instance"),
    )
    app.request_class = asked.Asked
    app.config.from_object(settings or config.load())
    app.extensions["clock"] = clock.ShiftedClock() if app.config["DEV_PAGES"] else clock.SystemClock()
    _log(app)
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {**app.config["SQLALCHEMY_ENGINE_OPTIONS"], "pool_events": POOL_EVENTS}
    db.init_app(app)
    _meet("app.core.settings")
    parts = {
        room: {name: _meet(f"app.{room}.{name}") for name in ("models", "queries", "jobs", "views", "commands")}
        for room in ROOMS
    }
    if is_command_line() or app.config["TESTING"]:
        _migrations(app)
    _languages(app)
    csrf = CSRFProtect(app)
    flood.init(app)
    errors.init(app)
    app.before_request(_look)
    app.teardown_request(_looked)
    app.before_request(gates.stand_guard)
    sharing.init(app)
    if app.config["TRUSTED_PROXIES"]:
        hops = app.config["TRUSTED_PROXIES"]
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    app.after_request(headers.harden)
    app.jinja_env.filters["say"] = gates.say
    context.init(app)
    app.extensions["todo"] = _offers(parts, "todo")
    app.extensions["checks"] = _offers(parts, "checks")
    app.extensions["moments"] = _offers(parts, "moments")
    app.extensions["demo_accounts"] = _offers(parts, "demo_accounts")
    for name in ("assets", "filters", "head", "navigation", "pictures"):
        part = _meet(f"app.web.{name}")
        if part is not None and hasattr(part, "init"):
            part.init(app)
        elif part is not None and hasattr(part, "init_assets"):
            part.init_assets(app)
        if part is not None:
            app.jinja_env.filters.update(getattr(part, "FILTERS", {}))
            app.jinja_env.globals.update(getattr(part, "GLOBALS", {}))
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    _keep_templates(app)
    for room, found in parts.items():
        _open_room(app, csrf, room, found)
    _front_door(app)
    jobs.host(app)
    return app


def _offers(parts: dict[str, dict[str, ModuleType | None]], verb: str) -> list[Any]:
    """What each room's queries offer under that name, lowest floor first."""
    return [getattr(room["queries"], verb) for room in parts.values() if hasattr(room["queries"], verb)]


def _meet(name: str) -> ModuleType | None:
    """The module, where the room has it."""
    parent = name.rpartition(".")[0]
    if importlib.util.find_spec(parent) is None or importlib.util.find_spec(name) is None:
        return None
    return importlib.import_module(name)


def _open_room(app: Flask, csrf: CSRFProtect, room: str, parts: dict[str, ModuleType | None]) -> None:
    views, commands = parts["views"], parts["commands"]
    if views is not None:
        for bp in getattr(views, "blueprints", None) or [views.bp]:
            plain = room in _WITHOUT_LANGUAGE or getattr(bp, "without_language", False)
            prefix = (bp.url_prefix or "") if plain else f"/<any(it, en):lang>{bp.url_prefix or ''}"
            app.register_blueprint(bp, url_prefix=prefix or None)
        for endpoint, view in app.view_functions.items():
            if getattr(view, "gate", "") in ("webhook", "one_click"):
                csrf.exempt(f"{view.__module__}.{view.__name__}")
                app.logger.debug("no CSRF on %s: it is signed, or the secret is in its address", endpoint)
    if commands is not None:
        for command in commands.COMMANDS:
            app.cli.add_command(command)


def _languages(app: Flask) -> None:
    """Language is in the address; where it is not (errors, webhooks), the browser's wish or Italian."""
    folder = ROOT / "translations"
    if os.access(folder, os.W_OK):
        messages.compile_stale(folder)
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = ";".join(
        str(path) for path in sorted(folder.glob("*")) if path.is_dir()
    )

    def language() -> str:
        if not has_request_context():
            return "it"
        return str(g.get("lang") or request.accept_languages.best_match(app.config["LANGUAGES"]) or "it")

    Babel(app, locale_selector=language)

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        if values and "lang" in values:
            g.lang = values.pop("lang")

    @app.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        if "lang" not in values and app.url_map.is_endpoint_expecting(endpoint, "lang"):
            values["lang"] = language()

    app.jinja_env.globals["language"] = language


def _look() -> None:
    """Who only reads a page changes nothing on the way: each question is asked once."""
    if request.method in ("GET", "HEAD"):
        once.look()


def _looked(error: BaseException | None) -> None:
    once.done()


def _front_door(app: Flask) -> None:
    @app.get("/")
    @gates.public
    def front_door() -> ResponseReturnValue:
        lang = request.accept_languages.best_match(app.config["LANGUAGES"]) or "it"
        answer = redirect(url_for("web.home", lang=lang), 302)
        answer.headers["Vary"] = "Accept-Language"
        return answer


def _keep_templates(app: Flask) -> None:
    """Templates are compiled once, not by each process anew, where the machine lets us keep them."""
    folder = ROOT / ".cache" / "templates"
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(folder))


def _migrations(app: Flask) -> None:
    """`flask db …`; who only serves has no use for it, and starts sooner without."""
    from flask_migrate import Migrate

    Migrate(app, db, directory=str(ROOT / "migrations"))


def _log(app: Flask) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ]
    )
    app.logger.setLevel(logging.INFO)


def refuse_wrong_role(app: Flask) -> None:
    """The web process must not run as a role that could rewrite the ledger; raises ConfigError."""
    engine = create_engine(app.config["SQLALCHEMY_DATABASE_URI"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        owner = connection.execute(
            text(
                "select exists (select 1 from unnest(array['ledger_account', 'ledger_journal', 'ledger_entry']) t(name)"
                " where to_regclass(t.name) is not null and (has_table_privilege(t.name, 'UPDATE')"
                " or has_table_privilege(t.name, 'DELETE') or has_table_privilege(t.name, 'TRUNCATE')))"
            )
        ).scalar_one()
    engine.dispose()
    if owner:
        raise config.ConfigError(
            "DATABASE_URL names a role that may change ledger rows. Use the application role (cofonda_app); "
            "the owner belongs in DATABASE_OWNER_URL, for migrations only."
        )


def is_command_line() -> bool:
    """Whether `flask` is running one of the operator's commands, not serving."""
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true"
