"""The group hangs photographs and videos, puts them in order, and lays out documents."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries, service
from app.campaigns.models import Campaign
from app.campaigns.rules import GALLERY_MOST, Paper, Shown
from app.campaigns.views.blueprint import bp
from app.campaigns.views.group import kept, ours
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Invalid, Refusal
from app.web.gates import require, signed_in


def _gallery(campaign: Campaign, values: Any, errors: dict[str, Refusal]) -> str:
    hung = queries.hung(campaign)
    return render_template(
        "campaigns/gallery.html",
        campaign=campaign,
        hung=hung,
        room=GALLERY_MOST - len(hung),
        values=values,
        errors=errors,
    )


@bp.get("/prepare/<ref>/gallery")
@signed_in
def gallery(ref: str) -> ResponseReturnValue:
    """The campaign's photographs and videos, for its group."""
    return _gallery(ours(ref), {}, {})


@bp.post("/prepare/<ref>/gallery")
@signed_in
def hang(ref: str) -> ResponseReturnValue:
    """A photograph, or a link to a video with its poster."""
    campaign, now, by = ours(ref), clock.now(), require()
    video = request.form.get("kind") == Shown.VIDEO
    name, words = ("poster", "title") if video else ("photo", "words")
    sent = request.files.get(name)
    try:
        with transaction():
            if not video and not (sent and sent.filename):
                raise Invalid({"photo": Refusal("Choose a photo: JPEG, PNG or WebP.")})
            file = kept(sent, "picture", by=by, now=now, name=name) if sent and sent.filename else None
            said = request.form.get(words, "")
            if video:
                service.hang_video(campaign, request.form.get("address", ""), said, file, by=by, now=now)
            elif file is not None:
                service.hang_photo(campaign, file, said, by=by, now=now)
    except Invalid as invalid:
        errors = {words if field == "words" else field: refusal for field, refusal in invalid.errors.items()}
        return _gallery(queries.by_ref(ref), request.form, errors), 422
    except Conflict as refusal:
        return _gallery(queries.by_ref(ref), request.form, {"": refusal}), 409
    flash(_("It hangs in the gallery, at the end."), "done")
    return redirect(url_for("campaigns.gallery", ref=ref), 303)


@bp.post("/prepare/<ref>/gallery/<item>")
@signed_in
def change_item(ref: str, item: str) -> ResponseReturnValue:
    """Say anew what it shows, or move it one place."""
    campaign = ours(ref)
    found = queries.gallery_item(campaign, item)
    step = {"up": -1, "down": 1}.get(request.form.get("move", ""))
    try:
        with transaction():
            if step is not None:
                service.shift(campaign, found, step, by=require(), now=clock.now())
            else:
                service.describe(campaign, found, request.form.get("words", ""), by=require(), now=clock.now())
    except Invalid as invalid:
        errors = {f"words_{item}": refusal for refusal in invalid.errors.values()}
        typed = {f"words_{item}": request.form.get("words", "")}
        return _gallery(queries.by_ref(ref), typed, errors), 422
    except Conflict as refusal:
        return _gallery(queries.by_ref(ref), {}, {"": refusal}), 409
    if step is None:
        flash(_("Saved."), "done")
    return redirect(url_for("campaigns.gallery", ref=ref, _anchor=item), 303)


@bp.get("/prepare/<ref>/gallery/<item>/remove")
@signed_in
def taking_down(ref: str, item: str) -> ResponseReturnValue:
    """One question before a picture goes."""
    campaign = ours(ref)
    found = queries.gallery_item(campaign, item)
    hung = {each.ref: file for each, file in queries.hung(campaign)}
    return render_template("campaigns/take_down.html", campaign=campaign, item=found, file=hung.get(found.ref))


@bp.post("/prepare/<ref>/gallery/<item>/remove")
@signed_in
def take_down(ref: str, item: str) -> ResponseReturnValue:
    """Out of the gallery."""
    campaign = ours(ref)
    with transaction():
        service.take_down(campaign, queries.gallery_item(campaign, item), by=require(), now=clock.now())
    flash(_("It is no longer in the gallery."), "done")
    return redirect(url_for("campaigns.gallery", ref=ref), 303)


def _papers(campaign: Campaign, values: Any, errors: dict[str, Refusal]) -> str:
    return render_template(
        "campaigns/papers.html",
        campaign=campaign,
        documents=queries.documents(campaign),
        kinds=list(Paper),
        values=values,
        errors=errors,
    )


@bp.get("/prepare/<ref>/documents")
@signed_in
def papers(ref: str) -> ResponseReturnValue:
    """The campaign's documents, for its group."""
    return _papers(ours(ref), {}, {})


@bp.post("/prepare/<ref>/documents")
@signed_in
def add_paper(ref: str) -> ResponseReturnValue:
    """A document for everybody."""
    campaign, now, by = ours(ref), clock.now(), require()
    sent = request.files.get("document")
    try:
        with transaction():
            if sent is None or not sent.filename:
                raise Invalid({"document": Refusal("Choose the document: a PDF, or a photo as JPEG or PNG.")})
            file = kept(sent, "document", by=by, now=now)
            kind, title = request.form.get("kind", ""), request.form.get("title", "")
            service.add_document(campaign, file, kind, title, by=by, now=now)
    except Invalid as invalid:
        return _papers(queries.by_ref(ref), request.form, invalid.errors), 422
    except Conflict as refusal:
        return _papers(queries.by_ref(ref), request.form, {"": refusal}), 409
    flash(_("The document is on the page."), "done")
    return redirect(url_for("campaigns.papers", ref=ref), 303)


@bp.get("/prepare/<ref>/documents/<document>")
@signed_in
def removing_paper(ref: str, document: str) -> ResponseReturnValue:
    """One question before a document goes."""
    campaign = ours(ref)
    found, _file = queries.document(campaign, document)
    return render_template("campaigns/remove_paper.html", campaign=campaign, document=found)


@bp.post("/prepare/<ref>/documents/<document>")
@signed_in
def remove_paper(ref: str, document: str) -> ResponseReturnValue:
    """Off the page."""
    campaign = ours(ref)
    with transaction():
        service.remove_document(campaign, queries.document(campaign, document)[0], by=require(), now=clock.now())
    flash(_("The document is no longer on the page."), "done")
    return redirect(url_for("campaigns.papers", ref=ref), 303)
