"""How often one may try: tries are rows, counted even where the action they belong to is refused and rolled back."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, text

from app.core import crypto
from app.core.db import db
from app.core.errors import TooMany
from app.identity.models import Attempt, Code, Registration, Reset, Session

# A second connection that waited for a lock of the first would wait for ever: better to fail soon.
PATIENCE = text("set local lock_timeout = '1500ms'")
_LOCK = text("select pg_advisory_xact_lock(hashtextextended(:kind || encode(:key, 'hex'), 0))")
_RECENT = text(
    "select at from identity_attempt where kind = :kind and key_hash = :key and at > :since"
    " order by at desc limit :limit"
)
_COUNT = text("insert into identity_attempt (kind, key_hash, at) values (:kind, :key, :now) returning id")


def brake(kind: str, key: str, limit: int, seconds: int, now: datetime) -> int:
    """Count one try of this kind by this key; raises TooMany where there were `limit` in the last `seconds`.

    The try is written on a connection of its own, so that a refused action cannot take it back. Returns its number.
    """
    hashed = crypto.keyed_hash(f"{kind}:{key}")
    with db.engine.begin() as apart:
        apart.execute(PATIENCE)
        apart.execute(_LOCK, {"kind": kind, "key": hashed})
        since = now - timedelta(seconds=seconds)
        recent = apart.execute(_RECENT, {"kind": kind, "key": hashed, "since": since, "limit": limit}).scalars().all()
        if len(recent) < limit:
            return int(apart.execute(_COUNT, {"kind": kind, "key": hashed, "now": now}).scalar_one())
        wait = recent[-1] + timedelta(seconds=seconds) - now
    minutes = max(1, math.ceil(wait.total_seconds() / 60))
    raise TooMany("Too many tries in a short time. Wait %(minutes)s min and try again.", minutes=minutes)


def forgive(*attempts: int) -> None:
    """Take back tries that turned out to be right."""
    db.session.execute(delete(Attempt).where(Attempt.id.in_(attempts)))


def release(kind: str, key: str) -> None:
    """Forget all tries of this kind by this key."""
    hashed = crypto.keyed_hash(f"{kind}:{key}")
    db.session.execute(delete(Attempt).where(Attempt.kind == kind, Attempt.key_hash == hashed))


def tidy(*, now: datetime) -> None:
    """Remove what has no use any more: old tries, dead sessions, used or expired links and codes."""
    month = now - timedelta(days=30)
    db.session.execute(delete(Attempt).where(Attempt.at < now - timedelta(days=2)))
    db.session.execute(delete(Session).where(or_(Session.expires_at < month, Session.ended_at < month)))
    db.session.execute(delete(Registration).where(Registration.expires_at < now - timedelta(days=7)))
    db.session.execute(delete(Reset).where(Reset.expires_at < month))
    db.session.execute(delete(Code).where(Code.expires_at < month))
