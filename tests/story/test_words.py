"""What the story presses and fills in is named in the catalogues: a renamed button is told in a second."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from babel.messages.pofile import read_po

from tests.story.house import ROOT
from tests.story.people import plain

ACTS = {"press", "follow", "write", "tick", "choose", "attach", "field", "jumps_to", "reads_mail"}
HERE = Path(__file__).parent
NAMED_BY_PEOPLE = {"Spazi e servizi"}  # a title that the story itself has given


def said() -> str:
    """Every Italian sentence of the house and of the sandbox."""
    words: list[str] = [(ROOT / "sandbox" / "words.py").read_text()]
    for path in (ROOT / "translations").glob("*/it/LC_MESSAGES/messages.po"):
        with path.open("rb") as file:
            for message in read_po(file):
                forms = message.string if isinstance(message.string, list | tuple) else [message.string]
                words += [plain(form) for form in forms]
    return "\n".join(words).casefold()


def used() -> list[tuple[str, str]]:
    """Where the story acts on something by its name: place and name, names with figures in them left out."""
    found = []
    for path in sorted(HERE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in ACTS):
                continue
            first = node.args[0] if node.args else None
            if isinstance(first, ast.Constant) and isinstance(first.value, str) and re.search(r"[a-z]", first.value):
                found.append((f"{path.name}:{node.lineno}", first.value))
    return [(place, name) for place, name in found if not re.search(r"\d", name) and name not in NAMED_BY_PEOPLE]


def test_every_name_that_the_story_uses_is_in_the_catalogues() -> None:
    words, names = said(), used()
    missing = [f"{place} {name!r}" for place, name in names if plain(name).casefold() not in words]
    assert len(names) > 100
    assert not missing, "the pages no longer say: " + ", ".join(missing)
