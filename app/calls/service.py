"""Drafting, publishing and closing calls: the only writer of the calls room."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.calls import queries
from app.calls.models import Call, CallTerms
from app.calls.rules import (
    MOVES,
    Act,
    Problems,
    Section,
    State,
    Terms,
    canonical,
    date_problems,
    envelope_problems,
    problems_of,
)
from app.core import words
from app.core.actor import Actor
from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.core.money import Money
from app.core.moves import move
from app.core.refs import new_ref
from app.journal.service import record
from app.matching import service as matching
from app.programmes.models import Source

RESERVED = frozenset({"manage"})  # words of our own addresses
CAMPAIGN = "campaign"  # what an award of the call is: a match ceiling for a campaign


@dataclass(frozen=True)
class Basics:
    """What a call is about, which fund pays it and when it is open."""

    title: str
    summary: str
    source: Source
    envelope: Money
    opens_at: datetime
    closes_at: datetime


def draft(basics: Basics, *, by: Actor | None, now: datetime) -> Call:
    """Begin a call: nothing is public yet."""
    _check_basics(basics, now)
    call = Call(
        ref=new_ref("cal"),
        slug=_free_slug(basics.title),
        state=State.DRAFT,
        kind=CAMPAIGN,
        draft={},
        facts={},
        archive=False,
        created_at=now,
        created_by=None if by is None else by.id,
        **_columns(basics),
    )
    db.session.add(call)
    db.session.flush()
    record("calls.draft", subject=f"call:{call.id}", by=by, now=now, title=call.title)
    return call


def change(call: Call, basics: Basics, *, by: Actor | None, now: datetime) -> Call:
    """Correct what a draft is about."""
    _still_draft(call)
    _check_basics(basics, now)
    if basics.title != call.title:
        call.slug = _free_slug(basics.title)
    for name, value in _columns(basics).items():
        setattr(call, name, value)
    db.session.flush()
    record("calls.change", subject=f"call:{call.id}", by=by, now=now, section="basics")
    return call


def fill(call: Call, section: Section, data: Mapping[str, Any], *, by: Actor | None, now: datetime) -> Call:
    """Fill one section of a draft’s terms, in the form in which it will be frozen."""
    _still_draft(call)
    problems = problems_of(section, data)
    if problems:
        raise Invalid(problems)
    call.draft = {**call.draft, section.value: dict(data)}
    db.session.flush()
    record("calls.change", subject=f"call:{call.id}", by=by, now=now, section=section.value)
    return call


def fill_all(call: Call, terms: Terms, *, by: Actor | None, now: datetime) -> Call:
    """Fill every section of a draft from whole terms."""
    for name, data in terms.to_dict().items():
        fill(call, Section(name), data, by=by, now=now)
    return call


def discard(call: Call, *, by: Actor | None, now: datetime) -> None:
    """Throw a draft away; a published call stays for good."""
    _still_draft(call)
    record("calls.discard", subject=f"call:{call.id}", by=by, now=now, title=call.title)
    db.session.delete(call)
    db.session.flush()


def publish(call: Call, *, by: Actor | None, now: datetime) -> CallTerms:
    """Publish a complete draft: freeze its terms as version 1 and give it its envelope out of released money."""
    call = queries.lock(call)
    move(MOVES, call.state, Act.PUBLISH)
    if not queries.readiness(call).complete:
        raise Conflict("Something is still missing. Fill every part of the list first.")
    terms = Terms.from_dict(call.draft)
    whole = queries.whole(call)
    problems = date_problems(call.opens_at, call.closes_at, now) | envelope_problems(whole.envelope, terms)
    if problems:
        raise Invalid(problems)
    matching.allocate(whole.source.id, call.id, whole.envelope, by=by, now=now)
    call.state = move(MOVES, call.state, Act.PUBLISH)
    call.published_at, call.published_by, call.draft = now, None if by is None else by.id, {}
    frozen = _freeze(call, terms, reason="", by=by, now=now)
    record("calls.publish", subject=f"call:{call.id}", by=by, now=now, sha256=frozen.sha256, cents=whole.envelope.cents)
    return frozen


def corrigendum(
    call: Call, terms: Terms, closes_at: datetime, *, reason: str, by: Actor | None, now: datetime
) -> CallTerms:
    """Change the terms of an open call: a new version with its reason; the deadline can only move later."""
    call = queries.lock(call)
    if call.state is not State.OPEN or call.closes_at is None or call.closes_at <= now:
        raise Conflict("The terms of a call can change only while it is open.")
    problems = {
        name: said
        for section, data in terms.to_dict().items()
        for name, said in problems_of(Section(section), data).items()
    }
    why = Refusal("Write why the terms change: the reason is published with them.")
    if (problem := words.reason_problem(reason, why, least=1)) is not None:
        problems["reason"] = problem
    if closes_at < call.closes_at:
        problems["closes_at"] = Refusal("The deadline can only move later: groups count on the one published.")
    before = queries.current_terms(call)
    if not problems and terms == before.terms and closes_at == call.closes_at:
        problems["reason"] = Refusal("Nothing changes: change a rule or the deadline first.")
    if problems:
        raise Invalid(problems)
    call.closes_at = closes_at
    frozen = _freeze(call, terms, reason=reason.strip(), by=by, now=now)
    record("calls.corrigendum", subject=f"call:{call.id}", by=by, now=now, version=frozen.version, reason=frozen.reason)
    return frozen


def close(call: Call, *, now: datetime) -> Call:
    """Stop taking proposals: the deadline has passed."""
    if call.closes_at is None or call.closes_at > now:
        raise Conflict("This call is still open.")
    call.state = move(MOVES, call.state, Act.CLOSE)
    db.session.flush()
    record("calls.close", subject=f"call:{call.id}", by=None, now=now)
    return call


def close_due(*, now: datetime) -> int:
    """Close every call whose deadline has passed; returns how many."""
    return len([close(call, now=now) for call in queries.due(now)])


def ranked(call: Call, *, by: Actor | None, now: datetime) -> Call:
    """The ranking of this call is approved."""
    call.state = move(MOVES, call.state, Act.RANK)
    db.session.flush()
    record("calls.ranked", subject=f"call:{call.id}", by=by, now=now)
    return call


def end(call: Call, *, by: Actor | None, now: datetime) -> Call:
    """Every award of this call has run its course."""
    call.state = move(MOVES, call.state, Act.END)
    db.session.flush()
    record("calls.end", subject=f"call:{call.id}", by=by, now=now)
    return call


def archive(
    *,
    slug: str,
    title: str,
    summary: str,
    facts: Mapping[str, Any],
    opens_at: datetime | None,
    closes_at: datetime | None,
    now: datetime,
) -> Call:
    """Keep a real edition of the past with what was published about it; a second time changes nothing."""
    if queries.slug_taken(slug):
        return queries.by_slug(slug)
    call = Call(
        ref=new_ref("cal"),
        slug=slug,
        title=title,
        summary=summary,
        state=State.ENDED,
        kind=CAMPAIGN,
        draft={},
        facts=dict(facts),
        archive=True,
        opens_at=opens_at,
        closes_at=closes_at,
        created_at=now,
    )
    db.session.add(call)
    db.session.flush()
    record("calls.archive", subject=f"call:{call.id}", by=None, now=now, title=title)
    return call


def archive_all(editions: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Call]:
    """Keep several editions of the past, each as `editions.json` writes it."""
    return [
        archive(
            slug=one["slug"],
            title=one["title"],
            summary=one["summary"],
            facts=one["facts"],
            opens_at=_moment(one["opens_at"]),
            closes_at=_moment(one["closes_at"]),
            now=now,
        )
        for one in editions
    ]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _freeze(call: Call, terms: Terms, *, reason: str, by: Actor | None, now: datetime) -> CallTerms:
    """Write the next version of the terms with its hash."""
    whole = queries.whole(call)
    body = {
        "call": {
            "ref": call.ref,
            "title": call.title,
            "programme": whole.programme.code,
            "source": whole.source.name,
            "envelope": whole.envelope.cents,
            "opens_at": whole.opens_at.isoformat(),
            "closes_at": whole.closes_at.isoformat(),
        },
        "terms": terms.to_dict(),
    }
    version = 1 + len(call.versions)
    frozen = CallTerms(
        call_id=call.id,
        version=version,
        body=body,
        sha256=sha256_hex(canonical(body)),
        reason=reason,
        frozen_at=now,
        frozen_by=None if by is None else by.id,
    )
    db.session.add(frozen)
    db.session.flush()
    db.session.expire(call, ["versions"])
    return frozen


def _check_basics(basics: Basics, now: datetime) -> None:
    problems: Problems = dict(date_problems(basics.opens_at, basics.closes_at, now))
    if not basics.title.strip():
        problems["title"] = Refusal("Give the call a title.")
    elif not _slug(basics.title):
        problems["title"] = Refusal("The title needs at least one letter or digit.")
    if not basics.summary.strip():
        problems["summary"] = Refusal("Say in one sentence what the call is for.")
    if problems:
        raise Invalid(problems)


def _still_draft(call: Call) -> None:
    if call.state is not State.DRAFT:
        raise Conflict("The terms of this call are frozen. After publication only a corrigendum changes them.")


def _columns(basics: Basics) -> dict[str, Any]:
    return {
        "title": basics.title.strip(),
        "summary": basics.summary.strip(),
        "programme_id": basics.source.programme_id,
        "source_id": basics.source.id,
        "envelope": basics.envelope,
        "opens_at": basics.opens_at,
        "closes_at": basics.closes_at,
    }


def _slug(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60].strip("-")


def _free_slug(title: str) -> str:
    wanted = _slug(title)
    if not wanted:
        raise Invalid({"title": Refusal("The title needs at least one letter or digit.")})
    slug, n = wanted, 2
    while slug in RESERVED or queries.slug_taken(slug):
        slug, n = f"{wanted}-{n}", n + 1
    return slug
