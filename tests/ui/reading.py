"""How easily the interface's Italian reads: the Gulpease index of its sentences."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)*", re.UNICODE)
END = re.compile(r"[.!?:;]+(?:\s|$)")


def gulpease(text: str) -> float:
    """89 and more points for short words in short sentences, 0 for the worst; 60 reads with eight years of school."""
    words = WORD.findall(text)
    letters = sum(len(word.replace("’", "").replace("'", "")) for word in words)
    ends = max(1, len(END.findall(text)))
    return min(100.0, 89 + (300 * ends - 10 * letters) / max(1, len(words)))


def sentences(room: str) -> list[str]:
    """The room's Italian, without names of values and without markup."""
    path = ROOT / "translations" / room / "it" / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return []
    with path.open("rb") as text:
        found = [message.string for message in read_po(text, locale="it") if message.id]
    plain = [each for said in found for each in (said if isinstance(said, (tuple, list)) else [said])]
    # A value stands for a short word.
    return [re.sub(r"<[^>]+>", " ", re.sub(r"%\(\w+\)[sd]|%[sd]", "uno", each)) for each in plain]


def rooms() -> list[str]:
    """Every room that speaks."""
    return sorted(path.name for path in (ROOT / "translations").iterdir() if path.is_dir())


def of_room(room: str) -> float:
    """The index of what the room says in sentences; labels of a word or two say nothing about reading."""
    whole = [each.strip() for each in sentences(room) if len(WORD.findall(each)) > 5]
    ended = [each if each.endswith((".", "!", "?", ":", ";")) else f"{each}." for each in whole]
    return gulpease(" ".join(ended)) if ended else 100.0
