"""The office's lists: agreements, from the confirmed match on, and payment orders."""

from __future__ import annotations

from sqlalchemy import Text, and_, case, func, select
from sqlalchemy.orm import lazyload

from app.campaigns.models import Campaign
from app.core.db import Cents
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO
from app.grants.models import Account, Agreement, AwardRecord, Batch, Tranche
from app.grants.models import Order as PaymentOrder
from app.grants.rules import AgreementState, OrderState
from app.groups.models import Group
from app.settlement.models import Case
from app.settlement.rules import State as CaseState
from app.territory.models import Borough, Zone

ORDER_WORDS = {
    OrderState.PREPARED: N_("To approve"),
    OrderState.APPROVED: N_("To export"),
    OrderState.EXPORTED: N_("At the bank"),
    OrderState.PAID: N_("Paid"),
    OrderState.REFUSED: N_("Stopped"),
}


def agreement_list() -> Rows:
    """Every project whose match is confirmed, with its agreement as far as it has come."""
    signed = Agreement.state == AgreementState.SIGNED
    return Rows(
        select=select(Campaign, Case, Agreement, Group, Zone, AwardRecord, Account)
        .join(Case, Case.campaign_id == Campaign.id)
        .join(Group, Group.id == Campaign.group_id)
        .join(Zone, Zone.id == Campaign.zone_id)
        .join(Borough, Borough.id == Zone.borough_id)
        .outerjoin(Agreement, Agreement.campaign_id == Campaign.id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .options(lazyload(Zone.borough))
        .where(Case.state == CaseState.CONFIRMED, Case.match > ZERO),
        key=Case.id,
        views=(
            View("all", N_("All")),
            View("prepare", N_("To prepare"), Agreement.id.is_(None)),
            View("sign", N_("To sign"), Agreement.state == AgreementState.SENT),
            View("publish", N_("To publish"), and_(signed, AwardRecord.id.is_(None))),
            View("running", N_("Under way"), and_(AwardRecord.id.is_not(None), Account.id.is_(None))),
            View("closed", N_("Accounts closed"), Account.id.is_not(None)),
        ),
        orders=(
            Order("newest", N_("newest first"), Case.ended_at, down=True),
            Order("oldest", N_("oldest first"), Case.ended_at),
            Order("title", N_("by title"), func.sort_key(Campaign.title, type_=Text)),
            Order("amount", N_("largest first"), func.coalesce(Agreement.amount, Case.match, type_=Cents), down=True),
        ),
        search=(
            Campaign.title,
            Group.name,
            Agreement.cup,
            case((Agreement.id.is_not(None), func.concat(Agreement.number, "/", Agreement.year))),
        ),
        facets=(
            Facet("year", N_("Year"), func.to_char(Case.ended_at, "YYYY")),
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )


def order_list() -> Rows:
    """All payment orders, by whose hands they wait for."""
    state = PaymentOrder.state
    running = state.in_((OrderState.PREPARED, OrderState.APPROVED, OrderState.EXPORTED))
    return Rows(
        select=select(PaymentOrder, Agreement, Campaign, Tranche)
        .join(Agreement, Agreement.id == PaymentOrder.agreement_id)
        .join(Campaign, Campaign.id == Agreement.campaign_id)
        .join(Tranche, Tranche.id == PaymentOrder.tranche_id)
        .outerjoin(Batch, Batch.id == PaymentOrder.batch_id),
        key=PaymentOrder.id,
        views=(
            View("running", N_("Under way"), running),
            View("prepared", N_("To approve"), state == OrderState.PREPARED),
            View("approved", N_("To export"), state == OrderState.APPROVED),
            View("exported", N_("At the bank"), state == OrderState.EXPORTED),
            View("paid", N_("Paid"), state == OrderState.PAID),
            View("refused", N_("Stopped"), state == OrderState.REFUSED),
            View("all", N_("All")),
        ),
        orders=(
            Order("newest", N_("newest first"), PaymentOrder.prepared_at, down=True),
            Order("oldest", N_("oldest first"), PaymentOrder.prepared_at),
            Order("amount", N_("largest first"), PaymentOrder.amount, down=True),
        ),
        search=(
            Campaign.title,
            PaymentOrder.beneficiary,
            PaymentOrder.cup,
            PaymentOrder.iban,
            func.concat(PaymentOrder.number, "/", PaymentOrder.year),
        ),
        facets=(
            Facet("tranche", N_("Tranche"), Tranche.kind, words={"advance": N_("Advance"), "balance": N_("Balance")}),
            Facet("batch", N_("File for the bank"), Batch.ref, said=Batch.message_id),
            Facet("year", N_("Year"), func.to_char(PaymentOrder.prepared_at, "YYYY")),
        ),
    )
