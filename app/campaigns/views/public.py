"""What everybody can read: the list, the campaign, its donors, its earlier words."""

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.campaigns import queries, service
from app.campaigns.views.blueprint import bp
from app.campaigns.views.finding import asked_for
from app.campaigns.views.page import sheet
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid
from app.files import queries as files
from app.identity import service as identity
from app.pledges import queries as pledges
from app.proposals.rules import THEMES
from app.settlement import queries as settlement
from app.territory import queries as territory
from app.web.gates import public, require, signed_in

PER_PAGE = 24
DONORS_PER_PAGE = 60


@bp.get("/")
@public
def index() -> ResponseReturnValue:
    """All projects that are or were public, by quarter, theme, state and words."""
    wish = asked_for(request.args)
    found = queries.listed(**wish.filters, limit=PER_PAGE + 1, offset=wish.offset)
    zones, counts = territory.zones(), queries.zone_counts()
    shown = found[:PER_PAGE]
    return render_template(
        "campaigns/index.html",
        wish=wish,
        themes=THEMES,
        rows=pledges.rows(shown),
        outcomes=settlement.outcomes(each.id for each in shown),
        count=queries.count(**wish.filters),
        more=len(found) > PER_PAGE,
        zones=zones,
        by_number={zone.number: counts[zone.id][0] for zone in zones if zone.id in counts},
        open_numbers=[zone.number for zone in zones if counts.get(zone.id, (0, 0))[1]],
        now=clock.now(),
    )


@bp.get("/<slug>")
@public
def show(slug: str) -> ResponseReturnValue:
    """One project, from its money to its last receipt."""
    campaign = queries.by_slug(slug)
    order = request.args.get("order", "latest")
    return render_template("campaigns/show.html", **sheet(campaign, order=order, now=clock.now()))


@bp.get("/<slug>/donors")
@public
def donors(slug: str) -> ResponseReturnValue:
    """Everybody who gave, as they chose to be seen."""
    campaign = queries.by_slug(slug)
    order = request.args.get("order", "latest")
    page = max(1, request.args.get("page", 1, type=int))
    found = pledges.wall(campaign.id, order, limit=DONORS_PER_PAGE + 1, offset=(page - 1) * DONORS_PER_PAGE)
    return render_template(
        "campaigns/donors.html",
        campaign=campaign,
        gifts=found[:DONORS_PER_PAGE],
        more=len(found) > DONORS_PER_PAGE,
        page=page,
        order=order,
        totals=pledges.totals(campaign.id),
        close=settlement.close_of(campaign.id),
        now=clock.now(),
    )


@bp.get("/<slug>/versions")
@public
def versions(slug: str) -> ResponseReturnValue:
    """Every version of the words that were public."""
    campaign = queries.by_slug(slug)
    found = queries.versions(campaign)
    pictures = files.by_ids([each.picture_id for each in found if each.picture_id])
    return render_template("campaigns/versions.html", campaign=campaign, versions=found, pictures=pictures)


@bp.get("/<slug>/ask")
@signed_in
def ask(slug: str) -> ResponseReturnValue:
    """A question to the group."""
    return render_template("campaigns/ask.html", campaign=queries.by_slug(slug), values={}, errors={})


@bp.post("/<slug>/ask")
@signed_in
def ask_question(slug: str) -> ResponseReturnValue:
    """Keep the question; it shows once it is answered."""
    campaign, by, now = queries.by_slug(slug), require(), clock.now()
    identity.brake("campaigns.ask", f"person:{by.id}", 10, 3600, now)
    try:
        with transaction():
            service.ask_question(campaign, request.form.get("question", ""), by=by, now=now)
    except Invalid as invalid:
        shown = render_template("campaigns/ask.html", campaign=campaign, values=request.form, errors=invalid.errors)
        return shown, 422
    return redirect(url_for("campaigns.asked", slug=slug), 303)


@bp.get("/<slug>/asked")
@signed_in
def asked(slug: str) -> ResponseReturnValue:
    """The question is with the group."""
    return render_template("campaigns/asked.html", campaign=queries.by_slug(slug))
