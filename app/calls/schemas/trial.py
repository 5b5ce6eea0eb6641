"""The simulator's form: which round, which fund, which rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from app.calls.schemas.sections import Form, one_of
from app.core.errors import Invalid, Refusal
from app.core.money import ZERO, AmountError, Money, parse, plain, split
from app.core.reading import Reading
from app.matching.rules import Gift, MatchPolicy, Mode, Order, Project

PROJECTS, PEOPLE = 40, 2_000  # of an assumed round, at most


@dataclass(frozen=True)
class Changes:
    """One set of rules to try: known ones, and what is changed of them."""

    terms: str
    threshold_bp: int = 0
    share_bp: int = 0
    cap: Money | None = None
    order: Order = Order.RANKING

    def applied(self, policy: MatchPolicy, letter: str) -> MatchPolicy:
        """The rules with these changes, refused beside the field where they mean nothing."""
        if self.threshold_bp and policy.mode is Mode.TIERED:
            said = Refusal("These rules go by steps: their first step is the threshold.")
            raise Invalid({f"threshold_{letter}": said})
        return replace(
            policy,
            order=self.order,
            threshold_bp=self.threshold_bp or policy.threshold_bp,
            share_bp=self.share_bp or policy.share_bp,
            cap=self.cap or policy.cap,
        )


@dataclass(frozen=True)
class Asked:
    """A round to try out."""

    past: str | None  # a call whose promises are taken again, instead of assumed projects
    projects: Sequence[Project]
    envelope: Money
    columns: Mapping[str, Changes]


def simulation(form: Form, language: str, known: Sequence[str], pasts: Sequence[str]) -> Asked:
    """What to try out, as typed."""
    read = Reading(form, language)
    past = read.choice("from", ["", *pasts]) if form.get("from") else ""
    asked = Asked(
        past=past or None,
        projects=[] if past else _assumed_lines(read),
        envelope=read.amount("envelope"),
        columns={letter: _changes(read, letter, known) for letter in "abc"},
    )
    read.finish()
    return asked


def _changes(read: Reading, letter: str, known: Sequence[str]) -> Changes:
    def rate(name: str) -> int:
        return read.percent(name) if read.text(name, needed=False) else 0

    order = one_of(read, f"order_{letter}", Order, Order.RANKING)
    return Changes(
        one_of(read, f"terms_{letter}", ["none", *known], "none"),
        rate(f"threshold_{letter}"),
        rate(f"share_{letter}"),
        read.amount(f"cap_{letter}", needed=False) or None,
        Order(order),
    )


def _assumed_lines(read: Reading) -> list[Project]:
    """One project a line: title; budget; gifts; people."""
    found: list[Project] = []
    for n, line in enumerate((one for one in read.text("lines", most=8_000).split("\n") if one.strip()), start=1):
        title, *rest = (part.strip() for part in line.split(";"))
        made = _assumed(title, rest, read.language)
        if made is None:
            read.refuse(
                "lines",
                Refusal("Line %(n)s: write title; budget; gifts; people. For example: Orto; 12000; 5200; 80.", n=n),
            )
            return []
        found.append(made)
    if len(found) > PROJECTS:
        read.refuse("lines", Refusal("At most %(most)s projects.", most=PROJECTS))
    return found


def _assumed(title: str, rest: Sequence[str], language: str) -> Project | None:
    if not title or len(title) > 80 or len(rest) != 3 or not (rest[2].isascii() and rest[2].isdigit()):
        return None
    try:
        budget = parse(rest[0], language)
        gifts = ZERO if rest[1] in ("0", "") else parse(rest[1], language)
    except AmountError:
        return None
    people = int(rest[2][:6])
    if people > PEOPLE or bool(people) != bool(gifts) or people > gifts.cents:
        return None
    return assumed(title, budget, gifts, people)


def assumed(title: str, budget: Money, gifts: Money, people: int) -> Project:
    """A project to which so many people give the same each, to the cent."""
    each = split(gifts, [1] * people) if people else []
    return Project(title, budget, [Gift(amount, who=n) for n, amount in enumerate(each)])


def said(amount: Money, language: str) -> str:
    """A sum as people type it."""
    typed = plain(amount).removesuffix(".00")
    return typed if language == "en" else typed.replace(".", ",")
