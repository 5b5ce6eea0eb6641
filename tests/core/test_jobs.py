"""Deferring a job is part of the caller's transaction, and never harms it."""

import pytest

from app.core import jobs, settings
from app.core.db import transaction


def test_a_job_with_a_key_waits_once_and_the_transaction_that_asked_again_is_kept(app):
    with transaction():
        settings.put("city.office", "Ufficio uno")
        jobs.defer("outbox.deliver", key="only")
    with transaction():
        settings.put("city.office", "Ufficio due")
        jobs.defer("outbox.deliver", key="only")
    assert jobs.waiting() == 1
    assert settings.get("city.office") == "Ufficio due"


def test_a_transaction_that_fails_leaves_no_job(app):
    def fail():
        with transaction():
            jobs.defer("outbox.deliver")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert jobs.waiting() == 0
