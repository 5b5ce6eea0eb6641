"""Public pages that are the same for everybody: built once a second, told to all; what is one person's stays out.

A view says that its page can be shared, and which query keys it reads (`gates.shared`). Requests without a session
never come as far as Flask while the page is fresh. Those with a session do: they get the same page with a header of
their own. What goes wrong is not shared: only a 200 that sets no cookie, holds no form to send, and was built without
asking who looks.
"""

from __future__ import annotations

import io
import secrets
import time
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl, urlencode

from flask import Flask, Response, current_app, g, render_template, request, session
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup, escape
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from app.core import clock, settings
from app.identity.queries import Looker
from app.web import gates
from app.web.navigation import STAFF
from app.web.shelf import Page, Shelf
from app.web.signed import Signed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_KEY = "cofonda.shared_key"  # set for requests that may have a shared page, so that Flask's side finds it
_BUILD = (
    "cofonda.shared_build"  # set while the page of all is built; a dict in which the build says if it may be shared
)
_LONGEST_QUERY = 400
_ROUTES_KNOWN = 4096
_OWN_SECONDS = 3  # who has just done something sees her own work, not the page of a second ago
_FIGURE_SECONDS = 10.0
_MARK = secrets.token_hex(16)  # nobody outside knows it, so nobody's words can hold it
_BEGIN, _END = f"<!--{_MARK}:begin-->", f"<!--{_MARK}:end-->"
_NAME, _TOKEN = f"{_MARK}-name", f"{_MARK}-token"
_PASSED = frozenset(["HTTP_HOST", "HTTP_ACCEPT", "HTTP_USER_AGENT"])
_LEFT_OUT = (_KEY, "CONTENT_LENGTH", "CONTENT_TYPE", "werkzeug.request", "flask._preserve_context")
# Said by us for the page, not by the build.
_OURS = frozenset(["content-length", "cache-control", "vary", "etag", "date", "server"])


T = TypeVar("T")


class Sharing:
    """Stands before Flask."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self.app = app
        self.inner = inner
        self.shelf = Shelf(float(app.config["SHARED_SECONDS"]))
        self._cookie = f"{app.config['SESSION_COOKIE_NAME']}="
        self._signed = Signed(app, _OWN_SECONDS)
        self._adapter = app.url_map.bind("localhost")
        self._known: dict[str, frozenset[str] | None] = {}
        self.figures: dict[str, _Kept] = {}

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer from the shelf where that is possible, else let Flask answer."""
        if self.shelf.seconds <= 0 or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.inner(environ, start_response)
        key = self._key(environ)
        if key is None:
            return self.inner(environ, start_response)
        if self._cookie in environ.get("HTTP_COOKIE", ""):
            environ[_KEY] = key
            told = self._for_one(key, environ)
            if told is None:
                return self.inner(environ, start_response)
            start_response("200 OK", told[0])
            return [told[1]]
        got: dict[str, Any] = {}
        page = self.page(key, environ, got)
        if page is not None:
            status, headers, body = page.answer(
                environ.get("HTTP_IF_NONE_MATCH", ""), environ.get("HTTP_ACCEPT_ENCODING", "")
            )
        elif got:  # not one for all, but this stranger asked for it
            status, headers, body = got["status"], got["headers"], got["body"]
        else:
            return self.inner(environ, start_response)
        start_response(status, headers)
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _for_one(self, key: Hashable, environ: WSGIEnvironment) -> tuple[list[tuple[str, str]], bytes] | None:
        """Headers and body for somebody with a session, where she only needs the page of all with her own header."""
        page = self.shelf.fresh(key) if environ["REQUEST_METHOD"] == "GET" else None
        found = self._signed.who(environ) if page is not None else None
        if page is None or found is None:
            return None
        who, token = found
        ready = page.headers_for.get(bool(who.roles & STAFF))
        if ready is None:
            return None  # Flask draws it once
        body = b"".join((page.before, _filled(ready, who.name, token), page.after))
        kept = [pair for pair in page.headers if pair[0] not in ("Cache-Control", "Vary")]
        own = [("Cache-Control", "no-store"), ("Vary", "Cookie"), ("Content-Length", str(len(body)))]
        return kept + own, body

    def page(self, key: Hashable, environ: WSGIEnvironment, got: dict[str, Any] | None = None) -> Page | None:
        """The page of all at that address; where it is not one for all, `got` takes what was answered."""
        return self.shelf.fetch(key, lambda: self._build(environ, {} if got is None else got))

    # --- which page ------------------------------------------------------------------------------------------

    def _key(self, environ: WSGIEnvironment) -> Hashable | None:
        """What tells one page from another; the query becomes what the view knows of it, in one order."""
        path = environ.get("PATH_INFO", "")
        try:
            known = self._known[path]
        except KeyError:
            known = self._look_up(path)
        if known is None:
            return None
        query = environ.get("QUERY_STRING", "")
        if query:
            query = self._canonical(query, known)
            if len(query) > _LONGEST_QUERY:
                return None
            environ["QUERY_STRING"] = query
        host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
        return (environ["wsgi.url_scheme"], host, environ.get("SCRIPT_NAME", ""), path, query, self._time())

    def _look_up(self, path: str) -> frozenset[str] | None:
        try:
            whole = path.encode("latin-1").decode()
            endpoint, _ = self._adapter.match(whole, method="GET")
        except (HTTPException, RequestRedirect, UnicodeError):
            known = None
        else:
            known = getattr(self.app.view_functions[endpoint], "shared", None)
        if len(self._known) >= _ROUTES_KNOWN:
            self._known.clear()
        self._known[path] = known
        return known

    @staticmethod
    def _canonical(query: str, known: frozenset[str]) -> str:
        """The pairs that the view reads, each once, in one order."""
        try:
            pairs = parse_qsl(query, max_num_fields=50)
        except ValueError:
            return ""
        return urlencode(sorted({(name, value) for name, value in pairs if name in known}))

    def _time(self) -> Hashable:
        """Nothing where time only passes; where somebody can move it, the moment or the shift: no page of before."""
        ticking = self.app.extensions["clock"]
        if isinstance(ticking, clock.SystemClock):
            return None
        with self.app.app_context():
            if isinstance(ticking, clock.ShiftedClock):
                return settings.get("clock.shift_seconds")
            return str(ticking.now())

    # --- building it -----------------------------------------------------------------------------------------

    def _build(self, environ: WSGIEnvironment, got: dict[str, Any]) -> Page | None:
        """Ask Flask as a stranger would; None where the answer is not one for all."""
        said: dict[str, Any] = {}
        stranger = {name: value for name, value in environ.items() if name in _PASSED or not name.startswith("HTTP_")}
        for name in _LEFT_OUT:
            stranger.pop(name, None)
        stranger |= {"REQUEST_METHOD": "GET", "wsgi.input": io.BytesIO(), _BUILD: said}
        # A context of its own: the request that waits for this page may be somebody's, and `g` is hers.
        with self.app.app_context():
            body = self._ask(stranger, got)
        if said.get("asked_who_looks"):
            self._known[environ.get("PATH_INFO", "")] = None  # never one for all: do not build it twice again
        shared = bool(said.get("shared")) and self._for_all(got, body)
        before, found, rest = body.partition(_BEGIN.encode())
        header, ended, after = rest.partition(_END.encode())
        if not shared or not found or not ended:
            got["body"] = before + header + after
            got["headers"] = [(name, value) for name, value in got["headers"] if name.lower() != "content-length"]
            got["headers"].append(("Content-Length", str(len(got["body"]))))
            return None
        kept = [(name, value) for name, value in got["headers"] if name.lower() not in _OURS]
        movable = not isinstance(self.app.extensions["clock"], clock.SystemClock)
        age = "public, no-cache" if movable else f"public, max-age={max(1, int(self.shelf.seconds))}"
        return Page(before, header, after, [*kept, ("Cache-Control", age), ("Vary", "Cookie, Accept-Encoding")])

    def _ask(self, environ: WSGIEnvironment, got: dict[str, Any]) -> bytes:
        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            got["status"], got["headers"] = status, headers
            return lambda data: None

        answer = self.inner(environ, start)
        try:
            return b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    def _for_all(self, got: dict[str, Any], body: bytes) -> bool:
        if any(name.lower() == "set-cookie" for name, _ in got["headers"]):
            self.app.logger.error("a page to be shared sets a cookie: not shared")
            return False
        if b"csrf_token" in body or b'method="post"' in body:
            self.app.logger.error("a page to be shared holds a form to send: not shared")
            return False
        return True


# --- Flask's side ----------------------------------------------------------------------------------------------------


def init(app: Flask) -> None:
    """Put the shelf before the application, and the two ends of sharing into it."""
    sharing = Sharing(app, app.wsgi_app)
    app.extensions["sharing"] = sharing
    app.wsgi_app = sharing  # type: ignore[method-assign]
    app.before_request(serve)
    app.after_request(offer)
    app.jinja_env.globals["header_begins"] = header_begins
    app.jinja_env.globals["header_ends"] = header_ends


class _Kept:
    """A costly figure of this process, and until when it is told."""

    def __init__(self, value: Any, until: float) -> None:
        self.value, self.until = value, until


def kept(name: str, count: Callable[[], T]) -> T:
    """A figure over everything, counted again when it is ten seconds old, or a hundred times as long as it took: so
    that no more than a hundredth of a process goes into it. Where nothing is shared, it is counted each time."""
    sharing: Sharing = current_app.extensions["sharing"]
    if sharing.shelf.seconds <= 0 or not isinstance(current_app.extensions["clock"], clock.SystemClock):
        return count()
    found = sharing.figures.get(name)
    if found is not None and time.monotonic() < found.until:
        return cast("T", found.value)
    if found is not None:
        found.until = time.monotonic() + _FIGURE_SECONDS  # the others go on with it while this request counts
    begun = time.monotonic()
    value = count()
    spent = time.monotonic() - begun
    sharing.figures[name] = _Kept(value, time.monotonic() + max(_FIGURE_SECONDS, 100 * spent))
    return value


def serve() -> Response | None:
    """For somebody with a session: the page of all, with a header of her own."""
    view = current_app.view_functions.get(request.endpoint or "")
    known = getattr(view, "shared", None)
    if known is None:
        return None
    if current_app.testing or current_app.config["DEV_PAGES"]:
        request.__dict__["args"] = Declared(request.args, known)
    key = request.environ.get(_KEY)
    if key is None or "_flashes" in session or time.time() - session.get("acted", 0) < _OWN_SECONDS:
        return None
    sharing: Sharing = current_app.extensions["sharing"]
    page = sharing.page(key, request.environ)
    if page is None:
        return None
    answer = Response(b"".join((page.before, _header(page), page.after)), mimetype="text/html")
    answer.headers.update({name: value for name, value in page.headers if name == "Content-Security-Policy"})
    return answer


def _header(page: Page) -> bytes:
    """The header for who looks now: the row of the session is read each time, so an ended session ends at once."""
    who = gates.looker()
    if who is None:
        return page.header
    staff = bool(who.roles & STAFF)
    ready = page.headers_for.get(staff)
    if ready is None:
        stand_in = Looker(0, "", _NAME, STAFF if staff else frozenset())
        drawn = render_template("parts/header.html", stand_in=stand_in, stand_in_token=_TOKEN)
        ready = page.headers_for[staff] = drawn.encode()
    return _filled(ready, who.name, generate_csrf())


def _filled(ready: bytes, name: str, token: str) -> bytes:
    return ready.replace(_NAME.encode(), str(escape(name)).encode()).replace(_TOKEN.encode(), token.encode())


def header_begins() -> Markup:
    """Where the part begins that tells who looks; nothing on a page that is built for one."""
    if _BUILD not in request.environ:
        return Markup("")
    g.header_under_way = True
    return Markup(_BEGIN)  # noqa: S704 - ours


def header_ends() -> Markup:
    """Where it ends."""
    if _BUILD not in request.environ:
        return Markup("")
    g.header_under_way = False
    return Markup(_END)  # noqa: S704 - ours


def offer(response: Response) -> Response:
    """Say whether what was built can be told to all; and note who has just done something."""
    said = request.environ.get(_BUILD)
    if said is not None:
        view = current_app.view_functions.get(request.endpoint or "")
        said["asked_who_looks"] = g.get("asked_who_looks", False)
        said["shared"] = (
            getattr(view, "shared", None) is not None
            and response.status_code == 200
            and response.mimetype == "text/html"
            and not said["asked_who_looks"]
        )
    elif current_app.config["SHARED_SECONDS"] and request.method not in ("GET", "HEAD", "OPTIONS") and session:
        session["acted"] = int(time.time())
    return response


class Declared(ImmutableMultiDict[str, str]):
    """The query of a shared page in development and tests: reading a key that the view did not declare is loud."""

    def __init__(self, given: Any, known: frozenset[str]) -> None:
        super().__init__(given)
        self.known = known

    def _check(self, key: str) -> None:
        if key not in self.known:
            raise RuntimeError(f"{request.endpoint} reads {key!r} but does not declare it in @shared(…)")

    def __getitem__(self, key: str) -> str:
        self._check(key)  # going through all that is there, as the head of a page does, is no reading of a key
        return super().__getitem__(key)

    def get(self, key: str, *rest: Any, **more: Any) -> Any:
        self._check(key)
        return super().get(key, *rest, **more)

    def getlist(self, key: str, *rest: Any) -> Any:
        self._check(key)
        return super().getlist(key, *rest)
