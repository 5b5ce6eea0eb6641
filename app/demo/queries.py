"""Reads of the demo: who can sign in to it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.core.db import db
from app.demo.cast import ACCOUNTS, Account
from app.identity.models import Person


def demo_accounts() -> Sequence[Account]:
    """One account per role; nobody where the demo was not loaded."""
    known = set(db.session.scalars(select(Person.email).where(Person.email.in_(each.email for each in ACCOUNTS))))
    return [each for each in ACCOUNTS if each.email in known]
