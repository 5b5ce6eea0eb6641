"""What the ledger must agree with."""

from collections.abc import Iterable

from sqlalchemy import text

from app.core.db import db
from app.core.money import ZERO, Money
from app.ledger import queries as ledger
from app.ledger.rules import Check

_CHECKS = text(
    """
    select p.campaign_id,
        coalesce(sum(p.amount) filter (where p.kind = 'promise' and p.state = 'active'), 0),
        coalesce(sum(paid.amount) filter (where p.kind = 'promise' and p.state in ('charged', 'refunded')), 0),
        coalesce(sum(paid.amount), 0) - coalesce(sum(back.amount), 0),
        coalesce(sum(paid.fee), 0) + coalesce(sum(fees.amount), 0),
        coalesce(sum(owed.amount), 0)
    from pledges_pledge p
    left join pledges_charge paid on paid.pledge_id = p.id and paid.state = 'succeeded'
    left join pledges_returned back on back.charge_id = paid.id
    left join (select charge_id, sum(fee) as amount from pledges_dispute group by charge_id) fees
        on fees.charge_id = paid.id
    left join (
        select charge_id, sum(owed) as amount from (
            select charge_id, owed from pledges_refund union all select charge_id, owed from pledges_dispute
        ) each_one group by charge_id
    ) owed on owed.charge_id = paid.id
    group by p.campaign_id order by p.campaign_id
    """
)

_UNPOSTED = text(
    """
    select count(*) from pledges_charge c
    left join ledger_journal j on j.key = 'charge:' || c.id
    where c.state = 'succeeded' and j.id is null
    """
)

_UNKNOWN = text(
    """
    select count(*) from ledger_journal j
    left join pledges_charge c on j.key = 'charge:' || c.id and c.state = 'succeeded'
    where j.key like 'charge:%' and c.id is null
    """
)


def checks() -> Iterable[Check]:
    """Every promise and every euro of the rows must be a balance of the ledger, charge by charge."""
    for campaign_id, standing, kept, cash, fees, owed in db.session.execute(_CHECKS):
        owner = f"campaign:{campaign_id}"
        books = ledger.balances("promises", owner), ledger.balances("cash", owner)
        yield Check(f"{owner} promised", Money(int(standing)), books[0].get("promised", ZERO))
        yield Check(f"{owner} promises kept", Money(int(kept)), books[0].get("kept", ZERO))
        yield Check(f"{owner} cash from givers", Money(int(cash)), -books[1].get("givers", ZERO))
        yield Check(f"{owner} fees", Money(int(fees)), books[1].get("fees", ZERO))
        yield Check(f"{owner} owed by the body", Money(int(owed)), books[1].get("receivable", ZERO))
    # Counts, carried as cents so that they are told in the same table.
    yield Check("charges without a journal", ZERO, Money(int(db.session.execute(_UNPOSTED).scalar_one())))
    yield Check("journals without a charge", ZERO, Money(int(db.session.execute(_UNKNOWN).scalar_one())))
