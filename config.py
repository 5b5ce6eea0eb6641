"""The only file that reads the environment."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent


class ConfigError(SystemExit):
    """A setting without which the application refuses to start."""


def _need(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise ConfigError(f"{name} is not set. Set it in the environment, or use `make run` for development.")
    return value


class Config:
    """What every environment shares."""

    ENV_NAME = "production"
    SECRET_KEY = ""
    DATA_KEY = ""
    DATABASE_OWNER_URL = ""
    DATABASE_WORKER_URL = ""
    SQLALCHEMY_DATABASE_URI = ""
    # prepare_threshold=None: PgBouncer in transaction mode must work.
    SQLALCHEMY_ENGINE_OPTIONS: dict[str, object] = {
        "connect_args": {"prepare_threshold": None},
        "pool_size": 10,
        "query_cache_size": 4000,  # each statement is compiled once; the library keeps 500
    }
    BABEL_DEFAULT_LOCALE = "it"
    BABEL_DEFAULT_TIMEZONE = "Europe/Rome"
    LANGUAGES = ("it", "en")
    MAX_CONTENT_LENGTH = 12 * 1024 * 1024
    MAX_FORM_MEMORY_SIZE = 2 * 1024 * 1024
    WTF_CSRF_TIME_LIMIT = 12 * 3600
    SESSION_COOKIE_NAME = "__Host-cofonda"
    SESSION_COOKIE_SECURE = True
    SESSION_COOKIE_HTTPONLY = True
    SESSION_COOKIE_SAMESITE = "Lax"
    SESSION_COOKIE_PATH = "/"
    DEV_PAGES = False
    MAINTENANCE = False  # every page says that the service rests; nothing of the database is touched
    STRIPE_API_BASE: str | None = None
    STRIPE_SECRET_KEY = ""
    STRIPE_WEBHOOK_SECRET = ""
    CHECKOUT_ORIGIN = "https://checkout.stripe.com"
    MAIL_URL = ""
    MAIL_FROM = "Cofonda <no-reply@localhost>"
    MAIL_TIMEOUT = 20  # seconds that a mail server may keep us waiting
    FILES_DIR = str(ROOT / "instance" / "files")
    BASE_URL = "http://127.0.0.1:8000"
    FLOOD_LIMIT = 1200  # requests a minute from one address, per process
    COLLECTION_PER_SECOND = 10  # cards charged a second, all workers together; 0: as fast as it goes
    SHARED_SECONDS = 1.0  # how long a public page without anybody's own things is told to all; 0: never
    TRUSTED_PROXIES = 0  # how many reverse proxies of ours stand in front and set X-Forwarded-*


def load() -> Config:
    """The configuration of the environment named by APP_ENV (development, test or production, the default)."""
    name = os.environ.get("APP_ENV", "production")
    config = Config()
    config.ENV_NAME = name
    if name not in ("development", "test", "production"):
        raise ConfigError(f"APP_ENV is {name!r}: use development, test or production.")
    config.SECRET_KEY = _need("SECRET_KEY")
    config.DATA_KEY = _need("DATA_KEY")
    config.SQLALCHEMY_DATABASE_URI = _psycopg(_need("DATABASE_URL"))
    config.DATABASE_WORKER_URL = os.environ.get("DATABASE_WORKER_URL") or os.environ["DATABASE_URL"]
    config.DATABASE_OWNER_URL = _psycopg(os.environ.get("DATABASE_OWNER_URL", ""))
    config.STRIPE_API_BASE = os.environ.get("STRIPE_API_BASE") or None
    config.STRIPE_SECRET_KEY = _need("STRIPE_SECRET_KEY")
    config.STRIPE_WEBHOOK_SECRET = _need("STRIPE_WEBHOOK_SECRET")
    config.CHECKOUT_ORIGIN = os.environ.get("CHECKOUT_ORIGIN", Config.CHECKOUT_ORIGIN)
    config.MAIL_URL = os.environ.get("MAIL_URL", "")
    config.MAIL_FROM = os.environ.get("MAIL_FROM", Config.MAIL_FROM)
    config.FILES_DIR = os.environ.get("FILES_DIR", Config.FILES_DIR)
    config.TRUSTED_PROXIES = int(os.environ.get("TRUSTED_PROXIES", "0"))
    config.MAINTENANCE = os.environ.get("MAINTENANCE", "") not in ("", "no", "0")
    config.COLLECTION_PER_SECOND = int(os.environ.get("COLLECTION_PER_SECOND", Config.COLLECTION_PER_SECOND))
    config.SHARED_SECONDS = float(os.environ.get("SHARED_SECONDS", Config.SHARED_SECONDS))
    config.BASE_URL = os.environ.get("BASE_URL", Config.BASE_URL).rstrip("/")
    if config.STRIPE_API_BASE and config.STRIPE_SECRET_KEY.startswith("sk_live_"):
        raise ConfigError("STRIPE_API_BASE points away from Stripe while the key is live. Unset one of the two.")
    if name == "production":
        if not config.MAIL_URL:
            raise ConfigError(
                "MAIL_URL is not set: in production mail must leave. Example: smtp://user:password@host:587"
            )
        if not config.BASE_URL.startswith("https://"):
            raise ConfigError("BASE_URL must begin with https:// in production.")
    else:
        config.DEV_PAGES = name == "development"
        config.SESSION_COOKIE_NAME = "cofonda"
        config.SESSION_COOKIE_SECURE = False
    return config


def _psycopg(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return "postgresql+psycopg://" + url.removeprefix(plain)
    return url
