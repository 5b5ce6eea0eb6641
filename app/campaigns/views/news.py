"""The group tells news, changes it, and answers the questions of neighbours."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.models import Campaign, Update
from app.campaigns.views.blueprint import bp
from app.campaigns.views.group import kept, ours
from app.core import clock
from app.core.db import transaction
from app.core.errors import Invalid, Refusal
from app.files.models import File
from app.web.gates import require, signed_in


def _news(campaign: Campaign, values: Any, errors: dict[str, Refusal], *, looked_at: bool = False) -> str:
    return render_template(
        "campaigns/news.html",
        campaign=campaign,
        updates=queries.updates(campaign),
        questions=queries.unanswered(campaign),
        own_pictures=queries.own_pictures(campaign),
        values=values,
        errors=errors,
        looked_at=looked_at,
    )


def _words(picture_id: int | None) -> dict[str, Any]:
    """What was typed, with the picture that was sent in place of the one that is there."""
    sent, now, by = request.files.get("picture"), clock.now(), require()
    if request.form.get("no_picture"):
        picture_id = None
    if sent is not None and sent.filename:
        picture_id = kept(sent, "picture", by=by, now=now).id
    return {
        "title": request.form.get("title", ""),
        "body": request.form.get("body", ""),
        "picture_id": picture_id,
        "picture_alt": request.form.get("picture_alt", ""),
        "by": by,
        "now": now,
    }


@bp.get("/prepare/<ref>/news")
@signed_in
def news(ref: str) -> ResponseReturnValue:
    """News and questions of a public campaign, for its group."""
    return _news(ours(ref), {}, {})


@bp.post("/prepare/<ref>/news")
@signed_in
def post_update(ref: str) -> ResponseReturnValue:
    """Tell news on the public page; «Preview» only shows how it would look."""
    campaign = ours(ref)
    if request.form.get("look"):
        return _news(campaign, request.form, {}, looked_at=True)
    try:
        with transaction():
            service.post_update(campaign, **_words(None))
    except Invalid as invalid:
        return _news(queries.by_ref(ref), request.form, invalid.errors), 422
    flash(_("The news is on the page of the project."), "done")
    return redirect(url_for("campaigns.news", ref=ref), 303)


def _rewriting(
    campaign: Campaign, update: Update, picture: File | None, values: Any, errors: dict[str, Refusal], **more: Any
) -> str:
    return render_template(
        "campaigns/rewrite.html",
        campaign=campaign,
        update=update,
        picture=picture,
        own_pictures=queries.own_pictures(campaign),
        values=values,
        errors=errors,
        **more,
    )


@bp.get("/prepare/<ref>/news/<update>")
@signed_in
def rewrite(ref: str, update: str) -> ResponseReturnValue:
    """A piece of news as it reads now, to be changed."""
    campaign = ours(ref)
    found, picture = queries.one_news(campaign, update)
    values = {"title": found.title, "body": found.body, "picture_alt": found.picture_alt}
    return _rewriting(campaign, found, picture, values, {})


@bp.post("/prepare/<ref>/news/<update>")
@signed_in
def rewrite_update(ref: str, update: str) -> ResponseReturnValue:
    """Change it; how it read before stays public."""
    campaign = ours(ref)
    found, picture = queries.one_news(campaign, update)
    if request.form.get("look"):
        return _rewriting(campaign, found, picture, request.form, {}, looked_at=True)
    try:
        with transaction():
            service.rewrite_update(campaign, found, **_words(found.picture_id))
    except Invalid as invalid:
        campaign = queries.by_ref(ref)
        return _rewriting(campaign, *queries.one_news(campaign, update), request.form, invalid.errors), 422
    flash(_("The news is changed. How it read before stays on its page."), "done")
    return redirect(url_for("campaigns.news", ref=ref), 303)


@bp.post("/prepare/<ref>/answers/<question>")
@signed_in
def answer(ref: str, question: str) -> ResponseReturnValue:
    """Answer a question in public."""
    campaign = ours(ref)
    asked = queries.question(campaign, question)
    try:
        with transaction():
            service.answer_question(campaign, asked, request.form.get("answer", ""), by=require(), now=clock.now())
    except Invalid as invalid:
        return _news(queries.by_ref(ref), {"answering": question, **request.form}, invalid.errors), 422
    flash(_("Question and answer are on the page of the project."), "done")
    return redirect(url_for("campaigns.news", ref=ref), 303)
