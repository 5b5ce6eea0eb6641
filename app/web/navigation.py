"""The menus: which pages stand where, for whom; a page that does not exist is never linked."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app, request, url_for
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from app.web.context import Viewer

LANGUAGES = {"it": "Italiano", "en": "English"}


@dataclass(frozen=True)
class Entry:
    """One line of a menu: its words, its page, the rooms it stands for and the roles that see it."""

    label: Any
    endpoint: str
    args: tuple[tuple[str, str], ...] = ()
    rooms: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Link:
    """A menu line ready to draw; `current` is the aria-current word or empty."""

    label: str
    url: str
    current: str = ""


@dataclass(frozen=True)
class Tongue:
    """This page in one language."""

    code: str
    name: str
    url: str
    current: bool


STAFF = frozenset({"officer", "evaluator", "responsible", "finance", "administrator"})
OFFICE = frozenset({"officer", "responsible"})


def _page(name: str) -> tuple[tuple[str, str], ...]:
    return (("name", name),)


PUBLIC = (
    Entry(_l("Projects"), "campaigns.index", rooms=("campaigns", "pledges")),
    Entry(_l("Calls"), "calls.index", rooms=("calls", "programmes", "evaluation", "spaces")),
    Entry(_l("Propose"), "web.page", _page("propose"), rooms=("proposals", "groups")),
    Entry(_l("Follow the euro"), "transparency.index", rooms=("transparency",)),
)
DESK = (
    Entry(_l("Work list"), "web.desk"),
    Entry(_l("Projects"), "web.projects", roles=STAFF - {"evaluator"}),
    Entry(_l("Calls"), "calls.manage", rooms=("calls",), roles=OFFICE),
    Entry(_l("Programmes"), "programmes.manage", rooms=("programmes",), roles=OFFICE),
    Entry(_l("Proposals"), "proposals.queue", rooms=("proposals",), roles=frozenset({"officer"})),
    Entry(_l("My scores"), "evaluation.assignments", roles=frozenset({"evaluator"})),
    Entry(_l("Rankings"), "evaluation.rankings", rooms=("evaluation",), roles=OFFICE),
    Entry(_l("Campaigns"), "settlement.index", rooms=("settlement",), roles=OFFICE),
    Entry(_l("Payments"), "grants.orders", rooms=("grants",), roles=OFFICE | {"finance"}),
    Entry(_l("Books"), "finance.index", rooms=("finance",), roles=frozenset({"finance", "administrator"})),
    Entry(_l("People"), "identity.people", rooms=("identity", "outbox", "journal"), roles=frozenset({"administrator"})),
    Entry(_l("Settings"), "web.city_settings", roles=frozenset({"administrator"})),
    Entry(_l("Calendar"), "web.calendar"),
    Entry(_l("Public site"), "web.home"),
)
FOOTER = (
    (
        _l("The service"),
        (
            Entry(_l("How it works"), "web.page", _page("how-it-works")),
            Entry(_l("Rules and costs"), "web.page", _page("rules-and-costs")),
            Entry(_l("Contacts"), "web.page", _page("contacts")),
            Entry(_l("Status of the service"), "web.status"),
        ),
    ),
    (
        _l("The accounts"),
        (
            Entry(_l("Follow the euro"), "transparency.index"),
            Entry(_l("Grants awarded"), "transparency.register"),
            Entry(_l("Programmes"), "programmes.index"),
            Entry(_l("Premises"), "spaces.index"),
        ),
    ),
    (
        _l("Your rights"),
        (
            Entry(_l("Accessibility"), "web.page", _page("accessibility")),
            Entry(_l("Privacy"), "web.page", _page("privacy")),
            Entry(_l("Cookies"), "web.page", _page("cookies")),
            Entry(_l("Terms and complaints"), "web.page", _page("terms")),
        ),
    ),
)


def _roles(who: Viewer | None) -> frozenset[str]:
    return who.roles if who else frozenset()


def _current(entry: Entry) -> str:
    here = dict(request.view_args or {})
    if request.endpoint == entry.endpoint and all(here.get(key) == value for key, value in entry.args):
        return "page"
    return "true" if request.blueprint in entry.rooms else ""


def _links(entries: Iterable[Entry], roles: frozenset[str]) -> list[Link]:
    found = []
    for entry in entries:
        if entry.endpoint not in current_app.view_functions or (entry.roles and not entry.roles & roles):
            continue
        args: dict[str, Any] = dict(entry.args)
        found.append(Link(str(entry.label), url_for(entry.endpoint, **args), _current(entry)))
    return found


def main_menu(who: Viewer | None = None) -> list[Link]:
    """The four public pages; a signed-in person proposes from her own proposals."""
    entries = list(PUBLIC)
    if who and "proposals.mine" in current_app.view_functions:
        entries[2] = Entry(_l("Propose"), "proposals.mine", rooms=("proposals", "groups"))
    return _links(entries, _roles(who))


def staff_menu(who: Viewer | None = None) -> list[Link]:
    """The desk pages that the person's roles open."""
    return _links(DESK, _roles(who))


def account_menu(who: Viewer | None = None) -> list[Link]:
    """Sign in, or what waits for the person and the person's own page."""
    if not who:
        return _links([Entry(_l("Sign in"), "identity.sign_in")], frozenset())
    mine = Entry(_l("Desk") if _roles(who) & STAFF else _l("To do"), "web.desk")
    return _links([mine, Entry(who.name, "identity.account")], _roles(who))


def footer_menu() -> list[dict[str, Any]]:
    """The three columns of the footer."""
    groups = [{"title": str(title), "links": _links(entries, frozenset())} for title, entries in FOOTER]
    return [group for group in groups if group["links"]]


def has_page(endpoint: str) -> bool:
    """Whether the page exists in this installation."""
    return endpoint in current_app.view_functions


def absolute(endpoint: str, **values: Any) -> str:
    """The whole address of a page, with the host of our settings: never the one that the request claims."""
    return str(current_app.config["BASE_URL"]) + url_for(endpoint, **values)


def languages() -> list[Tongue]:
    """This page in every language of the installation, this one first; a page without languages points home."""
    here = str(getattr(get_locale(), "language", "it"))
    endpoint = request.endpoint or ""
    args: dict[str, Any] = {**request.args.to_dict(flat=False), **(request.view_args or {})}
    if request.routing_exception or not current_app.url_map.is_endpoint_expecting(endpoint, "lang"):
        endpoint, args = "web.home", {}
    found = []
    for code in sorted(LANGUAGES, key=lambda tongue: tongue != here):
        words = {**args, "lang": code}
        found.append(Tongue(code, LANGUAGES[code], url_for(endpoint, **words), code == here))
    return found


GLOBALS = {
    "absolute": absolute,
    "account_menu": account_menu,
    "footer_menu": footer_menu,
    "has_page": has_page,
    "languages": languages,
    "main_menu": main_menu,
    "staff_menu": staff_menu,
}
