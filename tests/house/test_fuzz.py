"""Junk in every form: each POST route, sent by somebody who may, with what nobody would type. Never a fault of ours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from io import BytesIO
from itertools import product
from typing import Any

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.routing import Rule

from app.calls.rules import Section
from app.groups.rules import ItemKind
from app.proposals.rules import WRITTEN
from tests.house.city import City
from tests.house.places import PLACES, VISITOR, address, methods, routes
from tests.make.groups import PDF

JUNK = (
    "",
    " ",
    "x",
    "-1",
    "0",
    "999999999999999999",
    "9" * 5000,
    "²",
    "1e400",
    "NaN",
    "1,5e3",
    "1.000.00",
    "٣٫٥",
    "a\x00b",
    "\u202egnp.exe\u2066",
    "é" * 20000,
    "=1+1",
    "<script>alert(1)</script>",
    "{{ 7*7 }} %(x)s %s {0}",
    "' or 1=1 --",
    "\r\nBcc: x@example.org",
    "0000-00-00",
    "2026-02-30T25:61",
    "9999-12-31T23:59",
    "0001-01-01",
    "../../etc/passwd",
    "🌱\u200d🌱",
    "[]",
)
# What passes, so that the junk in one field is what the form is refused for.
WORDS = "Una frase abbastanza lunga da passare."
PASSING = {
    "amount": "50", "other": "", "accepted": "100,00", "envelope": "1.000,00", "total": "12000,00", "cap": "60000",
    "email": "prova@example.org", "password": "lanterna-ruvida-ottantasei", "old": "lanterna-ruvida-ottantasei",
    "new": "lampione-tenero-novantuno", "born_on": "17/05/1988", "code": "123456", "days": "10", "zone": "dergano",
    "theme": "fare", "kind": "informal", "form": "association", "iban": "IT60X0542811101000000123456", "sure": "yes",
    "consent": "yes", "decision": "accept", "act": "accept", "outcome": "admissible", "conflicted": "no", "line": "1",
    "language": "it", "role": "officer", "group": "new", "share": "60", "threshold": "40", "advance": "50",
    "balance": "50", "starts_on": "2026-01-01", "ends_on": "2029-12-31", "on": "2026-06-09", "as_of": "2026-06-09",
    "document_on": "2026-06-09", "execute_on": "2026-06-10", "paid_on": "2026-06-09", "act_on": "2026-06-09",
    "act_number": "DD 1/2026", "other_hand": "yes", "opens_at": "2026-07-01T09:00", "closes_at": "2026-08-01T12:00",
    "campaign_days": "60", "score_min": "60", "where": "all", "fund": "FSE", "cups": "B49D16010990006", "update": "",
    "supplier_code": "01234567890", "document_number": "FT 1", "more": "", "preview": "", "seen": "", "rows": "5",
    "next": "", "form_key": "", "words": "", "no_picture": "",
}  # fmt: skip
# The other things that stand at the same address.
VARIANTS: dict[str, tuple[str, list[str]]] = {
    "proposals.save_part": ("part", [part.value for part in WRITTEN]),
    "calls.save_section": ("name", [section.value for section in Section]),
    "groups.send_item": ("kind", [kind.value for kind in ItemKind if kind is not ItemKind.ACCOUNT]),
}
# These end what others of their room need, so they come last.
LAST = (
    "calls.freeze",
    "calls.throw_away",
    "identity.change_password",
    "identity.end_other_sessions",
    "proposals.take_back",
)
ROOMS = sorted({endpoint.partition(".")[0] for endpoint in PLACES})
FULL = os.environ.get("FUZZ") == "full"  # every piece of junk in every field: minutes


AT_ONCE = 8  # fields of one form that are tried each alone, where not all are
# Fields without which there is nothing to act on.
OPENING = {"role": "officer"}


class Typed(MultiDict[str, str]):
    """A form in which every field that is asked for has been filled."""

    def __init__(self, fill: Callable[[str], str]) -> None:
        super().__init__(PASSING)
        self.fill, self.asked = fill, dict.fromkeys(PASSING, False)

    def get(self, key: str, default: Any = None, type: Any = None) -> Any:
        self.asked[key] = True
        try:
            return self.fill(key) if type is None else type(self.fill(key))
        except (ValueError, TypeError):
            return default

    def __getitem__(self, key: str) -> str:
        return str(self.get(key))

    def __contains__(self, key: object) -> bool:
        return bool(self.get(str(key)))

    def getlist(self, key: str, type: Any = None) -> list[Any]:
        return [self.get(key), "x"]


def pick(*seed: object) -> str:
    """The same piece of junk for the same words, every time."""
    number = int.from_bytes(hashlib.sha256(repr(seed).encode()).digest()[:4], "big")
    return JUNK[number % len(JUNK)]


def some(fields: Iterable[str], *seed: object) -> list[str]:
    """The same few of them for the same words, every time."""
    return sorted(fields, key=lambda name: hashlib.sha256(repr((seed, name)).encode()).digest())[:AT_ONCE]


def passing(name: str) -> str:
    """Something that may well be accepted in a field of that name."""
    stem = name.rstrip("_0123456789")
    if stem.startswith(("weight", "points", "members", "months", "project_months")):
        return "5"
    return PASSING.get(name, PASSING.get(stem, WORDS))


class Fuzzer:
    """Sends one route forms of all kinds and remembers which fields it asks for."""

    def __init__(self, app: Flask, browser: FlaskClient, path: str) -> None:
        self.app, self.browser, self.path = app, browser, path
        self.asked: dict[str, None] = {}
        self.sent = 0

    def send(self, fill: Callable[[str], str], file: tuple[bytes, str]) -> int:
        """One form; returns the status."""
        typed = Typed(fill)
        self.app.request_class = type("Filled", (Request,), {"form": typed})
        self.sent += 1
        answer = self.browser.post(
            self.path,
            data={"file": (BytesIO(file[0]), file[1]), "picture": (BytesIO(file[0]), file[1])},
            content_type="multipart/form-data",
            environ_base={"REMOTE_ADDR": f"10.1.{self.sent // 250}.{self.sent % 250}"},
        )
        self.asked.update({name: None for name, was in typed.asked.items() if was})
        return answer.status_code


@pytest.fixture
def fuzzed(city: City, app: Flask) -> Iterator[City]:
    """The city, with the application's own way to read forms put back at the end."""
    kept = app.request_class
    yield city
    app.request_class = kept


def addresses(app: Flask, room: str) -> Iterator[tuple[str, Rule, Mapping[str, str]]]:
    """Every route of the room that takes a form, with all the things that stand there."""
    mine = [name for name in PLACES if name.partition(".")[0] == room]
    for endpoint in sorted(mine, key=lambda name: (LAST.index(name) + 1 if name in LAST else 0, name)):
        part, values = VARIANTS.get(endpoint, ("", [""]))
        for rule, value in product(routes(app)[endpoint], values):
            if "POST" in methods(rule):
                yield endpoint, rule, {**PLACES[endpoint].at, **({part: f"={value}"} if part else {})}


@pytest.mark.parametrize("room", ROOMS)
def test_no_form_breaks_on_junk(fuzzed: City, app: Flask, sign_in: Callable[..., FlaskClient], room: str) -> None:
    for endpoint, rule, at in addresses(app, room):
        place, browser = PLACES[endpoint], app.test_client()
        if VISITOR not in place.enter:
            sign_in(browser, fuzzed.person(min(place.enter)))
        fuzz = Fuzzer(app, browser, address(fuzzed, rule, at))
        said = [fuzz.send(lambda name: OPENING.get(name, ""), (b"", ""))]
        said += [
            fuzz.send(lambda name, n=n, e=endpoint: pick(e, name, n), (b"\x00junk", "../\x00" * 90)) for n in range(2)
        ]
        for one in sorted(fuzz.asked) if FULL else some(fuzz.asked, endpoint, at):
            for junk in JUNK if FULL else [pick(at, one)]:
                said.append(
                    fuzz.send(lambda name, one=one, j=junk: j if name == one else passing(name), (PDF, "a.pdf"))
                )
        said.append(fuzz.send(passing, (PDF, "a.pdf")))
        assert said[0] not in (403, 404, 405), f"{min(place.enter)} was turned away from {endpoint}: {said}"
        assert {status for status in said if status >= 500} <= {503}, f"{endpoint}: {said}"


@pytest.mark.parametrize("room", ROOMS)
def test_no_page_breaks_on_a_junk_query(
    fuzzed: City, app: Flask, sign_in: Callable[..., FlaskClient], room: str
) -> None:
    for endpoint in sorted(name for name in PLACES if name.partition(".")[0] == room):
        place, browser = PLACES[endpoint], app.test_client()
        if VISITOR not in place.enter:
            sign_in(browser, fuzzed.person(min(place.enter)))
        for rule in [
            each for each in routes(app)[endpoint] if "GET" in methods(each) and "batch" not in place.at.values()
        ]:
            typed = Typed(lambda name, e=endpoint: pick(e, name))
            app.request_class = type("Asked", (Request,), {"args": typed})
            said = browser.get(address(fuzzed, rule, place.at)).status_code
            # 503: a provider does not answer; 501: oEmbed's own answer to a format that is not offered.
            assert said < 500 or said == 503 or (said == 501 and endpoint == "oembed.oembed"), f"{endpoint}: {said}"
