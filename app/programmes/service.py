"""Setting up programmes and their money: the only writer of the programmes room."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from app.core.actor import Actor
from app.core.clock import local
from app.core.codes import CodeError, cup
from app.core.db import db
from app.core.errors import Invalid, Refusal
from app.core.money import ZERO, Money
from app.core.refs import new_ref
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal.service import record
from app.ledger.rules import Account, Journal, Leg
from app.ledger.service import open_accounts, post
from app.programmes import queries
from app.programmes.models import Programme, ProgressEntry, Release, Source
from app.programmes.rules import FUNDS, Progress, programme_code


@dataclass(frozen=True)
class Card:
    """What identifies a programme, as its form and its public card show it."""

    code: str
    title: str
    summary: str
    city: str
    area: str
    action: str
    implementing_body: str
    responsible_name: str
    cups: tuple[str, ...]
    act: str
    starts_on: date
    ends_on: date
    responsible_id: int | None = None


def set_up(card: Card, *, by: Actor | None, now: datetime) -> Programme:
    """Set up a programme under its own code."""
    card = _checked(card)
    if queries.code_taken(card.code):
        raise Invalid({"code": Refusal("There is already a programme with the code %(code)s.", code=card.code)})
    programme = Programme(ref=new_ref("prg"), created_at=now, **_columns(card))
    db.session.add(programme)
    db.session.flush()
    record("programmes.set_up", subject=f"programme:{programme.id}", by=by, now=now, code=programme.code)
    return programme


def change(programme: Programme, card: Card, *, by: Actor | None, now: datetime) -> Programme:
    """Correct what a programme’s card says; its code stays."""
    card = _checked(card)
    if card.code != programme.code:
        raise Invalid({"code": Refusal("The code of a programme cannot change: acts and payments carry it.")})
    changed = [name for name, value in _columns(card).items() if getattr(programme, name) != value]
    for name in changed:
        setattr(programme, name, _columns(card)[name])
    db.session.flush()
    record("programmes.change", subject=f"programme:{programme.id}", by=by, now=now, changed=changed)
    return programme


def add_source(programme: Programme, *, name: str, fund: str, amount: Money, by: Actor | None, now: datetime) -> Source:
    """Grant a programme the whole amount of one fund; nothing of it is released yet."""
    problems: dict[str, Refusal | str] = {}
    if not name.strip():
        problems["name"] = Refusal("Write the name of the funding source.")
    if fund not in FUNDS:
        problems["fund"] = Refusal("Choose the fund.")
    if amount <= ZERO:
        problems["amount"] = Refusal("A funding source holds more than nothing.")
    if problems:
        raise Invalid(problems)
    source = Source(
        ref=new_ref("src"), programme_id=programme.id, name=name.strip(), fund=fund, total=amount, created_at=now
    )
    db.session.add(source)
    db.session.flush()
    owner = f"source:{source.id}"
    open_accounts(
        Account("budget", owner, "endowed", floor=False),
        Account("budget", owner, "granted", floor=True),
        Account("budget", owner, "released", floor=True),
    )
    legs = [Leg("budget", owner, "endowed", -amount), Leg("budget", owner, "granted", amount)]
    post(Journal(key=f"source:{source.id}:granted", kind="granted", at=now, legs=legs, memo=name, subject=owner))
    record(
        "programmes.add_source",
        subject=f"programme:{programme.id}",
        by=by,
        now=now,
        source=source.ref,
        cents=amount.cents,
    )
    return source


def release(source: Source, *, amount: Money, act: str, on: date, by: Actor | None, now: datetime) -> Release:
    """Unblock part of a source by an act, so that calls can promise it."""
    if by is not None:
        identity.refuse_hand(by, Hand.RELEASE, now)
    problems: dict[str, Refusal | str] = {}
    blocked = queries.lock(source).blocked
    if amount <= ZERO:
        problems["amount"] = Refusal("Release more than nothing.")
    elif amount > blocked:
        problems["amount"] = Refusal("Only %(blocked)s of this source is still blocked.", blocked=blocked)
    if not act.strip():
        problems["act"] = Refusal("Write the act that releases the money, for example DD 1234/2026.")
    if problems:
        raise Invalid(problems)
    entry = Release(
        source_id=source.id,
        amount=amount,
        act=act.strip(),
        released_on=on,
        recorded_at=now,
        recorded_by=None if by is None else by.id,
    )
    db.session.add(entry)
    db.session.flush()
    owner = f"source:{source.id}"
    legs = [Leg("budget", owner, "granted", -amount), Leg("budget", owner, "released", amount)]
    post(Journal(key=f"release:{entry.id}", kind="released", at=now, legs=legs, memo=entry.act, subject=owner))
    record("programmes.release", subject=f"programme:{source.programme_id}", by=by, now=now, source=source.ref,
           cents=amount.cents, act=entry.act)  # fmt: skip
    return entry


def record_progress(
    programme: Programme, figures: Progress, *, as_of: date, source_note: str, by: Actor | None, now: datetime
) -> ProgressEntry:
    """Keep the four amounts of a programme as an outside source gave them on a day."""
    if min(figures.planned, figures.admitted, figures.committed, figures.disbursed) < ZERO:
        raise Invalid({"planned": Refusal("An amount cannot be below zero.")})
    if any(entry.as_of == as_of for entry in programme.progress):
        raise Invalid({"as_of": Refusal("The progress of this day is already recorded.")})
    if as_of > local(now).date():
        raise Invalid({"as_of": Refusal("This day is still to come.")})
    entry = ProgressEntry(
        programme_id=programme.id,
        as_of=as_of,
        planned=figures.planned,
        admitted=figures.admitted,
        committed=figures.committed,
        disbursed=figures.disbursed,
        source_note=source_note,
    )
    db.session.add(entry)
    db.session.flush()
    db.session.expire(programme, ["progress"])
    record("programmes.record_progress", subject=f"programme:{programme.id}", by=by, now=now, as_of=as_of.isoformat())
    return entry


def _checked(card: Card) -> Card:
    """The card with its codes in their proper spelling, or every problem at once."""
    problems: dict[str, Refusal | str] = {}
    code = programme_code(card.code)
    if not code:
        problems["code"] = Refusal("Write the code as the plan does: axis, action and letter, for example MI3.3.1.d.")
    for name in ("title", "summary", "area", "action", "implementing_body", "responsible_name"):
        if not getattr(card, name).strip():
            problems[name] = Refusal("This is missing.")
    cups, wrong = _cups(card.cups)
    if wrong is not None:
        problems["cups"] = wrong
    if card.ends_on < card.starts_on:
        problems["ends_on"] = Refusal("The programme ends before it begins.")
    if problems:
        raise Invalid(problems)
    return replace(card, code=code, cups=cups)


def _cups(texts: Iterable[str]) -> tuple[tuple[str, ...], Refusal | None]:
    """The CUPs in their proper spelling, and what is wrong with the first bad one."""
    good: list[str] = []
    for text in texts:
        try:
            code = cup(text)
        except CodeError:
            said = Refusal("%(cup)s is not a CUP: it has 15 characters, for example B49D16010990006.", cup=text)
            return tuple(good), said
        if code not in good:
            good.append(code)
    if not good:
        return (), Refusal("Write at least one CUP: acts that pay for a public project are void without it.")
    return tuple(good), None


def _columns(card: Card) -> dict[str, object]:
    return {**asdict(card), "cups": list(card.cups)}


def load_cards(cards: Iterable[Mapping[str, Any]], *, now: datetime) -> list[Programme]:
    """Keep real progress cards, as `milan-cards.json` writes them; programmes known already stay as they are."""
    made = []
    for given in cards:
        if queries.code_taken(given["code"]):
            continue
        days = {name: date.fromisoformat(given[name]) for name in ("starts_on", "ends_on")}
        card = {**given, **days, "cups": tuple(given["cups"])}
        said = card.pop("progress")
        programme = set_up(Card(**card), by=None, now=now)
        figures = Progress(*(Money(said[name]) for name in ("planned", "admitted", "committed", "disbursed")))
        record_progress(
            programme,
            figures,
            as_of=date.fromisoformat(said["as_of"]),
            source_note=said["source_note"],
            by=None,
            now=now,
        )
        made.append(programme)
    return made
