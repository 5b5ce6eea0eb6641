"""The giving page: one page of ours, then the provider's page for the card."""

from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, NoReturn

from flask import abort, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.campaigns import queries as campaigns
from app.campaigns.models import Campaign
from app.campaigns.rules import chosen_first, presets, takes_pledges
from app.core import clock
from app.core.db import transaction
from app.core.errors import Conflict, Gone, Invalid, Refusal, TooMany
from app.core.money import AmountError, Money, parse
from app.groups import queries as groups
from app.identity import service as identity
from app.payments.gateway import ProviderDown
from app.pledges import jobs, queries, service
from app.pledges.models import Pledge
from app.pledges.rules import State, check_email, refuse_amount
from app.pledges.rules.consent import Consent, consent
from app.pledges.views import words
from app.pledges.views.blueprint import bp
from app.settlement import queries as settlement
from app.territory import queries as territory
from app.web.gates import current, public, say


@dataclass
class Draft:
    """A giving page as it is filled."""

    amount: Money | None = None
    errors: dict[str, Refusal | str] = field(default_factory=dict)
    shown: words.Shown | None = None
    agreed: Consent | None = None
    changed: bool = False


def _language() -> str:
    return "en" if str(get_locale()) == "en" else "it"


def _of_link(values: Any) -> str:
    """A preset, or the amount that a link of somebody's brings along in either language."""
    return str(values.get("amount") or values.get("importo") or "").strip()


def typed_amount(values: Any, fallback: Money | None, errors: dict[str, Refusal | str]) -> Money | None:
    """The other amount if one was typed, else the preset or the one of the link, else the one marked at first."""
    other, chosen = values.get("other", "").strip(), _of_link(values)
    if not (other or chosen):
        return fallback
    try:
        return parse(other or chosen, _language())
    except AmountError as error:
        errors["other"] = str(error)
        return None


def _open(slug: str) -> Campaign:
    campaign = campaigns.by_slug(slug)
    if not takes_pledges(campaign.state, campaign.closes_at, clock.now()):
        _over(campaign, gettext("This campaign is closed: it takes no more pledges."))
    return campaign


def _over(campaign: Campaign, said: str, status: int = 410) -> NoReturn:
    """Stop at the page that says why nothing can be given now, and leads on."""
    zone = territory.zone_by_id(campaign.zone_id)
    abort(make_response(render_template("pledges/over.html", campaign=campaign, zone=zone, said=said), status))


def _read(campaign: Campaign, values: Any, *, fallback: Money | None) -> Draft:
    """Work out what this gift does and what its donor has to be told."""
    draft = Draft()
    terms = campaigns.terms(campaign)
    draft.amount = typed_amount(values, fallback, draft.errors)
    if draft.amount is None:
        return draft
    if refusal := refuse_amount(draft.amount, terms.gift_min, service.room(campaign)):
        draft.errors["other"] = refusal
        return draft
    email = values.get("email", "").strip().lower()
    counts = not service.is_member(campaign, email, current())
    try:
        draft.shown = words.for_promise(campaign, draft.amount, counts=counts, email=email, now=clock.now())
    except Invalid as invalid:
        draft.errors["other"] = invalid.errors["amount"]
        return draft
    draft.agreed = consent(draft.shown.terms, _language())
    return draft


def _page(campaign: Campaign, values: Any, draft: Draft, form_key: str) -> str:
    """The giving page with what is known so far."""
    g.form_action_checkout = True
    terms, zone = campaigns.terms(campaign), territory.zone_by_id(campaign.zone_id)
    offered = presets(campaigns.impact(campaign), terms.gift_min)
    totals = queries.totals(campaign.id)
    if not values.get("other") and draft.amount not in [each.amount for each in offered]:
        # An amount that is no preset stands in its own field, also one that could not be read.
        typed = draft.amount if draft.amount is not None else _of_link(values)
        values = {**values.to_dict(), "other": typed} if hasattr(values, "to_dict") else {**values, "other": typed}
    return render_template(
        "pledges/give.html",
        campaign=campaign,
        terms=terms,
        zone=zone,
        totals=totals,
        presets=[(each.amount, each.said(_language())) for each in offered],
        draft=draft,
        shown=draft.shown,
        agreed=draft.agreed,
        sealed=words.seal(draft.shown.terms, clock.now()) if draft.shown else "",
        values=values,
        errors=draft.errors,
        form_key=form_key,
        entity=groups.verified_entity(campaign.group_id),
    )


@bp.get("/projects/<slug>/give")
@public
def give(slug: str) -> ResponseReturnValue:
    """How much, who, and on which conditions."""
    campaign = _open(slug)
    offered = presets(campaigns.impact(campaign), campaigns.terms(campaign).gift_min)
    draft = _read(campaign, request.args, fallback=chosen_first(offered))
    status = 422 if draft.errors else 200
    values = {"email": "", "name": "", **request.args.to_dict()}
    return _page(campaign, values, draft, token_urlsafe(18)), status


@bp.post("/projects/<slug>/give")
@public
def promise(slug: str) -> ResponseReturnValue:
    """Keep the promise, then send its donor to the provider's page; «Update» only works the figures out again."""
    form_key = request.form.get("form_key", "")[:64]
    known = queries.by_form_key(form_key) if form_key else None
    if known is not None:
        if (replaced := queries.by_form_key(_changed_key(form_key))) is not None:
            return _to_the_card(replaced.id, slug)
        if not _went_back(known):
            return _to_the_card(known.id, slug)
    campaign = _open(slug)
    draft = _read(campaign, request.form, fallback=None)
    if request.form.get("update"):
        return _page(campaign, request.form, draft, form_key or token_urlsafe(18))
    _check(campaign, draft)
    if draft.errors or draft.changed or draft.agreed is None or draft.amount is None:
        return _page(campaign, request.form, draft, form_key or token_urlsafe(18)), 422
    if known is not None and not _unfinished(known):
        return _to_the_card(known.id, slug)
    try:
        pledge_id = _start(campaign, draft, _changed_key(form_key) if known else form_key or token_urlsafe(18))
    except Invalid as invalid:
        draft.errors.update({"other" if name == "amount" else name: said for name, said in invalid.errors.items()})
        return _page(campaigns.by_slug(slug), request.form, draft, form_key), 422
    except TooMany as refusal:
        draft.errors[""] = refusal
        return _page(campaigns.by_slug(slug), request.form, draft, form_key), 429
    return _to_the_card(pledge_id, slug)


def _went_back(known: Pledge) -> bool:
    """Whether the donor came back from the card page to the form, and changed what she gives or her address."""
    if known.state is not State.STARTED:
        return False  # that promise stands, or is over: its own page says so
    amount = typed_amount(request.form, None, {})
    typed = request.form.get("email", "").strip().lower()
    return bool(request.form.get("update")) or (amount, typed) != (known.amount, known.email)


def _changed_key(form_key: str) -> str:
    """The key under which a form counts that came back changed: clicked twice it is still one pledge."""
    amount, email = typed_amount(request.form, None, {}), request.form.get("email", "").strip().lower()
    return sha256(f"{form_key}:{amount.cents if amount else 0}:{email}".encode()).hexdigest()[:43]


def _unfinished(known: Pledge) -> bool:
    """Whether nothing came of the card page that is replaced; it is closed, so that nothing can."""
    known_id = known.id
    with suppress(ProviderDown):  # then it ends by itself within a day
        jobs.expire_page(known_id)
    return queries.pledge(known_id).state not in (State.ACTIVE, State.HELD)


def _check(campaign: Campaign, draft: Draft) -> None:
    """The address, the tick, and whether the words that were read are the ones that hold."""
    try:
        check_email(request.form.get("email", ""))
    except Invalid as invalid:
        draft.errors.update(invalid.errors)
    if draft.amount is None and "other" not in draft.errors:
        draft.errors["other"] = Refusal("Choose an amount or write one, for example 12.50.")
    if draft.shown is None:
        return
    read = words.unseal(request.form.get("words", ""), clock.now())
    if read is None or not words.same_promise(read, draft.shown.terms):
        draft.changed = True
        return
    draft.agreed = consent(read, _language())
    if request.form.get("consent") != "yes":
        draft.errors["consent"] = Refusal("Tick the box if you agree: without it we may not charge your card.")


def _start(campaign: Campaign, draft: Draft, form_key: str) -> int:
    now, email = clock.now(), check_email(request.form.get("email", ""))
    if draft.amount is None or draft.agreed is None:
        raise RuntimeError("a checked draft has an amount and its words")
    identity.brake("pledges.start", f"address:{request.remote_addr}", 20, 600, now)
    identity.brake("pledges.start", f"email:{email}", 10, 3600, now)
    with transaction():
        pledge = service.start(
            campaign,
            amount=draft.amount,
            email=email,
            name=request.form.get("name", ""),
            show_name=request.form.get("show_name") == "yes",
            language=_language(),
            agreed=draft.agreed,
            form_key=form_key,
            by=current(),
            now=now,
        )
        return pledge.id


def _to_the_card(pledge_id: int, slug: str) -> ResponseReturnValue:
    """Off to the provider's page; if it does not answer, the promise waits and can be taken up again."""
    g.form_action_checkout = True
    ref = queries.pledge(pledge_id).ref
    try:
        return redirect(jobs.open_page(pledge_id), 303)
    except ProviderDown:
        return redirect(url_for("pledges.returned", ref=ref, waiting=1), 303)


# --- filling the gap ---


def _gap(slug: str) -> tuple[Campaign, Any, Any]:
    campaign = campaigns.by_slug(slug)
    case, entity = settlement.case(campaign.id), groups.verified_entity(campaign.group_id)
    now = clock.now()
    if case is None or case.state != "collecting" or not case.grace_until or now >= case.grace_until:
        _over(campaign, gettext("Nothing is missing any more: this project takes no gifts now."))
    if not queries.totals(campaign.id).gap(campaign.threshold):
        _over(campaign, gettext("Nothing is missing any more: this project takes no gifts now."))
    if entity is None or not groups.is_payable(entity.id):
        _over(
            campaign,
            gettext("The city is checking the payee’s account again. Nobody is charged meanwhile: try again later."),
            409,
        )
    return campaign, case, entity


def _open_gap(campaign: Campaign, values: Any) -> Money:
    """What is missing and nobody else is paying at this moment."""
    gap = queries.totals(campaign.id).gap(campaign.threshold)
    try:
        return gap - service.refuse_full_till(campaign.id, gap, values.get("email", ""))
    except Conflict as refusal:
        _over(campaign, say(refusal), 409)


def _read_gap(campaign: Campaign, case: Any, entity: Any, values: Any, *, fallback: Money | None) -> Draft:
    draft, gap = Draft(), _open_gap(campaign, values)
    draft.amount = typed_amount(values, fallback, draft.errors)
    if draft.amount is None:
        return draft
    if refusal := refuse_amount(draft.amount, min(campaigns.terms(campaign).gift_min, gap), gap):
        draft.errors["other"] = refusal
        return draft
    facts = words.for_gap(campaign, draft.amount, payee=entity.name, until=campaigns.last_day(case.grace_until))
    draft.agreed = consent(facts, _language())
    return draft


def _gap_page(campaign: Campaign, case: Any, entity: Any, values: Any, draft: Draft, form_key: str) -> str:
    g.form_action_checkout = True
    return render_template(
        "pledges/gap.html",
        campaign=campaign,
        case=case,
        entity=entity,
        totals=queries.totals(campaign.id),
        most=_open_gap(campaign, values),
        draft=draft,
        agreed=draft.agreed,
        values=values,
        errors=draft.errors,
        form_key=form_key,
        zone=territory.zone_by_id(campaign.zone_id),
    )


@bp.get("/projects/<slug>/gap")
@public
def gap(slug: str) -> ResponseReturnValue:
    """A gift charged at once, while the gap is open."""
    campaign, case, entity = _gap(slug)
    missing = _open_gap(campaign, request.args)
    draft = _read_gap(campaign, case, entity, request.args, fallback=min(missing, Money(5_000)) if missing else None)
    values = {"email": "", "name": "", **request.args.to_dict()}
    return _gap_page(campaign, case, entity, values, draft, token_urlsafe(18)), 422 if draft.errors else 200


@bp.post("/projects/<slug>/gap")
@public
def fill_gap(slug: str) -> ResponseReturnValue:
    """Keep the gift, then send its donor to pay."""
    campaign, case, entity = _gap(slug)
    form_key = request.form.get("form_key", "")[:64] or token_urlsafe(18)
    draft = _read_gap(campaign, case, entity, request.form, fallback=None)
    if request.form.get("update"):
        return _gap_page(campaign, case, entity, request.form, draft, form_key)
    _check_gap(draft)
    if draft.errors or draft.changed or draft.agreed is None or draft.amount is None:
        return _gap_page(campaign, case, entity, request.form, draft, form_key), 422
    now = clock.now()
    try:
        identity.brake("pledges.start", f"address:{request.remote_addr}", 20, 600, now)
        with transaction():
            charge_id = service.agree_gap(
                campaign,
                entity,
                amount=draft.amount,
                email=request.form.get("email", ""),
                name=request.form.get("name", ""),
                show_name=request.form.get("show_name") == "yes",
                language=_language(),
                agreed=draft.agreed,
                form_key=form_key,
                pay_until=case.grace_until,
                by=current(),
                now=now,
            ).id
    except Invalid as invalid:
        draft.errors.update({"other" if name == "amount" else name: said for name, said in invalid.errors.items()})
        return _gap_page(*_gap(slug), request.form, draft, form_key), 422
    except (Conflict, Gone) as refusal:  # the account was blocked, or the gap filled, between reading and writing
        _over(campaigns.by_slug(slug), say(refusal), 409 if isinstance(refusal, Conflict) else 410)
    return to_payment(charge_id)


def _check_gap(draft: Draft) -> None:
    try:
        check_email(request.form.get("email", ""))
    except Invalid as invalid:
        draft.errors.update(invalid.errors)
    if draft.agreed is None:
        if "other" not in draft.errors:
            draft.errors["other"] = Refusal("Choose an amount or write one, for example 12.50.")
    elif request.form.get("words") != draft.agreed.sha256:
        draft.changed = True
    elif request.form.get("consent") != "yes":
        draft.errors["consent"] = Refusal("Tick the box if you agree: without it we may not charge your card.")


def to_payment(charge_id: int) -> ResponseReturnValue:
    """Off to the provider's payment page."""
    g.form_action_checkout = True
    ref = queries.pledge(queries.charge(charge_id).pledge_id).ref
    try:
        return redirect(jobs.open_payment_page(charge_id), 303)
    except ProviderDown:
        return redirect(url_for("pledges.returned", ref=ref, waiting=1), 303)
