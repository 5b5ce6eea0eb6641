"""Feeds: the same entries as Atom and as JSON Feed; words of people are content, never markup."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as Xml

ATOM, JSON = "application/atom+xml", "application/feed+json"
HEAD = b'<?xml version="1.0" encoding="utf-8"?>\n'
_NAMES = "http://www.w3.org/2005/Atom"
# What XML 1.0 cannot hold at all, even escaped.
_UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Entry:
    """One piece of news; `html` is safe to show as it is."""

    key: str
    title: str
    url: str
    html: str
    at: datetime
    author: str


@dataclass(frozen=True)
class Feed:
    """A feed with its own address and that of the page it follows."""

    title: str
    page: str
    own: str
    language: str
    entries: Sequence[Entry]
    began: datetime  # what an empty feed says of its age

    @property
    def changed(self) -> datetime:
        """When its newest entry came."""
        return max((entry.at for entry in self.entries), default=self.began)


def _written(words: str) -> str:
    return _UNWRITABLE.sub("", words)


def atom(feed: Feed) -> bytes:
    """The feed as Atom (RFC 4287)."""
    root = Xml.Element("feed", {"xmlns": _NAMES, "xml:lang": feed.language})

    def say(parent: Xml.Element, name: str, words: str, **more: str) -> Xml.Element:
        made = Xml.SubElement(parent, name, more)
        made.text = _written(words)
        return made

    say(root, "title", feed.title)
    say(root, "id", feed.own)
    say(root, "updated", feed.changed.isoformat())
    Xml.SubElement(root, "link", {"rel": "self", "type": ATOM, "href": feed.own})
    Xml.SubElement(root, "link", {"rel": "alternate", "type": "text/html", "href": feed.page})
    for entry in feed.entries:
        one = Xml.SubElement(root, "entry")
        say(one, "title", entry.title)
        say(one, "id", entry.key)
        say(one, "updated", entry.at.isoformat())
        say(one, "published", entry.at.isoformat())
        Xml.SubElement(one, "link", {"rel": "alternate", "type": "text/html", "href": entry.url})
        say(Xml.SubElement(one, "author"), "name", entry.author)
        say(one, "content", entry.html, type="html")
    return HEAD + bytes(Xml.tostring(root, encoding="utf-8"))


def json_feed(feed: Feed) -> bytes:
    """The feed as JSON Feed 1.1."""
    said = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.page,
        "feed_url": feed.own,
        "language": feed.language,
        "items": [
            {
                "id": entry.key,
                "url": entry.url,
                "title": entry.title,
                "content_html": entry.html,
                "date_published": entry.at.isoformat(),
                "authors": [{"name": entry.author}],
            }
            for entry in feed.entries
        ],
    }
    return json.dumps(said, ensure_ascii=False).encode()
