"""Reads of reconciliation: our facts beside the provider's lines, the three books, runs in progress."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select, text

from app.campaigns.models import Campaign
from app.core.clock import LOCAL, local
from app.core.db import db
from app.core.errors import Missing
from app.core.money import N_, ZERO, Money
from app.core.todo import Todo
from app.core.together import Ask
from app.finance.models import Finding, Run
from app.finance.rules import SETTLING, Difference, Facts, differences
from app.ledger import queries as ledger
from app.ledger.rules import Check
from app.payments import queries as payments
from app.pledges import queries as pledges
from app.settlement.models import Case
from app.settlement.rules import State as CaseState

_FACTS = text(
    """
    select p.campaign_id, c.provider_charge, c.amount, c.fee, c.account,
        coalesce(r.arrived, 0), coalesce(r.bounced, 0), coalesce(d.away, 0), coalesce(d.fees, 0),
        coalesce(r.taken, 0) + coalesce(d.taken, 0), coalesce(r.fee_back, 0) + coalesce(d.fee_back, 0),
        coalesce(r.under_way, false) or coalesce(d.under_way, false)
            or greatest(c.settled_at, r.latest, d.latest) >= :young as unsettled
    from pledges_charge c
    join pledges_pledge p on p.id = c.pledge_id
    left join lateral (
        select sum(amount) filter (where state = 'succeeded') as arrived,
            sum(amount) filter (where state = 'bounced') as bounced,
            sum(taken_back) as taken, sum(fee_back) as fee_back,
            bool_or(state in ('intent', 'sent')) as under_way, max(settled_at) as latest
        from pledges_refund where charge_id = c.id
    ) r on true
    left join lateral (
        select sum(amount + beyond) filter (where state <> 'won') as away, sum(fee) as fees, sum(taken_back) as taken,
            sum(fee_back) as fee_back, bool_or(reversal = 'wanted') as under_way,
            max(greatest(opened_at, closed_at)) as latest
        from pledges_dispute where charge_id = c.id
    ) d on true
    where c.state = 'succeeded'
    """
)


def facts(now: datetime) -> tuple[dict[str, Facts], set[str]]:
    """What our rows say of every charge, and the charges about which something is still under way."""
    found: dict[str, Facts] = {}
    unsettled = set()
    for row in db.session.execute(_FACTS, {"young": now - SETTLING}):
        numbers = [int(number) for number in row[5:11]]
        found[row[1]] = Facts(row[0], row[1], int(row[2]), int(row[3]), *numbers)
        if row[11]:
            unsettled.add(row[1])
    return found, unsettled


def found_differences(now: datetime) -> list[Difference]:
    """Every figure on which our rows and the lines we read do not agree: charge by charge, line by line, and in sum."""
    ours, unsettled = facts(now)
    lines = payments.lines_by_charge()
    found = [
        difference
        for charge, said in ours.items()
        if charge not in unsettled
        for difference in differences(said, lines.get(charge, {}))
    ]
    strangers = [line for line in payments.lines_without_charge() if line.created_at < now - SETTLING]
    found += [
        Difference(
            line.provider_id,
            f"{'account' if line.account else 'platform'}:{line.type}",
            line.source or line.provider_id,
            0,
            line.net,
            _touched(line.account),
        )
        for line in strangers
        if line.net
    ]
    for charge in sorted(set(lines) - set(ours)):
        total = sum(amount for (platform, _), (amount, _fee) in lines[charge].items() if platform)
        gross = lines[charge].get((True, "charge"), (total, 0))[0]
        found.append(Difference(f"{charge}:unknown", "platform:charge", charge, 0, gross or 1, ("account:platform",)))
    return found


def _touched(account: str) -> tuple[str, ...]:
    """What a line that belongs to nothing stops: the account, and every campaign that collected for it."""
    if not account:
        return ("account:platform",)
    rows = db.session.scalars(
        text(
            "select distinct p.campaign_id from pledges_charge c join pledges_pledge p on p.id = c.pledge_id"
            " where c.account = :account and c.state = 'succeeded' order by 1"
        ),
        {"account": account},
    )
    return (f"account:{account}", *(f"campaign:{each}" for each in rows))


def accounts() -> list[str]:
    """The connected accounts that ever got a gift."""
    rows = db.session.scalars(text("select distinct account from pledges_charge where state = 'succeeded' order by 1"))
    return [str(each) for each in rows]


def first_charge_at() -> datetime | None:
    """When the first attempt to charge was written: what the provider did before is not about us."""
    found = db.session.scalar(text("select min(created_at) from pledges_charge"))
    return found if isinstance(found, datetime) else None


def last_run() -> Run | None:
    """The newest reconciliation."""
    return db.session.scalars(select(Run).order_by(Run.until.desc(), Run.id.desc()).limit(1)).first()


def runs(limit: int = 10) -> Sequence[Run]:
    """The newest reconciliations."""
    return db.session.scalars(select(Run).order_by(Run.until.desc(), Run.id.desc()).limit(limit)).all()


def open_findings() -> Sequence[Finding]:
    """What is not explained, oldest first."""
    return db.session.scalars(
        select(Finding).where(Finding.ended_at.is_(None)).order_by(Finding.found_at, Finding.id)
    ).all()


def explained_keys() -> frozenset[tuple[str, int, int]]:
    """What a person has explained: the same figures are not found again."""
    rows = db.session.execute(
        select(Finding.key, Finding.ours, Finding.theirs).where(Finding.explained_by.is_not(None))
    )
    return frozenset((row[0], int(row[1]), int(row[2])) for row in rows)


def finding(ref: str) -> Finding:
    """The finding of that reference."""
    found = db.session.scalars(select(Finding).where(Finding.ref == ref)).one_or_none()
    if found is None:
        raise Missing("There is no such difference.")
    return found


def locked_finding(finding_id: int) -> Finding:
    """The finding as it stands now, held still."""
    return db.session.scalars(
        select(Finding).where(Finding.id == finding_id).with_for_update().execution_options(populate_existing=True)
    ).one()


@dataclass(frozen=True)
class DayOfMoney:
    """One civil day: gifts, refunds and disputes as the ledger and as the provider have them."""

    day: date
    ledger: Money
    provider: Money

    @property
    def agrees(self) -> bool:
        """Whether both say the same to the cent."""
        return self.ledger == self.provider


# Each line of a gift's way is one journal, and back: by the provider's own names.
_DAYS = text(
    r"""
    with fact as (
        select provider_charge as source, 'charge' as type, true as first, 'charge:' || id as key
            from pledges_charge where state = 'succeeded'
        union all select provider_id, 'refund', true, 'refund:' || id
            from pledges_refund where state in ('succeeded', 'bounced')
        union all select provider_id, 'refund_failure', true, 'refund:' || id || '\:bounced'
            from pledges_refund where state = 'bounced'
        union all select provider_id, 'adjustment', true, 'dispute:' || id from pledges_dispute
        union all select provider_id, 'adjustment', false, 'dispute:' || id || '\:won'
            from pledges_dispute where state = 'won'
    ), told as (
        select cast(timezone(:zone, created_at) as date) as day, amount, source, type,
            type <> 'adjustment' or amount < 0 as first
        from payments_line
        where account = '' and type in ('charge', 'refund', 'refund_failure', 'adjustment') and created_at >= :since
    )
    select told.day, coalesce(sum(posted.cents), 0), sum(told.amount)
    from told
    left join fact on (fact.source, fact.type, fact.first) = (told.source, told.type, told.first)
    left join lateral (
        select -sum(e.cents) as cents from ledger_journal j
        join ledger_entry e on e.journal_id = j.id
        join ledger_account a on a.id = e.account_id and a.book = 'cash' and a.name in ('givers', 'unclaimed')
        where j.key = fact.key
    ) posted on true
    group by told.day order by told.day desc
    """
)


def days(now: datetime, *, back: int = 14) -> list[DayOfMoney]:
    """The civil days on which the provider moved gifts, newest first, beside the journals that these lines are."""
    since = datetime.combine(local(now).date() - timedelta(days=back), time(), LOCAL)
    rows = db.session.execute(_DAYS, {"since": since, "zone": str(LOCAL)})
    return [DayOfMoney(row[0], Money(int(row[1])), Money(int(row[2]))) for row in rows]


@dataclass(frozen=True)
class RunningCollection:
    """A collection in progress."""

    campaign: Campaign
    until: datetime | None
    done: int
    all: int
    collected: Money


def collections() -> list[RunningCollection]:
    """The collections that run, with how many promises are decided."""
    rows = db.session.execute(
        select(Campaign, Case.grace_until)
        .join(Case, Case.campaign_id == Campaign.id)
        .where(Case.state == CaseState.COLLECTING, Case.grace_until.is_not(None))
        .order_by(Case.grace_until)
    ).all()
    figures = pledges.totals_of(row[0].id for row in rows)
    waiting = pledges.waiting_of(row[0].id for row in rows)
    return [
        RunningCollection(
            row[0], row[1], figures[row[0].id].gifts - waiting.get(row[0].id, 0), figures[row[0].id].gifts,
            figures[row[0].id].collected,
        )
        for row in rows
    ]  # fmt: skip


def books() -> Mapping[str, Mapping[str, Money]]:
    """The balances of the three books by account name, over all owners."""
    return ledger.books_like("")


def title(subject: str) -> str:
    """The project that a stop or a finding is about, by its title; other subjects by their own name."""
    kind, _, number = subject.partition(":")
    if kind == "campaign" and number.isdigit():
        found = db.session.get(Campaign, int(number))
        return found.title if found else subject
    return subject


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """What finance has to find: figures that are not explained."""
    if "finance" not in roles:
        return []
    rows = select(Finding.ref, Finding.about, Finding.ours, Finding.theirs, Finding.found_at).where(
        Finding.ended_at.is_(None)
    )
    return [Ask(rows.order_by(Finding.found_at).limit(50), _to_explain)]


def _to_explain(row: Any) -> Todo:
    return Todo(
        what=N_("Explain a difference with the payment provider"),
        subject=row.about,
        endpoint="finance.show",
        args={"ref": row.ref},
        state="late",
        room="finance",
        amount=Money(abs(row.theirs - row.ours)),
        role="finance",
    )


def checks() -> Iterable[Check]:
    """Every cent of the provider's balances that we read is one of our facts, and back; nothing is asked of it here."""
    run = last_run()
    if run is None:
        return
    accepted = explained_keys()
    for one in found_differences(run.until):
        if (one.key, one.ours, one.theirs) not in accepted:
            yield Check(f"provider: {one.about} {one.what}", Money(one.ours), Money(one.theirs))
    yield from _sums(run, accepted)


def _sums(run: Run, accepted: frozenset[tuple[str, int, int]]) -> Iterable[Check]:
    """The balances in sum: what the bodies received, and what is left at the platform before the provider's own fee."""
    _, unsettled = facts(run.until)
    later = db.session.scalar(
        text("select count(*) from pledges_charge where state = 'succeeded' and settled_at > :until"),
        {"until": run.until},
    )
    if unsettled or later:
        return  # something moved since: the figures charge by charge hold, the sums are compared at the next run
    sums, cash = payments.line_sums(), books().get("cash", {})
    platform = sum(cash.get(name, ZERO).cents for name in ("fees", "platform"))
    bodies = sum(cash.get(name, ZERO).cents for name in ("received", "receivable"))
    if accepted:
        return  # what a person explained is no fact of ours: the sums differ by it
    theirs = sum(amount - fee for account, (amount, fee, _) in sums.items() if account)
    yield Check("provider: what the bodies hold or owe", Money(bodies), Money(theirs))
    yield Check("provider: what is left at the platform", Money(platform), Money(sums.get("", (0, 0, 0))[0]))
