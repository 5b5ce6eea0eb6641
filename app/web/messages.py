"""Translation catalogues: one per room, compiled when their text is newer."""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def compile_stale(folder: Path) -> int:
    """Compile every .po that is newer than its .mo; returns how many. Safe when several processes do it at once."""
    made = 0
    for source in sorted(folder.glob("*/*/LC_MESSAGES/messages.po")):
        target = source.with_suffix(".mo")
        if target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        with source.open("rb") as text:
            catalog = read_po(text, locale=source.parts[-3])
        scratch = target.with_name(f"messages.{os.getpid()}.tmp")
        with scratch.open("wb") as binary:
            write_mo(binary, catalog)
        scratch.replace(target)
        made += 1
    return made
