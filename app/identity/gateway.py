"""Password hashing: argon2id, as few at a time as the machine can bear."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app

# OWASP's first choice for argon2id: 19 MiB, two passes, one lane. Tests ask for less by PASSWORD_COST.
COST = (19_456, 2, 1)
# Each hash holds 19 MiB and a core for a tenth of a second: a flood of sign-ins waits instead of eating the machine.
_AT_ONCE = threading.BoundedSemaphore(4)


@cache
def _hasher(memory: int, passes: int, lanes: int) -> PasswordHasher:
    return PasswordHasher(memory_cost=memory, time_cost=passes, parallelism=lanes)


@cache
def _nobody(memory: int, passes: int, lanes: int) -> str:
    return _hasher(memory, passes, lanes).hash("the password of nobody")


def _cost() -> tuple[int, int, int]:
    memory, passes, lanes = current_app.config.get("PASSWORD_COST", COST)
    return int(memory), int(passes), int(lanes)


def hash_password(password: str) -> str:
    """The hash to keep."""
    with _AT_ONCE:
        return _hasher(*_cost()).hash(password)


def password_fits(kept: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; without a hash the same work is done and the answer is no."""
    with _AT_ONCE:
        try:
            _hasher(*_cost()).verify(kept or _nobody(*_cost()), password)
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None


def outdated(kept: str) -> bool:
    """Whether the hash was made at another cost and should be made again at the next sign-in."""
    return _hasher(*_cost()).check_needs_rehash(kept)
