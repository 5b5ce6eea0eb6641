"""What all hosted pages share: words, language, policy, reading the store."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Response, make_response, redirect, render_template, request
from markupsafe import Markup, escape

from sandbox.engine import Sandbox
from sandbox.shapes import Obj
from sandbox.words import WORDS, amount

MERCHANT = "Cofonda"
HERE = Path(__file__).parent.parent
BOLD = re.compile(r"\*\*(.+?)\*\*")
LINK = re.compile(r"\[([^\]]+)\]\((https?://[^\s)]+)\)")


def prose(text: str) -> Markup:
    """Merchant's text as Checkout shows it: bold, links and line breaks, nothing else."""
    safe = str(escape(text))
    safe = LINK.sub(r'<a href="\2" rel="noreferrer">\1</a>', BOLD.sub(r"<strong>\1</strong>", safe))
    return Markup(safe.replace("\n", "<br>"))  # noqa: S704  (escaped above)


def origin(url: str | None) -> str:
    """Scheme and host, for the CSP."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def with_query(url: str, **values: str) -> str:
    """A URL with more query parameters."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | values
    return urlunsplit(parts._replace(query=urlencode(query)))


def see(url: str) -> Response:
    """Go there with a GET."""
    return make_response(redirect(url, code=303))


class Shell:
    """One sandbox, shown."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    # --- shared ---------------------------------------------------------------

    def page(
        self, template: str, language: str, *, status: int = 200, ways_out: tuple[str | None, ...] = (), **more: Any
    ) -> Response:
        """A page with its words and a policy that lets a form lead to the application."""

        def t(key: str, **values: str) -> str:
            return WORDS[language][key].format(merchant=MERCHANT, **values)

        html = render_template(
            template,
            t=t,
            lang=language,
            merchant=MERCHANT,
            prose=prose,
            money=lambda cents, currency: amount(cents, currency, language),
            **more,
        )
        response = make_response(html, status)
        targets = " ".join(["'self'", *sorted({origin(url) for url in ways_out} - {""})])
        response.headers["Content-Security-Policy"] = (
            f"default-src 'none'; style-src 'self'; img-src 'self' data:; form-action {targets}; "
            "frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    def language(self, wanted: str | None = None) -> str:
        """The page's language: as the session says, else as the browser says."""
        if wanted and wanted != "auto":
            return "it" if wanted == "it" else "en"
        return request.accept_languages.best_match(["it", "en"]) or "it"

    def read(self, kind: str, identifier: str) -> Obj | None:
        """An object, after what is due has happened."""
        return self.sandbox.run(lambda work: {"found": work.store.get(identifier, kind)})["found"]  # type: ignore[no-any-return]

    def private(self, identifier: str) -> Obj:
        """What is not shown by the API."""
        with self.sandbox.store.lock:
            return self.sandbox.store.private(identifier)

    def nothing(self) -> Response:
        """404 for people."""
        return self.page(
            "message.html", self.language(), status=404, title="not_found_title", text="not_found", link=None
        )
