"""What people write in Markdown, made safe to show: raw HTML stays text, and only a few tags come out."""

from __future__ import annotations

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_READ = MarkdownIt("commonmark", {"html": False, "linkify": False})
_TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "blockquote", "a", "h3", "h4", "hr"}
# A writer's first heading stands below the page's own: h1 and h2 are the page's.
_LOWER = {"h1": "h3", "h2": "h3", "h3": "h4", "h5": "h4", "h6": "h4"}


def markdown(text: str | None) -> Markup:
    """Paragraphs, lists, bold, quotations and links from Markdown; pictures and HTML do not come through."""
    tokens = _READ.parse(text or "")
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
    drawn = _READ.renderer.render(tokens, _READ.options, {})
    safe = nh3.clean(
        drawn,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener ugc",
    )
    return Markup(safe)  # noqa: S704 - cleaned by an allow list in the line above
