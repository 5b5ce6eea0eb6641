"""Follow the euro: totals, one page for each project, the register of awards."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from flask import Blueprint, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.campaigns import queries as campaigns
from app.core import clock
from app.core.cells import safe as csv_cell
from app.core.errors import Missing
from app.core.money import plain
from app.grants.models import AwardRecord
from app.transparency import queries
from app.transparency.rules import Stage, Step, What
from app.web import downloads, gates

bp = Blueprint("transparency", __name__, url_prefix="/money")

VIEWS = {
    "all": frozenset(Stage),
    "open": frozenset({Stage.OPEN, Stage.CLOSING, Stage.WAITING, Stage.COLLECTING}),
    "works": frozenset({Stage.CONFIRMED, Stage.SIGNED, Stage.SPENDING, Stage.BALANCE}),
    "over": frozenset({Stage.DONE, Stage.RELEASED}),
}


@bp.get("/")
@gates.public
def index() -> ResponseReturnValue:
    """All projects and the sums of everything."""
    rows = queries.projects()
    view = request.args.get("view", "all")
    view = view if view in VIEWS else "all"
    return render_template(
        "transparency/index.html",
        rows=[row for row in rows if row.stage in VIEWS[view]],
        counts={name: sum(row.stage in stages for row in rows) for name, stages in VIEWS.items()},
        view=view,
        totals=queries.totals(),
        now=clock.now(),
    )


@bp.get("/<slug>")
@gates.public
def project(slug: str) -> ResponseReturnValue:
    """Where one project's money went."""
    trail = queries.trail(campaigns.by_slug(slug))
    steps = [(step, said(step)) for step in trail.steps]
    reckoned = queries.arithmetic(trail.campaign)
    return render_template("transparency/project.html", t=trail, steps=steps, reckoned=reckoned, now=clock.now())


@bp.get("/<slug>/match.json")
@gates.public
def match_json(slug: str) -> ResponseReturnValue:
    """How the city's part of one project is reckoned, step by step, for machines."""
    campaign = campaigns.by_slug(slug)
    reckoned = queries.arithmetic(campaign)
    if reckoned is None:
        raise Missing("The figures on which this match was decided were not kept.")
    return jsonify(
        project=campaign.slug,
        read_at=clock.now().isoformat(),
        phase=reckoned.phase,
        terms=reckoned.policy.to_dict(),
        budget=campaign.budget.cents,
        stretch=campaign.stretch.cents,
        gifts=reckoned.gave.to_dict(),
        steps=[
            {"key": step.key, "says": gates.say(step.said), "cents": step.amount.cents} for step in reckoned.told.steps
        ],
        stopped=reckoned.stopped,
        match=reckoned.match.cents,
        funds=[{"name": fund.name, "cents": fund.amount.cents} for fund in reckoned.funds],
    )


@bp.get("/<slug>/movements.csv")
@gates.public
def movements(slug: str) -> ResponseReturnValue:
    """Every movement of one project as a table for machines."""
    trail = queries.trail(campaigns.by_slug(slug))
    head = ["date", "what", "act", "amount", "payer", "sentence"]
    lines = [
        [step.at.isoformat(), step.what, step.act, plain(step.amount), step.whose, said(step)] for step in trail.steps
    ]
    return _csv([head, *lines], f"{slug}.csv")


@bp.get("/register")
@gates.public
def register() -> ResponseReturnValue:
    """The register of awards of D.Lgs. 33/2013, articles 26 and 27."""
    return render_template("transparency/register.html", rows=queries.register())


FIELDS = [
    "act",
    "beneficiary",
    "tax_code",
    "amount",
    "cup",
    "rule",
    "office",
    "responsible",
    "method",
    "project",
    "published_on",
    "link",
]


def _fields(row: AwardRecord) -> list[str]:
    return [
        row.act,
        row.beneficiary,
        row.tax_code,
        plain(row.amount),
        row.cup,
        row.rule,
        row.office,
        row.responsible,
        row.method,
        row.project,
        clock.local(row.published_at).date().isoformat(),
        str(current_app.config["BASE_URL"]) + url_for("transparency.project", slug=row.slug),
    ]


@bp.get("/register.csv")
@gates.public
def register_csv() -> ResponseReturnValue:
    """The register as CSV."""
    return _csv([FIELDS, *(_fields(row) for row in queries.register())], "register.csv")


@bp.get("/register.json")
@gates.public
def register_json() -> ResponseReturnValue:
    """The register as JSON."""
    return jsonify(awards=[dict(zip(FIELDS, _fields(row), strict=True)) for row in queries.register()])


def _csv(rows: Iterable[Sequence[str]], name: str) -> ResponseReturnValue:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows([csv_cell(str(cell)) for cell in row] for row in rows)
    return downloads.data(out.getvalue().encode("utf-8-sig"), "text/csv", name)


def said(step: Step) -> str:
    """A movement as a neighbour would tell it."""
    count = step.count
    sentences = {
        What.RESERVED: lambda: _("The city sets its part aside"),
        What.CLOSED: lambda: ngettext(
            "The campaign closes: %(num)d donor has promised",
            "The campaign closes: %(num)d donors have promised",
            count,
        ),
        What.COLLECTED: lambda: ngettext("%(num)d gift is collected", "%(num)d gifts are collected", count),
        What.REFUNDED: lambda: ngettext("%(num)d gift goes back whole", "%(num)d gifts go back whole", count),
        What.CONFIRMED: lambda: _("The city confirms its part"),
        What.FREED: lambda: _("The rest goes back to the fund"),
        What.RELEASED: lambda: _("The city’s part goes back to the fund"),
        What.SIGNED: lambda: _("The agreement is signed"),
        What.ADVANCE: lambda: _("The advance is paid"),
        What.ACCEPTED: lambda: ngettext("%(num)d receipt is accepted", "%(num)d receipts are accepted", count),
        What.ACCEPTED_SO_FAR: lambda: ngettext(
            "%(num)d receipt is accepted so far", "%(num)d receipts are accepted so far", count
        ),
        What.BALANCE: lambda: _("The balance is paid"),
        What.ECONOMISED: lambda: _("What was not needed goes back to the fund"),
        What.OWED: lambda: _("The association must give money back to the city"),
        What.GIVEN_BACK: lambda: _("The association gives money back, and the fund has it again"),
    }
    return str(sentences[step.what]())
