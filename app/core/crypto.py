"""Personal data at rest is encrypted with DATA_KEY; constraints on it use a keyed hash."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from cryptography.fernet import Fernet
from flask import current_app


def _key() -> bytes:
    key: str = current_app.config["DATA_KEY"]
    return key.encode()


def encrypt(text: str) -> bytes:
    """Ciphertext of a personal datum."""
    return Fernet(_key()).encrypt(text.encode())


def decrypt(secret: bytes) -> str:
    """The datum again; raises InvalidToken if the key is another."""
    return Fernet(_key()).decrypt(bytes(secret)).decode()


def keyed_hash(text: str) -> bytes:
    """The same 32 bytes for the same text and key: lets the database hold uniqueness without knowing the text."""
    key = hashlib.sha256(b"keyed-hash" + base64.urlsafe_b64decode(_key())).digest()
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def new_token() -> tuple[str, bytes]:
    """A fresh 256-bit secret for a link or cookie, and the hash that we keep of it."""
    raw = secrets.token_urlsafe(32)
    return raw, token_hash(raw)


def token_hash(raw: str) -> bytes:
    """The hash under which a secret link or cookie is kept."""
    return hashlib.sha256(raw.encode()).digest()


def six_digits() -> str:
    """A one-time code as people type it."""
    return f"{secrets.randbelow(1_000_000):06d}"


def sha256_hex(data: bytes | str) -> str:
    """The SHA-256 of the bytes (text as UTF-8), in hexadecimal."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()
