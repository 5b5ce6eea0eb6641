"""The shape of a mail: one plain text whose marks also make its HTML; how long to wait after a failure.

First line: the subject, which is also the heading. Then paragraphs, blank lines between. Marks, each on its own line:
    [[Label|https://…]]     a button
    Label:: value           a row of the summary
    > words                 a boxed quotation (the consent a donor gave)
    # words                 a heading
    ! 50,00 €               the one leading sum, people's money
    !! 75,00 €              the one leading sum, the city's money
    % 40 words              a bar of two colours: people's part in percent, the rest the city's; the words say both sums
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class State(StrEnum):
    """Where a message is on its way."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True)
class Block:
    """A piece of a mail: paragraph, heading, figure, city, quote (lines), button (lines = label, url), bar (lines =
    words, percent) or rows (pairs)."""

    kind: str
    lines: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Letter:
    """A mail ready to be drawn."""

    subject: str
    blocks: tuple[Block, ...]


_BUTTON = re.compile(r"\[\[(?P<label>[^|\]]+)\|(?P<url>https?://[^\s\]]+)\]\]")
_BAR = re.compile(r"% (?P<part>[1-9]\d?) (?P<words>.+)")
_ROW = re.compile(r"(?P<label>[^:]{1,80}):: (?P<value>.+)")


_KEEPS_TOGETHER = "\u00a0\u202f"  # spaces between a sum and its sign


def one_line(text: str, limit: int = 200) -> str:
    """The text on one line without control signs: what may stand in a mail's header."""
    plain = "".join(sign if sign.isprintable() or sign in _KEEPS_TOGETHER else " " for sign in text)
    return re.sub(r" +", " ", plain).strip()[:limit]


_NO_SEALS = {ord("⟦"): "[", ord("⟧"): "]"}  # the marks of a sealed secret are ours alone


def disarm(text: str) -> str:
    """A value from outside, made unable to pass for one of our marks, and kept on its line."""
    plain = re.sub(r"[\s\x1c-\x1f\x85\u2028\u2029]+", _space, text).translate(_NO_SEALS)
    plain = plain.replace("[[", "[ [").replace("]]", "] ]").replace("::", ": :")
    return re.sub(r"^(?:[#>!%]|!!) ", "", plain)


def _space(found: re.Match[str]) -> str:
    """Spaces that keep words together stay; line ends and the rest become one plain space."""
    return found[0] if set(found[0]) <= set(_KEEPS_TOGETHER) else " "


def _kind(line: str) -> str:
    if _BUTTON.fullmatch(line):
        return "button"
    if _ROW.fullmatch(line):
        return "rows"
    if _BAR.fullmatch(line):
        return "bar"
    if line.startswith("!! "):
        return "city"
    return {"> ": "quote", "# ": "heading", "! ": "figure"}.get(line[:2], "paragraph")


def _block(kind: str, lines: list[str]) -> Block:
    match kind:
        case "button":
            found = _BUTTON.fullmatch(lines[0])
            return Block(kind, (found["label"].strip(), found["url"])) if found else Block("paragraph", tuple(lines))
        case "rows":
            pairs = [(row["label"].strip(), row["value"].strip()) for line in lines if (row := _ROW.fullmatch(line))]
            return Block(kind, rows=tuple(pairs))
        case "bar":
            drawn = _BAR.fullmatch(lines[0])
            return Block(kind, (drawn["words"], drawn["part"])) if drawn else Block("paragraph", tuple(lines))
        case "city":
            return Block(kind, tuple(line[3:] for line in lines))
        case "quote" | "heading" | "figure":
            return Block(kind, tuple(line[2:] for line in lines))
    return Block(kind, tuple(lines))


def parse(text: str) -> Letter:
    """Read a rendered mail template."""
    lines = [line.strip() for line in text.strip().splitlines()]
    subject, body = one_line(lines[0] if lines else ""), lines[1:]
    blocks: list[Block] = []
    kept: list[str] = []
    kind = ""
    for line in [*body, ""]:
        new = _kind(line) if line else ""
        if kept and (new != kind or new in ("button", "heading", "figure", "city", "bar")):
            _add(blocks, _block(kind, kept))
            kept = []
        kind = new
        if line:
            kept.append(line)
    return Letter(subject, tuple(blocks))


def _add(blocks: list[Block], block: Block) -> None:
    """Rows stay one table and a quotation one box across blank lines, which loops and conditions leave behind."""
    if blocks and blocks[-1].kind == block.kind and block.kind in ("rows", "quote"):
        blocks[-1] = Block(block.kind, blocks[-1].lines + block.lines, blocks[-1].rows + block.rows)
    else:
        blocks.append(block)


LINE = 72


def _folded(line: str) -> str:
    """The line cut at spaces so that a text client needs no sideways scrolling; addresses stay whole."""
    return textwrap.fill(line, LINE, break_long_words=False, break_on_hyphens=False) or line


def plain_text(letter: Letter, foot: Sequence[str] = ()) -> str:
    """The letter as its plain-text part: heading underlined, rows one under the other, links on their own line."""
    parts: list[str] = []
    for block in letter.blocks:
        match block.kind:
            case "button":
                parts.append(f"{block.lines[0]}:\n{block.lines[1]}")
            case "rows":
                parts.append("\n".join(_folded(f"{label}: {value}") for label, value in block.rows))
            case "quote":
                quoted = [f"> {each}" for line in block.lines for each in _folded(line).splitlines()]
                parts.append("\n".join(quoted))
            case "heading":
                parts.append(f"{block.lines[0]}\n{'-' * min(len(block.lines[0]), LINE)}")
            case "bar":
                parts.append(_folded(block.lines[0]))
            case _:
                parts.append("\n".join(_folded(line) for line in block.lines))
    head = f"{_folded(letter.subject)}\n{'=' * min(len(letter.subject), LINE)}"
    end = ["-- \n" + "\n".join(_folded(line) for line in foot)] if foot else []
    return "\n\n".join([head, *parts, *end]) + "\n"


# --- secrets ----------------------------------------------------------------------------------------------------------

SECRET_NAMES = ("token", "code", "stop")  # what a template is given under these names opens something
SHORTEST_SECRET = 6
ONCE = frozenset({"identity/code", "identity/confirm", "identity/reset", "groups/invitation"})  # secrets that wear out
HIDDEN = "••••••"
_SEAL = re.compile(r"⟦(\d)⟧")
_LONG = re.compile(r"(?<=[/=])[A-Za-z0-9_.~-]{32,}")


def seal(text: str, secrets: Sequence[str]) -> str:
    """The text with a mark in the place of each secret: what is kept and shown to the office."""
    for place, secret in enumerate(secrets):
        text = text.replace(secret, f"⟦{place}⟧")
    return text


def unseal(text: str, secrets: Sequence[str]) -> str:
    """The text as its reader gets it."""
    return _SEAL.sub(lambda found: secrets[int(found[1])] if int(found[1]) < len(secrets) else HIDDEN, text)


def masked(text: str) -> str:
    """The text for everybody but its reader: no link that opens something, no code that signs."""
    return _LONG.sub(HIDDEN, _SEAL.sub(HIDDEN, text))


# --- waiting ----------------------------------------------------------------------------------------------------------

LEASE = timedelta(minutes=3)  # a worker that dies while sending: another takes the message up after this
TRIES = 16


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failures: one minute, doubling to six hours; all tries reach over two days."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 12)), timedelta(hours=6))


# A letter is the only page with styles of its own; nothing in it runs, and it asks no server for anything.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'self'; frame-ancestors 'self'; "
    "form-action 'none'; sandbox allow-top-navigation-by-user-activation"
)
