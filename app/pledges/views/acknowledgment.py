"""The donor's acknowledgment of a collected gift, by the link in the mail."""

from __future__ import annotations

from typing import Any

from flask import current_app, g
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.campaigns import queries as campaigns
from app.core import settings
from app.core.errors import Missing
from app.groups import queries as groups
from app.pledges import gateway, queries
from app.pledges.models import Charge, Pledge
from app.pledges.rules import State
from app.pledges.views.blueprint import bp
from app.pledges.views.mine import held
from app.territory import queries as territory
from app.web import downloads
from app.web.gates import by_token


@bp.get("/pledges/<token>/acknowledgment.pdf")
@by_token
def acknowledgment(token: str) -> ResponseReturnValue:
    """The paper that says when how much was paid to whom, and what it is not."""
    pledge = held(token)
    charge = queries.paid_charge(pledge.id)
    if pledge.state is not State.CHARGED or charge is None or charge.settled_at is None:
        raise Missing("There is no paper: no gift of this pledge has been paid, or it was given back.")
    made = gateway.acknowledgment_pdf(_facts(pledge, charge), made_at=charge.settled_at)
    answer = downloads.data(made, "application/pdf", f"{pledge.ref}.pdf")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _facts(pledge: Pledge, charge: Charge) -> dict[str, Any]:
    campaign, entity, city = campaigns.campaign(pledge.campaign_id), groups.entity(charge.entity_id), _city()
    zone = territory.zone_by_id(campaign.zone_id)
    said = current_app.jinja_env.filters  # sums and dates as every page writes them
    amount, name = said["money"](charge.amount), entity.name or ""
    card = _("the one ending in %(last4)s", last4=pledge.card_last4) if pledge.card_last4 else ""
    rows = [
        (_("Amount"), amount),
        (_("Paid on"), said["day"](charge.settled_at)),
        (_("Paid by"), pledge.name or pledge.email),
        (_("Tax code of the donor"), queries.tax_code(pledge)),
        (_("Card"), card),
        (_("Goes to"), name),
        (_("Tax code"), entity.tax_code or ""),
        (_("Register number"), entity.register_number or ""),
        (_("For the project"), f"{campaign.title}, {zone.name}" if zone else campaign.title),
        (_("Number"), pledge.ref),
        (_("Number at the payment provider"), charge.provider_charge or ""),
    ]
    return {
        **city,
        "language": g.get("lang", "it"),
        "title": _("Acknowledgment of a gift"),
        "summary": _("Acknowledgment of the payment of %(amount)s to %(payee)s", amount=amount, payee=name),
        "number": pledge.ref,
        "amount": amount,
        "sentence": _(
            "were paid on %(day)s to %(payee)s for the project “%(title)s”.",
            day=said["the_day"](charge.settled_at),
            payee=name,
            title=campaign.title,
        ),
        "rows": [row for row in rows if row[1]],
        "paper_title": _("What this paper is"),
        "paper": [
            _(
                "This paper acknowledges a payment. Cofonda has made it from its books;"
                " the money went to the body above."
            ),
            _("It is not a tax receipt: it has no fiscal number and is not signed by the body."),
        ],
        "tax_title": _("Taxes"),
        "tax": _tax(pledge, name),
    }


def _city() -> dict[str, str]:
    known = settings.several("city.")
    return {"city": known["name"], "office": known["office"], "email": known["email"], "colour": known["colour"]}


def _tax(pledge: Pledge, payee: str) -> Any:
    if queries.receipt_possible(pledge):
        return _(
            "On the day of the gift %(payee)s was of a kind that can give receipts for taxes."
            " A tax receipt is possible: ask the body for it, with your tax code. Only the body can issue it.",
            payee=payee,
        )
    return _(
        "On the day of the gift %(payee)s was not of a kind that can give receipts for taxes:"
        " no tax receipt is possible.",
        payee=payee,
    )
