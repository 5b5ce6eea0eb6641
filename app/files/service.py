"""The only writer of files."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from app.core import crypto, jobs
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Invalid
from app.core.refs import new_ref
from app.files import gateway, queries, rules
from app.files.models import File
from app.files.rules import Kind


def store(
    data: bytes,
    filename: str,
    *,
    kind: Literal["picture", "document"] | Kind,
    private: bool,
    by: Actor | None,
    now: datetime,
) -> File:
    """Keep an upload; raises Invalid({"file": …}) with what to send instead. The bytes are on disc before the row."""
    kind = Kind(kind)
    if refused := rules.refuse(data, kind):
        raise Invalid({"file": refused})
    found = rules.media_type(data) or ""
    drawn = None
    if found != "application/pdf":
        try:
            drawn = gateway.draw_picture(data, found) if kind is Kind.PICTURE else gateway.draw_scan(data, found)
        except gateway.UnreadablePicture as unreadable:
            raise Invalid({"file": str(unreadable)}) from None
        data, found = drawn.data, drawn.media_type
    return _keep(data, filename, found, kind, drawn, private=private, by=by, now=now)


def keep_made(data: bytes, filename: str, *, private: bool, by: Actor | None, now: datetime) -> File:
    """Keep a PDF that the application itself made (an agreement), byte for byte."""
    if rules.media_type(data) != "application/pdf":
        raise ValueError("only a PDF is kept byte for byte")
    return _keep(data, filename, "application/pdf", Kind.DOCUMENT, None, private=private, by=by, now=now)


def _keep(
    data: bytes,
    filename: str,
    media_type: str,
    kind: Kind,
    drawn: gateway.Drawn | None,
    *,
    private: bool,
    by: Actor | None,
    now: datetime,
) -> File:
    file = File(
        ref=new_ref("fil"),
        kind=kind,
        name=rules.clean_filename(filename, rules.SUFFIX[media_type]),
        media_type=media_type,
        size=len(data),
        sha256=crypto.sha256_hex(data),
        private=private,
        width=drawn.width if drawn else None,
        height=drawn.height if drawn else None,
        stored_as=gateway.write(data, media_type, drawn.variants if drawn else {}),
        created_at=now,
        created_by=by.id if by else None,
    )
    db.session.add(file)
    db.session.flush()
    if kind is Kind.PICTURE:
        jobs.defer("files.vary", key=f"files.vary:{file.id}", file_id=file.id)
    return file


def vary(file: File, *, now: datetime) -> None:
    """Give a picture its AVIF forms; a second time changes nothing."""
    if file.varied_at is not None:
        return
    gateway.add(file, gateway.draw_variants(gateway.read(file)))
    file.varied_at = now


def withdraw(file_id: int) -> None:
    """Nobody fetches it from its public address any more."""
    db.session.get_one(File, file_id).private = True


ORPHAN_AGE = 24 * 3600


def sweep() -> int:
    """Remove what lies on disc without a row since a day: uploads whose transaction never committed."""
    old = list(gateway.stored_before(ORPHAN_AGE))
    orphans = set(old) - queries.known(old)
    for name in orphans:
        gateway.remove(name)
    return len(orphans)
