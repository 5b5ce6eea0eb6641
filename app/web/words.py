"""What people write in Markdown, made safe to show: raw HTML stays text, and only a few tags come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import nh3
from flask import url_for
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from app.files.rules import WIDTHS

_READ = MarkdownIt("commonmark", {"html": False, "linkify": False})
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr", "img"}
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "srcset", "sizes", "width", "height", "alt", "loading"}}
# A writer's first heading stands below the page's own: h1 and h2 are the page's.
_LOWER = {"h1": "h3", "h2": "h3", "h3": "h4", "h5": "h4", "h6": "h4"}


class Photo(Protocol):
    """A picture of ours that a text may show, with what it shows."""

    @property
    def ref(self) -> str: ...
    @property
    def width(self) -> int | None: ...
    @property
    def height(self) -> int | None: ...
    @property
    def words(self) -> str: ...


def markdown(text: str | None, pictures: Mapping[str, Photo] | None = None) -> Markup:
    """Paragraphs, lists, bold, quotations and links from Markdown; of pictures only those given by their name."""
    tokens = _READ.parse(text or "")
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
        if token.children:
            token.children = [_own(child, pictures or {}) for child in token.children]
    drawn = _READ.renderer.render(tokens, _READ.options, {})
    safe = nh3.clean(
        drawn,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_only_ours,
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener ugc",
    )
    return Markup(safe)  # noqa: S704 - cleaned by an allow list in the line above


def _own(token: Token, pictures: Mapping[str, Photo]) -> Token:
    """A picture of ours as it is drawn everywhere; any other one is only its words."""
    if token.type != "image":
        return token
    photo = pictures.get(str(token.attrs.get("src", "")))
    if photo is None:
        return Token("text", "", 0, content=token.content)
    if not token.content:
        token.children = [Token("text", "", 0, content=photo.words)]
    small, large = (url_for("files.picture", ref=photo.ref, width=width) for width in WIDTHS)
    whole = photo.width or min(WIDTHS)
    token.attrs = {
        "src": small,
        "srcset": small if whole <= min(WIDTHS) else f"{small} {min(WIDTHS)}w, {large} {whole}w",
        "sizes": "(min-width: 768px) 640px, 100vw",
        "width": whole,
        "height": photo.height or whole,
        "alt": "",
        "loading": "lazy",
    }
    return token


def _only_ours(tag: str, name: str, value: str) -> str | None:
    """No picture from elsewhere, whatever the text says."""
    if tag == "img" and name in ("src", "srcset") and not value.startswith("/files/"):
        return None
    return value
