"""The simulator: before a call is published the office sees what its rules, or others, would do to a whole round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.calls import queries, schemas
from app.calls.models import Call
from app.calls.rules import SUGGESTED, State
from app.calls.views.board import bp
from app.campaigns import queries as campaigns
from app.core.errors import Invalid
from app.core.money import euros
from app.evaluation import queries as evaluation
from app.matching.rules import SCHEMES, MatchPolicy, Project, Simulation, simulate
from app.pledges import queries as pledges
from app.web import gates

COLUMNS = ("a", "b", "c")
OWN, NONE = "own", "none"
USUAL = {"terms_a": OWN, "terms_b": "barcelona", "terms_c": "quadratic"}
# Projects as a round may bring them: two that people love, two that need a push, one that stays short.
ASSUMED = (
    ("Orto dei binari", "11000", "5200", 140),
    ("Officina di ringhiera", "12000", "4830", 96),
    ("Cinema in cortile", "18000", "7300", 210),
    ("Banda del quartiere", "30000", "12000", 45),
    ("Forno di comunità", "8000", "2900", 60),
)


@dataclass(frozen=True)
class Column:
    """One set of rules beside the others."""

    letter: str
    name: str
    tried: Simulation


@bp.get("/manage/<ref>/simulate")
@gates.role("officer", "responsible")
def simulator(ref: str) -> ResponseReturnValue:
    """A round under up to three sets of rules, side by side."""
    call = queries.by_ref(ref)
    known, pasts = _known(call), _pasts()
    asked = request.args if request.args else None
    try:
        asks = schemas.simulation(asked, g.lang, list(known), list(pasts)) if asked else _usual(call)
        projects = _again(pasts[asks.past]) if asks.past else asks.projects
        columns = _columns(asks, known, projects)
        errors: Mapping[str, object] = {}
    except Invalid as refusal:
        columns, errors = [], refusal.errors
    page = render_template(
        "calls/simulate.html",
        call=call,
        known=[(key, name) for key, (name, _policy) in known.items()],
        pasts=list(pasts.values()),
        columns=columns,
        values=asked or _typed(call),
        errors=errors,
        letters=COLUMNS,
    )
    return page, 422 if errors else 200


def _known(call: Call) -> dict[str, tuple[str, MatchPolicy]]:
    """The rules that can be tried: this call's own, those of the calls published here, and published schemes."""
    draft = call.draft.get("match")
    if call.state is not State.DRAFT:
        own = queries.terms_of(call).match
    else:
        own = MatchPolicy.from_dict(draft) if draft else (queries.model_terms() or SUGGESTED).match
    others = [one for one in queries.all_calls() if one.state is not State.DRAFT and one.id != call.id]
    here = {one.ref: (one.title, terms.match) for one, terms in queries.with_terms(others)}
    published = {key: (_(scheme.name), scheme.policy) for key, scheme in SCHEMES.items()}
    return {OWN: (_("The rules of this call"), own), **here, **published}


def _pasts() -> dict[str, Call]:
    """The calls whose promises a round can be made of."""
    return {one.ref: one for one in queries.all_calls() if one.state in (State.RANKED, State.ENDED)}


def _again(call: Call) -> list[Project]:
    """The real campaigns of a call in the order of its ranking, with the promises that stood."""
    found = campaigns.find(campaigns.Filters(calls=(call.id,)), limit=schemas.PROJECTS).campaigns
    by_proposal, made = {one.proposal_id: one for one in found}, pledges.made(one.id for one in found)
    ranked = [by_proposal[one.proposal_id] for one in evaluation.awards_of(call.id) if one.proposal_id in by_proposal]
    return [Project(one.title, one.budget, made[one.id], one.stretch) for one in ranked]


def _usual(call: Call) -> schemas.Asked:
    return schemas.Asked(
        past=None,
        projects=[
            schemas.assumed(title, euros(budget), euros(gifts), people) for title, budget, gifts, people in ASSUMED
        ],
        envelope=call.envelope or euros("60000"),
        columns={letter: schemas.Changes(USUAL[f"terms_{letter}"]) for letter in COLUMNS},
    )


def _typed(call: Call) -> dict[str, object]:
    lines = [
        f"{title}; {schemas.said(euros(budget), g.lang)}; {schemas.said(euros(gifts), g.lang)}; {people}"
        for title, budget, gifts, people in ASSUMED
    ]
    return {**USUAL, "from": "", "lines": "\n".join(lines), "envelope": call.envelope or euros("60000")}


def _columns(
    asks: schemas.Asked, known: Mapping[str, tuple[str, MatchPolicy]], projects: Sequence[Project]
) -> list[Column]:
    columns, errors = [], {}
    for letter, changes in asks.columns.items():
        if changes.terms == NONE:
            continue
        name, policy = known[changes.terms]
        try:
            tried = changes.applied(policy, letter)
        except Invalid as refusal:
            errors.update(refusal.errors)
            continue
        columns.append(Column(letter, name, simulate(projects, tried, asks.envelope)))
    if errors:
        raise Invalid(errors)
    return columns
