"""What is different in production, and with which database role the web process refuses to start."""

from __future__ import annotations

import pytest
from sqlalchemy import pool

from app.factory import create_app, refuse_wrong_role
from config import Config, ConfigError, load
from tests.conftest import Database

DEVELOPMENT = ["/dev/mail", "/dev/mail/msg_x", "/dev/clock", "/dev/accounts"]
ENVIRONMENT = {
    "APP_ENV": "production",
    "SECRET_KEY": "secret-of-a-test",
    "DATA_KEY": "dGVzdHMtb25seS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "MAIL_URL": "smtp://127.0.0.1:1",
    "BASE_URL": "https://cofonda.example",
}


@pytest.fixture
def production(database: Database, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The settings as they are read in production, on a database of the test's own."""
    for name, value in {**ENVIRONMENT, "DATABASE_URL": database.app_url()}.items():
        monkeypatch.setenv(name, value)
    settings = load()
    settings.SQLALCHEMY_ENGINE_OPTIONS = {"poolclass": pool.NullPool}  # these applications are thrown away
    return settings


@pytest.mark.parametrize("path", DEVELOPMENT)
@pytest.mark.parametrize("method", ["get", "post"])
def test_development_pages_answer_404_in_production(production, path, method):
    production.WTF_CSRF_ENABLED = False
    client = create_app(production).test_client()
    answer = getattr(client, method)(path, base_url="https://cofonda.example")
    assert answer.status_code in ((404,) if method == "get" else (404, 405))


def test_production_keeps_browsers_on_https_and_cookies_safe(production):
    client = create_app(production).test_client()
    answer = client.get("/it/sign-in", base_url="https://cofonda.example")
    assert answer.status_code == 200
    assert "max-age=31536000" in answer.headers["Strict-Transport-Security"]
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"):
        assert word in cookie


def test_the_web_process_refuses_to_start_as_the_owner_of_the_ledger(production, database):
    app = create_app(production)
    refuse_wrong_role(app)
    app.config["SQLALCHEMY_DATABASE_URI"] = database.owner_url()
    with pytest.raises(ConfigError, match="cofonda_app"):
        refuse_wrong_role(app)


@pytest.mark.parametrize(
    "name", ["SECRET_KEY", "DATA_KEY", "STRIPE_SECRET_KEY", "MAIL_URL", "BASE_URL", "DATABASE_URL"]
)
def test_production_does_not_start_without_its_settings(production, monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(ConfigError, match=name):
        load()


def test_a_live_key_never_goes_to_another_address_than_stripe(production, monkeypatch):
    monkeypatch.setenv("STRIPE_API_BASE", "http://127.0.0.1:1")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_x")
    with pytest.raises(ConfigError, match="live"):
        load()


def test_health_answers_json(client):
    assert client.get("/healthz").get_json() == {"ok": True}
    answer = client.get("/readyz")
    assert answer.status_code == 503  # no worker runs in this test
    assert answer.get_json() == {"ok": False, "database": True, "migrations": True, "worker": False}
