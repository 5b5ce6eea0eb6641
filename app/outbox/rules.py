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


def disarm(text: str) -> str:
    """A value from outside, made unable to pass for one of our marks, and kept on its line."""
    plain = re.sub(r"[\s\x1c-\x1f\x85\u2028\u2029]+", _space, text)
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


def plain_text(letter: Letter) -> str:
    """The letter as its plain-text part."""
    parts: list[str] = []
    for block in letter.blocks:
        match block.kind:
            case "button":
                parts.append(f"{block.lines[0]}:\n{block.lines[1]}")
            case "rows":
                parts.append("\n".join(f"{label}: {value}" for label, value in block.rows))
            case "quote":
                parts.append("\n".join(f"> {line}" for line in block.lines))
            case "bar":
                parts.append(block.lines[0])
            case _:
                parts.append("\n".join(block.lines))
    return "\n\n".join([letter.subject, *parts]) + "\n"


LEASE = timedelta(minutes=3)  # a worker that dies while sending: another takes the message up after this
TRIES = 16


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failures: one minute, doubling to six hours; all tries reach over two days."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 12)), timedelta(hours=6))
