"""What everybody can read: the list, the campaign, its donors, its earlier words."""

from collections.abc import Sequence
from dataclasses import replace

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.calls import queries as calls
from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.views.blueprint import bp
from app.campaigns.views.finding import Wish, asked_for
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
from app.territory.models import Zone
from app.web import downloads
from app.web.gates import public, require, shared, signed_in

NEIGHBOURS = 2
NEAR_BY = 6
DONORS_PER_PAGE = 60
NEWS_PER_PAGE, ANSWERS_PER_PAGE = 10, 20


@bp.get("/")
@shared("q", "zone", "theme", "state", "call", "order", "after")
@public
def index() -> ResponseReturnValue:
    """All projects that are or were public, by quarter, theme, state, call and words."""
    zones, facets = territory.zones(), queries.facets()
    wish = asked_for(request.args, zones)
    found = queries.find(wish.filters, wish.order, after=wish.after)
    near = _near(wish, zones) if wish.zones and not found.campaigns else []
    shown = found.campaigns or _around(wish, near)
    count, more_than = queries.count(wish.filters) if found.campaigns else (0, False)
    return render_template(
        "campaigns/index.html",
        wish=wish,
        themes=THEMES,
        rows=pledges.rows(shown, zones),
        outcomes=settlement.outcomes(each.id for each in shown),
        near=near,
        found=found,
        count=count,
        more_than=more_than,
        zones=zones,
        calls=calls.titled(facets.calls),
        facets=facets,
        now=clock.now(),
    )


def _near(wish: Wish, zones: Sequence[Zone]) -> list[Zone]:
    """Where something fits, nearest to the quarters in which nothing does."""
    there = queries.zones_with(wish.anywhere())
    return territory.nearest(wish.zones, (zone for zone in zones if zone.id in there), NEIGHBOURS)


def _around(wish: Wish, near: Sequence[Zone]) -> Sequence[Campaign]:
    if not near:
        return []
    around = replace(wish.filters, zones=tuple(zone.slug for zone in near))
    return queries.find(around, wish.order, limit=NEAR_BY).campaigns


@bp.get("/<slug>")
@shared("order")
@public
def show(slug: str) -> ResponseReturnValue:
    """One project, from its money to its last receipt."""
    order = request.args.get("order", "latest")
    return render_template("campaigns/show.html", **sheet(queries.whole_by_slug(slug), order=order, now=clock.now()))


def _page_asked() -> int:
    return min(max(1, request.args.get("page", 1, type=int)), 1_000)


@bp.get("/<slug>/news")
@shared("page")
@public
def all_news(slug: str) -> ResponseReturnValue:
    """Everything that the group has told, newest first."""
    campaign, page = queries.by_slug(slug), _page_asked()
    found = queries.news(campaign, NEWS_PER_PAGE + 1, (page - 1) * NEWS_PER_PAGE)
    return render_template(
        "campaigns/all_news.html",
        campaign=campaign,
        updates=found[:NEWS_PER_PAGE],
        own_pictures=queries.own_pictures(campaign),
        more=len(found) > NEWS_PER_PAGE,
        page=page,
    )


@bp.get("/<slug>/news/<ref>")
@shared()
@public
def one_news(slug: str, ref: str) -> ResponseReturnValue:
    """One piece of news, with how it read before it was changed."""
    campaign = queries.by_slug(slug)
    update, picture = queries.one_news(campaign, ref)
    return render_template(
        "campaigns/one_news.html",
        campaign=campaign,
        update=update,
        picture=picture,
        earlier=queries.earlier_words(update) if update.changed_at else [],
        own_pictures=queries.own_pictures(campaign),
    )


@bp.get("/<slug>/questions")
@shared("page")
@public
def all_answers(slug: str) -> ResponseReturnValue:
    """Every question that the group has answered."""
    campaign, page = queries.by_slug(slug), _page_asked()
    found = queries.some_answers(campaign, ANSWERS_PER_PAGE + 1, (page - 1) * ANSWERS_PER_PAGE)
    return render_template(
        "campaigns/all_answers.html",
        campaign=campaign,
        questions=found[:ANSWERS_PER_PAGE],
        more=len(found) > ANSWERS_PER_PAGE,
        page=page,
    )


@bp.get("/<slug>/documents/<ref>")
@public
def document(slug: str, ref: str) -> ResponseReturnValue:
    """One of the group's documents, as a file."""
    _, file = queries.document(queries.by_slug(slug), ref)
    return downloads.send(file)


@bp.get("/<slug>/donors")
@shared("order", "page")
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
@shared()
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
