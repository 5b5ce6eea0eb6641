"""The judges that read a page's source: the house's own rules, the language of its sentences, its links and anchors."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

from babel.messages.pofile import read_po
from lxml import html

from tests.ui.findings import Finding, Sheet

ROOT = Path(__file__).resolve().parents[2]
LEFT_OVER = re.compile(r"%\(\w+\)[sd]|\{\{|\}\}|\{%|\bNone\b|<(?:Lazy|Undefined)")
GLUED = re.compile(r"[a-zà-ù]{2}[.!?][A-ZÀ-Ù][a-zà-ù]")  # a template forgot the space between two sentences
# The words of people and of the browser's own machinery are nobody's translation.
NOT_OURS = ("script", "style", "textarea", "code", "pre", "template")


def house(sheet: Sheet) -> list[Finding]:
    """The house's own rules for every page."""
    drawn = html.fromstring(sheet.html)
    said: list[str] = []
    for tag, place in (("title", "./head/title"), ("h1", "./body//h1")):
        if (count := len(drawn.xpath(place))) != 1:
            said.append(f"{count} <{tag}>, one is wanted")
    said += [f"a style attribute on <{each.tag}>" for each in drawn.xpath("//*[@style]")]
    said += ["a <style> element" for _ in drawn.xpath("//style")]
    said += ["an inline script" for _ in drawn.xpath("//script[not(@src)][not(@type='application/ld+json')]")]
    said += [f"{name} on <{each.tag}>" for each in drawn.iter() for name in each.attrib if name.startswith("on")]
    for each in drawn.xpath("//input[not(@type='hidden')] | //select | //textarea"):
        if not any(" cv-" in f" {box.get('class', '')}" for box in [each, *each.iterancestors()][:4]):
            said.append(f"<{each.tag} name={each.get('name')}> was not written by the kit")
    if sheet.language and drawn.get("lang") != sheet.language:
        said.append(f"says lang={drawn.get('lang')}")
    ids = drawn.xpath("//@id")
    said += [f"the id {each} stands more than once" for each in sorted({i for i in ids if ids.count(i) > 1})]
    for name in ("aria-describedby", "aria-labelledby", "aria-controls"):
        wanted = {word for value in drawn.xpath(f"//@{name}") for word in value.split()}
        said += [f"{name} names {each}, which is not there" for each in sorted(wanted - set(ids))]
    return [Finding("house", sheet.name, words) for words in dict.fromkeys(said)]


# --- words ----------------------------------------------------------------------------------------------------


def _plain(text: str) -> str:
    return " ".join(text.replace("\xa0", " ").split())


@functools.cache
def catalogue() -> dict[str, str]:
    """Every sentence of the house: the English in the code, the Italian beside it."""
    known: dict[str, str] = {}
    for path in sorted((ROOT / "translations").rglob("*.po")):
        with path.open("rb") as text:
            for message in read_po(text, locale="it"):
                if message.id and isinstance(message.id, str) and isinstance(message.string, str) and message.string:
                    known[_plain(message.id)] = _plain(message.string)
    return known


@functools.cache
def wrong_words(language: str) -> frozenset[str]:
    """Sentences that must not stand on a page of this language: they are the other language's."""
    known = catalogue()
    english, italian = set(known), set(known.values())
    return frozenset(english - italian) if language == "it" else frozenset(italian - english)


def words(sheet: Sheet) -> list[Finding]:
    """Sentences that stayed in the other language, and what a template left over."""
    if not sheet.language:
        return []
    drawn, wrong = html.fromstring(sheet.html), wrong_words(sheet.language)
    said = []
    for text in _texts(drawn, sheet.language):
        if len(text) > 3 and text in wrong:
            said.append(f"“{text}” is not in the language of the page")
        if (found := LEFT_OVER.search(text)) is not None:
            said.append(f"a template left {found.group()} in “{text[:80]}”")
        if (found := GLUED.search(text)) is not None:
            said.append(f"two sentences are glued at “{found.group()}” in “{text[:80]}”")
    return [Finding("words", sheet.name, each) for each in dict.fromkeys(said)]


def _texts(drawn: Any, language: str) -> Iterator[str]:
    for each in drawn.iter():
        if not isinstance(each.tag, str) or each.tag in NOT_OURS:
            continue
        # A part may say that it speaks another language; people's own words are marked so that nobody translates them.
        marked = next((box.get("lang") for box in [each, *each.iterancestors()] if box.get("lang")), language)
        if marked == language and each.text:
            yield _plain(each.text)
        if each.getparent() is not None and each.tail:
            yield _plain(each.tail)
        yield from (_plain(each.get(name)) for name in ("aria-label", "alt", "placeholder", "title") if each.get(name))


# --- links ----------------------------------------------------------------------------------------------------


def links(sheet: Sheet) -> list[str]:
    """Every address that the page leads to, as the browser would open it."""
    drawn = html.fromstring(sheet.html)
    found = drawn.xpath("//a/@href | //area/@href | //link/@href | //*/@src | //form[not(@method='post')]/@action")
    found += [part.split()[0] for value in drawn.xpath("//@srcset") for part in value.split(",") if part.split()]
    found += drawn.xpath("//*[local-name()='a']/@*[local-name()='href']")
    return list(dict.fromkeys(urljoin(sheet.url, each.strip()) for each in found))


def dead_anchors(sheet: Sheet) -> list[Finding]:
    """Links into the page itself that find nothing there."""
    there = anchors(sheet.html)
    return [
        Finding("links", sheet.name, f"the anchor #{mark} is not on the page")
        for mark in dict.fromkeys(
            mark
            for each in links(sheet)
            for page, mark in [urldefrag(each)]
            if mark and page == urldefrag(sheet.url)[0]
        )
        if mark not in there
    ]


def anchors(source: str) -> frozenset[str]:
    """What a link into this page can name."""
    drawn = html.fromstring(source)
    return frozenset([*drawn.xpath("//@id"), *drawn.xpath("//a/@name"), "top"])


def same_host(url: str, base: str) -> bool:
    """Whether an address is one of the site's own pages."""
    return urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc == urlsplit(base).netloc


# --- shape ----------------------------------------------------------------------------------------------------


def shape(source: str) -> str:
    """The page without its words: tags, classes and roles; neighbours of one kind count once."""
    kept: list[str] = []
    for each in html.fromstring(source).iter():
        if isinstance(each.tag, str):
            marks = " ".join(each.get(name, "") for name in ("class", "role", "type", "aria-invalid"))
            line = f"{each.tag} {marks}"
            if line not in kept[-6:]:
                kept.append(line)
    return "\n".join(kept)


def classes(source: str) -> frozenset[str]:
    """The pieces of the kit on the page: its classes, with the element that carries each."""
    drawn = html.fromstring(source)
    return frozenset(f"{each.tag}.{word}" for each in drawn.xpath("//*[@class]") for word in each.get("class").split())


def fewest(sheets: Iterable[Sheet]) -> list[Sheet]:
    """The fewest pages on which every piece of the kit stands that stands on any."""
    left = {sheet: classes(sheet.html) for sheet in sheets}
    wanted, chosen = frozenset().union(*left.values()), []
    while wanted:
        best = max(left, key=lambda sheet: (len(left[sheet] & wanted), sheet.url))
        chosen.append(best)
        wanted -= left.pop(best)
    return chosen
