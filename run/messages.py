"""Translation catalogues, one per room: extract what is marked, keep what is translated, compile for use."""

import pathlib
import sys

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = pathlib.Path(__file__).resolve().parent.parent
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {"**.html": {"trimmed": "false", "silent": "false"}, "**.txt": {"trimmed": "false", "silent": "false"}}
MARKS = "_ gettext _l lazy_gettext N_ Refusal Missing Forbidden Conflict Gone TooMany Unavailable CodeError AmountError"
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    **dict.fromkeys(MARKS.split()),  # services raise sentences; the page that shows them translates
    "ngettext": (1, 2),
    "_n": (1, 2),
    "pgettext": ((1, "c"), 2),
}
HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Language: {language}\\n"
"Plural-Forms: {plural}\\n"

"""  # no dates and no tools: they would only make catalogues differ
LANGUAGES = ("it",)  # English is what stands in code and templates


def sources(room: str) -> list[pathlib.Path]:
    """The folders whose sentences belong to a room; what belongs to no room belongs to web."""
    folders = [ROOT / "app" / room, ROOT / "templates" / room]
    if room == "web":
        rooms = {path.name for path in (ROOT / "app").iterdir() if path.is_dir()}
        folders += [path for path in sorted((ROOT / "templates").iterdir()) if path.name not in rooms]
    return [path for path in folders if path.exists()]


def extracted(room: str) -> Catalog:
    """Every sentence marked in a room, with the places where it stands."""
    found = Catalog(project="Cofonda", charset="utf-8")
    for folder in sources(room):
        if folder.is_file():
            folder, only = folder.parent, folder.name
        else:
            only = ""
        for name, line, message, comments, context in extract_from_dir(
            folder, METHODS, OPTIONS, KEYWORDS, comment_tags=("Translators:",)
        ):
            if only and name != only:
                continue
            place = (folder / name).relative_to(ROOT).as_posix()
            found.add(message, None, [(place, line)], auto_comments=comments, context=context)
    return found


def update(room: str, language: str) -> int:
    """Bring a room's catalogue up to date with its code; return how many sentences lack a translation."""
    path = ROOT / "translations" / room / language / "LC_MESSAGES" / "messages.po"
    template = extracted(room)
    if not len(template):
        return 0
    catalogue = Catalog(locale=language, project="Cofonda", charset="utf-8")
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language)
    catalogue.update(template, no_fuzzy_matching=True)
    for message in catalogue.obsolete.values():  # sentences that reach the page as data are not found in the code
        catalogue[message.id] = message
    catalogue.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(HEADER.format(language=language, plural=catalogue.plural_forms).encode())
        write_po(file, catalogue, width=120, omit_header=True, sort_output=True, include_lineno=False)
    return sum(1 for message in catalogue if message.id and not translated(message.string))


def translated(words: object) -> bool:
    """Whether every form of a message has words."""
    return all(words) if isinstance(words, list | tuple) else bool(words)


def compile_one(path: pathlib.Path) -> None:
    """Write the compiled form beside a catalogue."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.parent.parent.name)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, catalogue)


def main(words: list[str]) -> None:
    """`update`: extract, merge, compile and say what lacks a translation. `compile PATH…`: only compile these."""
    if words[0] == "compile":
        for name in words[1:]:
            compile_one(pathlib.Path(name))
        return
    rooms = sorted(path.name for path in (ROOT / "app").iterdir() if path.is_dir() and path.name != "__pycache__")
    for room in rooms:
        for language in LANGUAGES:
            missing = update(room, language)
            if missing:
                print(f"{room} ({language}): {missing} without translation")
    for path in (ROOT / "translations").rglob("*.po"):
        compile_one(path)


if __name__ == "__main__":
    main(sys.argv[1:])
