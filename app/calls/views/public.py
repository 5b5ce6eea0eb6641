"""The calls that everybody reads: open ones, past ones, the rules of each in plain words."""

from __future__ import annotations

from flask import current_app, render_template
from flask.typing import ResponseReturnValue

from app.calls import queries, rules
from app.calls.models import Call
from app.calls.rules import State, Terms
from app.calls.views.board import bp
from app.campaigns import queries as campaigns
from app.core import clock
from app.core.money import Money, euros
from app.evaluation import queries as evaluation
from app.matching import queries as matching
from app.matching import rules as match
from app.pledges import queries as pledges
from app.settlement import queries as settlement
from app.territory import queries as territory
from app.web import gates

PROJECTS = 6
SAMPLES = tuple(euros(whole) for whole in ("5000", "12000", "20000", "50000", "70000", "80000", "100000"))


@bp.get("")
@gates.shared()
@gates.public
def index() -> ResponseReturnValue:
    """Open calls first, then announced, closed and past ones."""
    now = clock.now()
    return render_template(
        "calls/index.html",
        open_calls=queries.open_with_terms(now),
        announced=queries.announced(now),
        closed=queries.closed(now),
        editions=queries.editions(),
        can_propose=_can_propose(),
        now=now,
    )


@bp.get("/<slug>")
@gates.shared()
@gates.public
def show(slug: str) -> ResponseReturnValue:
    """One call: its rules in plain words, dates, criteria, and how to take part."""
    call, now = queries.by_slug(slug), clock.now()
    if call.archive:
        return render_template("calls/edition.html", call=call, updated=call.created_at)
    frozen = queries.newest(call)
    shown = campaigns.find(campaigns.Filters(calls=(call.id,)), limit=PROJECTS).campaigns
    return render_template(
        "calls/show.html",
        call=call,
        frozen=frozen,
        open=queries.is_open(call, now),
        ranked=call.state in (State.RANKED, State.ENDED),
        awards=evaluation.awards_of(call.id),
        can_propose=_can_propose(),
        available=matching.available(call.id),
        rows=pledges.rows(shown),
        outcomes=settlement.outcomes(each.id for each in shown),
        projects=campaigns.count(campaigns.Filters(calls=(call.id,)))[0] if shown else 0,
        updated=frozen.frozen_at,
        now=now,
        **explained(call, frozen.terms),
    )


def _can_propose() -> bool:
    """Whether proposals are taken here at all."""
    return "proposals.start" in current_app.view_functions


def explained(call: Call, terms: Terms) -> dict[str, object]:
    """What the page of rules shows of any terms, frozen or still a draft."""
    return {
        "terms": terms,
        "whole": queries.whole(call),
        "examples": match.examples(terms.match, _samples(terms)),
        "zones": territory.zones_numbered(terms.zones) if terms.zones else [],
        "percent": rules.percent,
    }


def _samples(terms: Terms) -> list[Money]:
    """The budgets that explain a policy best: the limits and what lies between."""
    between = [sample for sample in SAMPLES if terms.budget_min < sample < terms.budget_max]
    return sorted({terms.budget_min, *between[:4], terms.budget_max})
