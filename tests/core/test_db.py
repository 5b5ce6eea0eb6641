"""One action is whole or not at all, and never silently nothing."""

import contextlib

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.core import settings
from app.core.db import db, transaction


def test_a_swallowed_database_error_cannot_look_like_success(app):
    def swallow():
        with transaction():
            settings.put("city.office", "Ufficio due")
            with contextlib.suppress(IntegrityError):
                db.session.execute(text("insert into core_setting (name, value) values ('x', null)"))

    with pytest.raises(RuntimeError, match="swallowed"):
        swallow()
    assert settings.get("city.office") == settings.DEFAULTS["city.office"]


def test_a_database_error_within_a_savepoint_leaves_the_rest(app):
    with transaction():
        settings.put("city.office", "Ufficio due")
        with contextlib.suppress(IntegrityError), db.session.begin_nested():
            db.session.execute(text("insert into core_setting (name, value) values ('x', null)"))
    assert settings.get("city.office") == "Ufficio due"
