"""One project from the proposal to the closed accounts, over all rooms that hold a piece of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Text, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from app.calls.models import Call
from app.campaigns.models import Campaign, Question
from app.campaigns.rules import State as CampaignState
from app.core.db import db
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_
from app.evaluation.models import Award, Ranking
from app.evaluation.rules import State as RankingState
from app.grants.models import Account, Agreement, AwardRecord, Report, Tranche
from app.grants.models import Order as PaymentOrder
from app.grants.rules import AgreementState, OrderState, TrancheState
from app.groups.models import Constitution, Group, LegalEntity, Member
from app.groups.rules import EntityState
from app.identity.models import Person
from app.journal.models import Entry
from app.matching.queries import Books, books_of_project
from app.outbox.models import Message
from app.proposals.models import Check, Participant, Proposal
from app.proposals.rules import SENT
from app.proposals.rules import State as ProposalState
from app.settlement.models import Case, Close
from app.settlement.rules import ENDED
from app.settlement.rules import State as CaseState
from app.territory.models import Borough, Zone

# Letters that hold a secret or a person's own affairs are no part of a project's papers.
_PRIVATE = ("identity/code", "identity/reset", "identity/confirm", "groups/invitation")


@dataclass(frozen=True)
class Project:
    """A project and every row that marks how far it has come; what is not there yet is None."""

    proposal: Proposal
    group: Group
    call: Call
    zone: Zone | None
    check: Check | None
    award: Award | None
    ranking: Ranking | None
    campaign: Campaign | None
    case: Case | None
    close: Close | None
    constitution: Constitution | None
    entity: LegalEntity | None
    agreement: Agreement | None
    record: AwardRecord | None
    report: Report | None
    account: Account | None

    @property
    def key(self) -> str:
        """The project's name in the ledger and in the journal."""
        return f"proposal:{self.proposal.id}"

    @property
    def stage(self) -> str:
        """The step under way, as one word."""
        if self.proposal.state in (ProposalState.SUBMITTED, ProposalState.INADMISSIBLE):
            return "check" if self.proposal.state is ProposalState.SUBMITTED else "refused"
        if self.award is None or self.ranking is None or self.ranking.state is not RankingState.APPROVED:
            return "scores"
        if self.award.outcome != "funded":
            return "unfunded"
        if self.campaign is None or self.campaign.state is not CampaignState.CLOSED:
            return "campaign" if self.campaign is not None and self.campaign.state is CampaignState.LIVE else "prepare"
        return self._after_the_close()

    def _after_the_close(self) -> str:
        if self.case is None or self.case.state not in ENDED:
            return "collection"
        if self.case.state is CaseState.RELEASED:
            return "released"
        if self.agreement is None or self.agreement.state is not AgreementState.SIGNED:
            return "agreement"
        return "closed" if self.account is not None else "grant"


STAGES: Mapping[str, tuple[str, str]] = {
    "check": ("wait", N_("Admissibility")),
    "refused": ("late", N_("Not admitted")),
    "scores": ("now", N_("Scores and ranking")),
    "unfunded": ("todo", N_("Not funded")),
    "prepare": ("now", N_("Campaign to prepare")),
    "campaign": ("now", N_("Campaign open")),
    "collection": ("now", N_("Closing and collection")),
    "released": ("late", N_("Released")),
    "agreement": ("wait", N_("Agreement")),
    "grant": ("now", N_("Grant under way")),
    "closed": ("done", N_("Accounts closed")),
}


def _whole() -> Select[*tuple[Any, ...]]:
    verified = LegalEntity.group_id == Group.id
    return (
        select(
            Proposal,
            Group,
            Call,
            Zone,
            Check,
            Award,
            Ranking,
            Campaign,
            Case,
            Close,
            Constitution,
            LegalEntity,
            Agreement,
            AwardRecord,
            Report,
            Account,
        )
        .join(Group, Group.id == Proposal.group_id)
        .join(Call, Call.id == Proposal.call_id)
        .outerjoin(Zone, Zone.id == Proposal.zone_id)
        .outerjoin(Borough, Borough.id == Zone.borough_id)
        .outerjoin(Check, Check.proposal_id == Proposal.id)
        .outerjoin(Award, Award.proposal_id == Proposal.id)
        .outerjoin(Ranking, Ranking.id == Award.ranking_id)
        .outerjoin(Campaign, Campaign.proposal_id == Proposal.id)
        .outerjoin(Case, Case.campaign_id == Campaign.id)
        .outerjoin(Close, Close.campaign_id == Campaign.id)
        .outerjoin(Constitution, Constitution.group_id == Group.id)
        .outerjoin(LegalEntity, verified)
        .outerjoin(Agreement, Agreement.proposal_id == Proposal.id)
        .outerjoin(AwardRecord, AwardRecord.agreement_id == Agreement.id)
        .outerjoin(Report, Report.agreement_id == Agreement.id)
        .outerjoin(Account, Account.agreement_id == Agreement.id)
        .options(contains_eager(Zone.borough))
        .where(Proposal.state.in_(SENT))
    )


def as_projects(rows: Sequence[Any]) -> list[Project]:
    """Rows of the list as projects."""
    return [Project(*row) for row in rows]


def project(ref: str) -> Project | None:
    """The project of that proposal, once the office has it."""
    row = db.session.execute(_whole().where(Proposal.ref == ref)).one_or_none()
    return Project(*row) if row else None


def project_of(proposal_id: int) -> Project | None:
    """The project of that row."""
    row = db.session.execute(_whole().where(Proposal.id == proposal_id)).one_or_none()
    return Project(*row) if row else None


def projects_of(person_id: int) -> list[Project]:
    """The projects of the person's groups, newest first."""
    mine = select(Participant.id).where(Participant.proposal_id == Proposal.id, Participant.person_id == person_id)
    member = select(Member.id).where(
        Member.group_id == Proposal.group_id, Member.person_id == person_id, Member.left_at.is_(None)
    )
    rows = (
        _whole().where(or_(mine.exists(), member.exists())).order_by(Proposal.submitted_at.desc(), Proposal.id.desc())
    )
    return as_projects(db.session.execute(rows.limit(20)).all())


def project_list() -> Rows:
    """Every project that the office has."""
    approved = Ranking.state == RankingState.APPROVED
    funded = and_(approved, Award.outcome == "funded")
    ended = func.coalesce(Case.state.in_(ENDED), False)
    preparing = func.coalesce(Campaign.state, "preparing").in_(("preparing", "asked"))
    return Rows(
        select=_whole(),
        key=Proposal.id,
        views=(
            View("all", N_("All")),
            View(
                "evaluation",
                N_("Being evaluated"),
                and_(Proposal.state != ProposalState.INADMISSIBLE, func.coalesce(Ranking.state, "drawn") == "drawn"),
            ),
            View(
                "prepare",
                N_("To open"),
                and_(funded, preparing),
            ),
            View("live", N_("Campaign open"), Campaign.state == CampaignState.LIVE),
            View("collection", N_("Closing and collection"), and_(Campaign.state == CampaignState.CLOSED, ~ended)),
            View("grant", N_("Grant"), and_(Case.state == CaseState.CONFIRMED, Account.id.is_(None))),
            View("closed", N_("Accounts closed"), Account.id.is_not(None)),
        ),
        orders=(
            Order("newest", N_("newest first"), Proposal.submitted_at, down=True),
            Order("oldest", N_("oldest first"), Proposal.submitted_at),
            Order("title", N_("by title"), func.sort_key(Proposal.title, type_=Text)),
            Order("budget", N_("largest budget first"), Proposal.total, down=True),
        ),
        search=(Proposal.title, Proposal.reference, Group.name, LegalEntity.name, Agreement.cup),
        facets=(
            Facet("call", N_("Call"), Call.ref, said=Call.title),
            Facet("borough", N_("Borough"), Borough.number),
            Facet("zone", N_("Neighbourhood"), Zone.slug, said=Zone.name),
        ),
    )


def is_party(found: Project, person_id: int) -> bool:
    """Whether the person belongs to the project's group."""
    member = select(Member.id).where(
        Member.group_id == found.group.id, Member.person_id == person_id, Member.left_at.is_(None)
    )
    return db.session.scalars(member.limit(1)).first() is not None


def books(found: Project) -> Books:
    """The project's public money by step, as the ledger has it."""
    return books_of_project(found.proposal.id)


def letters(found: Project, *, to: int | None = None, limit: int = 50) -> Sequence[Message]:
    """The letters about this project to its people (or to one of them), newest first: subjects, never secrets."""
    people = select(Person.email).join(Participant, Participant.person_id == Person.id)
    people = people.where(Participant.proposal_id == found.proposal.id)
    if to is not None:
        people = people.where(Person.id == to)
    about = or_(
        *(Message.body.contains(words, autoescape=True) for words in {found.proposal.title, found.group.name} if words)
    )
    return db.session.scalars(
        select(Message)
        .where(Message.recipient.in_(people), Message.template.not_in(_PRIVATE), about)
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()


def questions(found: Project, limit: int = 50) -> Sequence[Question]:
    """What readers asked the group, newest first."""
    if found.campaign is None:
        return []
    return db.session.scalars(
        select(Question).where(Question.campaign_id == found.campaign.id).order_by(Question.id.desc()).limit(limit)
    ).all()


def log(found: Project, limit: int = 200) -> Sequence[Entry]:
    """What happened to the project and its parts, the newest of it."""
    subjects = [found.key, f"group:{found.group.id}"]
    subjects += [f"campaign:{found.campaign.id}"] if found.campaign else []
    subjects += [f"entity:{found.entity.id}"] if found.entity else []
    if found.agreement:
        orders = db.session.scalars(select(PaymentOrder.id).where(PaymentOrder.agreement_id == found.agreement.id))
        subjects += [f"agreement:{found.agreement.id}", *(f"order:{each}" for each in orders)]
    return db.session.scalars(
        select(Entry).where(Entry.subject.in_(subjects)).order_by(Entry.id.desc()).limit(limit)
    ).all()


@dataclass(frozen=True)
class Payment:
    """One tranche with its live order."""

    tranche: Tranche
    order: PaymentOrder | None

    @property
    def to_order(self) -> bool:
        """Whether an order can be prepared for it."""
        return self.order is None and self.tranche.state is TrancheState.DUE


def payments(found: Project) -> list[Payment]:
    """The tranches of the grant, each with the order that was not stopped."""
    if found.agreement is None:
        return []
    live = and_(PaymentOrder.tranche_id == Tranche.id, PaymentOrder.state != OrderState.REFUSED)
    rows = db.session.execute(
        select(Tranche, PaymentOrder)
        .outerjoin(PaymentOrder, live)
        .where(Tranche.agreement_id == found.agreement.id)
        .order_by(Tranche.id)
    )
    return [Payment(row[0], row[1]) for row in rows]


def verified_at(found: Project) -> datetime | None:
    """When the group's body was verified."""
    body = found.entity
    return body.verified_at if body is not None and body.state is EntityState.VERIFIED else None
