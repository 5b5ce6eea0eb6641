"""Public references: random, unguessable, and telling their kind."""

import secrets

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # no l, o, 0, 1: they are read aloud and typed


def new_ref(kind: str) -> str:
    """A fresh reference such as plg_7f3kq…: 16 characters of 32, 80 bits."""
    return f"{kind}_{''.join(secrets.choice(_ALPHABET) for _ in range(16))}"
