"""The demo's commands, on a city that is there already."""

from app.core.db import transaction
from app.core.settings import put


def test_the_start_is_given_the_accounts_that_the_command_lists(app, tmp_path):
    with transaction():
        put("demo.seeded", "yes")
    runner, kept = app.test_cli_runner(), tmp_path / "accounts.txt"
    again = runner.invoke(args=["demo", "seed", "--accounts", str(kept)])
    assert "there already" in again.output
    assert kept.read_text() == runner.invoke(args=["demo", "accounts"]).output
    assert "ufficio@cofonda.example" in kept.read_text()


def test_production_has_no_demo(app, monkeypatch):
    monkeypatch.setitem(app.config, "ENV_NAME", "production")
    refused = app.test_cli_runner().invoke(args=["demo", "seed"])
    assert refused.exit_code == 1
    assert "production keeps real people only" in refused.output
