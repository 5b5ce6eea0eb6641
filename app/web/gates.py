"""Who may come in. Every route has exactly one gate; a route without one is closed (deny by default)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar, cast

from flask import abort, current_app, g, redirect, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from app.core import clock
from app.core.errors import Forbidden
from app.core.money import Money, Rate
from app.identity import queries as identity
from app.identity.models import Person
from app.identity.queries import Looker
from app.identity.rules import HANDS, Hand
from app.web import filters

View = TypeVar("View", bound=Callable[..., Any])
_SID = "sid"


def _mark(view: View, name: str, guard: Callable[[], Response | None]) -> View:
    if hasattr(view, "gate"):
        raise RuntimeError(f"{view.__name__} has two gates")
    view.gate = name  # type: ignore[attr-defined]  # read by `stand_guard` and by the house test
    view.guard = guard  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Anyone, signed in or not."""
    return _mark(view, "public", lambda: None)


def shared(*keys: str) -> Callable[[View], View]:
    """The page is the same for everybody and may be told from the shelf for a second (app/web/sharing.py).

    `keys` are all the query keys that it reads: others never reach the view. Without this mark nothing is shared.
    """

    def mark(view: View) -> View:
        if getattr(view, "gate", "") != "public":
            raise RuntimeError(f"{view.__name__} is not public: it cannot be shared")
        view.shared = frozenset(keys)  # type: ignore[attr-defined]  # read by `sharing`
        return view

    return mark


def by_token(view: View) -> View:
    """Anyone who holds the secret in the address; the view itself finds the object by the token's hash."""
    return _mark(view, "by_token", lambda: None)


def webhook(view: View) -> View:
    """A machine that signs its request; the view checks the signature. Exempt from CSRF."""
    return _mark(view, "webhook", lambda: None)


def one_click(view: View) -> View:
    """A mail program that ends news for its reader with the secret in the address (RFC 8058). Exempt from CSRF."""
    return _mark(view, "one_click", lambda: None)


def dev_only(view: View) -> View:
    """Development only: anywhere else the page does not exist."""

    def guard() -> None:
        if not current_app.config["DEV_PAGES"]:
            abort(404)

    return _mark(view, "dev_only", guard)


def signed_in(view: View) -> View:
    """Any person with a confirmed account; the view checks the object."""
    return _mark(view, "signed_in", _ask_to_sign_in)


def role(*names: str) -> Callable[[View], View]:
    """A person who holds one of the roles today."""

    def mark(view: View) -> View:
        def guard() -> Response | None:
            asked = _ask_to_sign_in()
            if asked is not None:
                return asked
            if not roles() & set(names):
                raise Forbidden(
                    "Your account does not have the role for this page. An administrator can give it to you."
                )
            return None

        return _mark(view, "role:" + ",".join(sorted(names)), guard)

    return mark


def hand(which: Hand) -> Callable[[View], View]:
    """A person whose role may do this act on public money; the verb behind the page asks the same table."""
    return role(*HANDS[which])


def _ask_to_sign_in() -> Response | None:
    if current() is not None:
        return None
    if request.method != "GET":
        raise Forbidden("Your session has ended. Sign in again: what you typed is still in the previous page.")
    return redirect(url_for("identity.sign_in", next=request.full_path.rstrip("?")), 303)


def current() -> Person | None:
    """The person whose session this request carries, if any."""
    _asked_who_looks()
    if "person" not in g:
        raw = session.get(_SID)
        found = identity.visitor(raw, clock.now()) if raw else None
        g.person, g.roles = found or (None, frozenset())
    return cast("Person | None", g.person)


def looker() -> Looker | None:
    """Who looks, for the header: one question instead of the two rows that `current` and `roles` bring."""
    _asked_who_looks()
    if "looker" not in g:
        raw = session.get(_SID)
        g.looker = identity.looker(raw, clock.now()) if raw else None
    return cast("Looker | None", g.looker)


def _asked_who_looks() -> None:
    """A page that asks this outside of its header is not the same for everybody: it is never shared."""
    if not g.get("header_under_way", False):
        g.asked_who_looks = True


def require() -> Person:
    """The person, where the gate has let one in."""
    person = current()
    if person is None:
        raise Forbidden("Sign in to do this.")
    return person


def roles() -> frozenset[str]:
    """The roles that the person holds today; none for a visitor."""
    current()
    return cast("frozenset[str]", g.roles)


def remember(raw_token: str) -> None:
    """Let this browser carry the session; whatever it carried before is dropped (no fixation)."""
    session.clear()
    session[_SID] = raw_token
    g.pop("person", None)
    g.pop("roles", None)
    g.pop("looker", None)


def forget() -> str | None:
    """Let go of the session; returns its token so that the row can be ended too."""
    raw = session.get(_SID)
    session.clear()
    g.pop("person", None)
    g.pop("roles", None)
    g.pop("looker", None)
    return cast("str | None", raw)


def carried() -> str | None:
    """The raw session token this browser carries."""
    return cast("str | None", session.get(_SID))


def stand_guard() -> Response | None:
    """Before every request: the view's gate decides; a view without a gate stays closed."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    view = current_app.view_functions[request.endpoint]
    guard = getattr(view, "guard", None)
    if guard is None:
        current_app.logger.error("no gate on %s: refused", request.endpoint)
        abort(403)
    return cast("Response | None", guard())


def say(refusal: object) -> str:
    """A refusal in the reader's language."""
    message = getattr(refusal, "message", None) or str(refusal)
    params = {name: _said(value) for name, value in getattr(refusal, "params", {}).items()}
    return str(_(message, **params) if params else _(message))


def _said(value: object) -> object:
    """A sum, a date or another refusal as the reader writes them."""
    if isinstance(value, Money):
        return filters.money(value)
    if isinstance(value, Rate):
        return filters.percent(value.bp)
    if isinstance(value, datetime):
        return filters.moment(value)
    if isinstance(value, date):
        return filters.day(value)
    return say(value) if hasattr(value, "message") else value
