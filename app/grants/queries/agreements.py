"""Agreements, their parties, signatures and public records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from app.campaigns.models import Campaign
from app.core.db import db
from app.core.errors import Missing
from app.core.once import once
from app.evaluation import queries as evaluation
from app.files.models import File
from app.grants.models import (
    Agreement,
    AwardRecord,
    Signature,
)
from app.grants.queries.held import held as _held
from app.grants.rules import (
    Signer,
)
from app.groups.models import Member
from app.identity import queries as identity
from app.identity.models import Person


@once
def agreement(agreement_id: int) -> Agreement:
    """The agreement of that row."""
    return db.session.get_one(Agreement, agreement_id)


@once
def by_ref(ref: str) -> Agreement | None:
    """The agreement of that reference."""
    return db.session.scalars(select(Agreement).where(Agreement.ref == ref)).one_or_none()


@once
def agreement_of(proposal_id: int) -> Agreement | None:
    """The agreement of that proposal, if it is prepared."""
    return db.session.scalars(select(Agreement).where(Agreement.proposal_id == proposal_id)).one_or_none()


def agreements() -> Sequence[tuple[Agreement, Campaign]]:
    """All agreements with their campaigns, newest first."""
    rows = select(Agreement, Campaign).join(Campaign, Campaign.id == Agreement.campaign_id)
    return [(row[0], row[1]) for row in db.session.execute(rows.order_by(Agreement.id.desc()))]


def lock_agreement(agreement: Agreement) -> Agreement:
    """The agreement as it stands now, held still until the end of this transaction."""
    return db.session.scalars(_held(select(Agreement).where(Agreement.id == agreement.id))).one()


@once
def signatures(agreement_id: int) -> list[Signature]:
    """Who signed so far, in order."""
    return list(
        db.session.scalars(select(Signature).where(Signature.agreement_id == agreement_id).order_by(Signature.id))
    )


def waits_for(agreement: Agreement, person_id: int) -> bool:
    """Whether the agreement lacks this person's signature."""
    if person_id not in (agreement.responsible_id, agreement.representative_id):
        return False
    return all(one.person_id != person_id for one in signatures(agreement.id))


@once
def is_of_group(agreement: Agreement, person_id: int) -> bool:
    """Whether the person belongs to the project's group now."""
    found = (
        select(Member.id)
        .join(Campaign, Campaign.group_id == Member.group_id)
        .where(Campaign.id == agreement.campaign_id, Member.person_id == person_id, Member.left_at.is_(None))
    )
    return db.session.scalar(found) is not None


def parties(agreement: Agreement) -> Mapping[Signer, Person]:
    """The two people who sign."""
    people = identity.people([agreement.responsible_id, agreement.representative_id])
    return {
        Signer.RESPONSIBLE: people[agreement.responsible_id],
        Signer.REPRESENTATIVE: people[agreement.representative_id],
    }


def representative(agreement: Agreement) -> Person:
    """Who signs for the body."""
    return parties(agreement)[Signer.REPRESENTATIVE]


def act_of(proposal_id: int) -> str:
    """The act by which the ranking was approved."""
    award = evaluation.award_of(proposal_id)
    if award is None or award.ranking.act_number is None:
        raise Missing("This project is in no approved ranking.")
    return award.ranking.act_number


def text_of(agreement: Agreement) -> File:
    """The file of the text that is signed."""
    return db.session.get_one(File, agreement.pdf_file_id)


def signed_copy(agreement: Agreement) -> File | None:
    """The file with the signatures on its last page."""
    return db.session.get(File, agreement.signed_pdf_id) if agreement.signed_pdf_id else None


@once
def award_record(agreement_id: int) -> AwardRecord | None:
    """The public record of the award."""
    return db.session.scalars(select(AwardRecord).where(AwardRecord.agreement_id == agreement_id)).one_or_none()


def award_records() -> Sequence[AwardRecord]:
    """The public register, newest first."""
    return db.session.scalars(
        select(AwardRecord).order_by(AwardRecord.published_at.desc(), AwardRecord.id.desc())
    ).all()
