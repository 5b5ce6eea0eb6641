"""The agreement: prepared with its CUP, signed by both parties over one hash, published before any payment."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select, text

from app.calls import queries as calls
from app.calls.rules import TrancheKind
from app.campaigns.models import Campaign
from app.core import settings
from app.core.actor import Actor
from app.core.clock import local
from app.core.codes import CodeError, cup
from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.money import ZERO
from app.core.refs import new_ref
from app.evaluation import queries as evaluation
from app.files import gateway as papers
from app.files import service as files
from app.grants import gateway, queries
from app.grants.models import Agreement, AwardRecord, Report, Signature, Tranche
from app.grants.rules import AgreementState, ReportState, Signer, TrancheState, tranche_amounts
from app.grants.service.paper import facts, number
from app.groups import queries as groups
from app.identity import queries as identity
from app.identity import service as identity_verbs
from app.identity.models import Person
from app.identity.rules import Hand
from app.journal.service import record
from app.matching import service as matching
from app.outbox import service as outbox
from app.payments import queries as payments
from app.payments.rules import StopWhy
from app.proposals import queries as proposals
from app.settlement import queries as settlement
from app.settlement.rules import State as CaseState

CODE = "agreement"
RULE = "Art. 12 L. 241/1990"
METHOD = "Bando pubblico con graduatoria, seguita da raccolta civica con soglia raggiunta"


def prepare(campaign: Campaign, *, cup_code: str, by: Person, now: datetime) -> Agreement:
    """Write the agreement of a campaign whose match is confirmed, and ask both parties to sign it."""
    refuse_own(campaign.group_id, by)
    case = settlement.lock_case(campaign.id)
    if case.state is not CaseState.CONFIRMED or case.match is None:
        raise Conflict("The match of this campaign is not confirmed yet: the collection must end first.")
    if case.suspended:
        raise Conflict("A bank disputes a gift, and the match depends on it: the agreement waits for the decision.")
    if not case.match:
        raise Conflict("Gifts cover the whole budget: the city owes nothing, so there is no agreement to sign.")
    if queries.agreement_of(campaign.proposal_id) is not None:
        raise Conflict("The agreement of this project is already prepared.")
    entity = groups.verified_entity(campaign.group_id)
    if entity is None or entity.representative_id is None:
        raise Conflict("The body of this group is not verified: an officer verifies it first.")
    agreement = Agreement(
        ref=new_ref("agr"),
        year=local(now).year,
        number=next_number(Agreement, local(now).year),
        proposal_id=campaign.proposal_id,
        campaign_id=campaign.id,
        entity_id=entity.id,
        responsible_id=_responsible(campaign),
        representative_id=entity.representative_id,
        cup=_cup_of(campaign, cup_code),
        amount=case.match,
        share_bp=settlement.terms_of(campaign).match.share_bp,
        state=AgreementState.SENT,
        prepared_by=by.id,
        prepared_at=now,
    )
    if agreement.responsible_id == agreement.representative_id:
        raise Conflict("The same person cannot sign for the city and for the body.")
    _draw(agreement, by, now)
    db.session.add(agreement)
    db.session.flush()
    record("grants.prepare", subject=key(agreement), by=by, now=now, cup=agreement.cup, sha256=agreement.sha256)
    for person in queries.parties(agreement).values():
        tell(agreement, person, "grants/to_sign", now)
    return agreement


def ask_code(agreement: Agreement, *, by: Person, now: datetime) -> None:
    """Mail a one-time code to a party who has not signed yet."""
    _refuse_signing(agreement, by, now)
    identity_verbs.issue_code(by, CODE, _subject(agreement), now, about=number(agreement))


def sign(agreement: Agreement, *, code: str, by: Person, now: datetime) -> Signature:
    """Sign the text by its hash; when both have signed, the money is committed."""
    agreement = queries.lock_agreement(agreement)
    role = _refuse_signing(agreement, by, now)
    if sha256_hex(papers.read(queries.text_of(agreement))) != agreement.sha256:
        raise Conflict("The stored text is not the one that was prepared. Nobody can sign it: tell the administrators.")
    identity_verbs.use_code(by, CODE, _subject(agreement), code, now)
    signature = Signature(
        agreement_id=agreement.id, role=role, person_id=by.id, name=by.name, sha256=agreement.sha256, signed_at=now
    )
    db.session.add(signature)
    db.session.flush()
    record("grants.sign", subject=key(agreement), by=by, now=now, role=str(role), sha256=agreement.sha256)
    signatures = queries.signatures(agreement.id)
    if len(signatures) == len(Signer):
        _seal(agreement, signatures, now)
    return signature


def publish(agreement: Agreement, *, by: Person, now: datetime) -> AwardRecord:
    """Make the public record of the award (art. 26 and 27), without which no payment is possible."""
    agreement = queries.lock_agreement(agreement)
    refuse_own(settlement.campaign(agreement.campaign_id).group_id, by)
    if agreement.state is not AgreementState.SIGNED:
        raise Conflict("The agreement is not signed by both parties yet.")
    if queries.award_record(agreement.id) is not None:
        raise Conflict("This award is already published.")
    campaign = settlement.campaign(agreement.campaign_id)
    entity = groups.entity(agreement.entity_id)
    published = AwardRecord(
        ref=new_ref("awr"),
        agreement_id=agreement.id,
        act=f"{queries.act_of(agreement.proposal_id)}, {number(agreement)}",
        beneficiary=entity.name or "",
        tax_code=entity.tax_code or "",
        amount=agreement.amount,
        cup=agreement.cup,
        rule=RULE,
        office=settings.get("city.office"),
        responsible=queries.parties(agreement)[Signer.RESPONSIBLE].name,
        method=METHOD,
        project=campaign.title,
        slug=campaign.slug,
        published_at=now,
        published_by=by.id,
    )
    db.session.add(published)
    db.session.flush()
    record("grants.publish", subject=key(agreement), by=by, now=now, amount=agreement.amount)
    return published


def key(agreement: Agreement) -> str:
    """The agreement's name in the journal."""
    return f"agreement:{agreement.id}"


def tell(agreement: Agreement, person: Person, template: str, now: datetime, **context: Any) -> None:
    """Write to a person about the grant, once for each template and step."""
    step = context.pop("step", "")
    outbox.send(
        person.email,
        template,
        language=person.language,
        now=now,
        key=f"{template}:{agreement.id}:{step}:{person.id}",
        name=person.name,
        project=proposals.proposal(agreement.proposal_id).title,
        number=number(agreement),
        amount=context.pop("amount", agreement.amount),
        ref=agreement.ref,
        **context,
    )


def refuse_own(group_id: int, by: Actor) -> None:
    """Nobody decides on the money of a group she belongs to."""
    if groups.is_member(group_id, by.id):
        raise Forbidden("You belong to this group: a colleague who does not must do this.")


def refuse_stopped(agreement: Agreement) -> None:
    """No money moves on while a gift is disputed or a cent not explained; the database says so too."""
    held = payments.stops(f"campaign:{agreement.campaign_id}")
    if any(one.why is StopWhy.DISPUTE for one in held):
        raise Conflict("A donor’s bank disputes a gift to this project: payments wait until it has decided.")
    if held:
        raise Conflict("Something in the books is not explained yet: payments wait until finance has found it.")


def _draw(agreement: Agreement, by: Actor, now: datetime) -> None:
    paper = gateway.agreement_pdf(facts(agreement), made_at=now)
    file = files.keep_made(paper, f"{_file_name(agreement)}.pdf", private=True, by=by, now=now)
    agreement.pdf_file_id, agreement.sha256 = file.id, sha256_hex(paper)


def _seal(agreement: Agreement, signatures: list[Signature], now: datetime) -> None:
    """Print the signatures on the last page of the signed copy, plan the tranches and bind the city to pay them."""
    paper = gateway.agreement_pdf(facts(agreement, signatures), made_at=now)
    name = f"{_file_name(agreement)}-firmata.pdf"
    file = files.keep_made(paper, name, private=True, by=None, now=now)
    agreement.state, agreement.signed_at, agreement.signed_pdf_id = AgreementState.SIGNED, now, file.id
    plan = settlement.terms_of(settlement.campaign(agreement.campaign_id)).tranches
    for step, amount in zip(plan, tranche_amounts(agreement.amount, [one.bp for one in plan]), strict=True):
        due = step.kind is TrancheKind.ADVANCE and amount > ZERO
        state = TrancheState.DUE if due else TrancheState.WAITING
        db.session.add(Tranche(agreement_id=agreement.id, kind=step.kind, bp=step.bp, amount=amount, state=state))
    db.session.add(Report(agreement_id=agreement.id, state=ReportState.OPEN))
    db.session.flush()
    matching.commit(agreement.proposal_id, now=now)
    record("grants.signed", subject=key(agreement), by=None, now=now, amount=agreement.amount)
    for person in queries.parties(agreement).values():
        tell(agreement, person, "grants/signed", now)


def _refuse_signing(agreement: Agreement, by: Actor, now: datetime) -> Signer:
    roles = {agreement.responsible_id: Signer.RESPONSIBLE, agreement.representative_id: Signer.REPRESENTATIVE}
    if by.id not in roles:
        raise Forbidden("Only the responsible officer and the body’s representative sign this agreement.")
    if any(one.person_id == by.id for one in queries.signatures(agreement.id)):
        raise Conflict("You have already signed this agreement.")
    if roles[by.id] is Signer.RESPONSIBLE:
        identity.refuse_hand(by, Hand.BIND, now)
    return roles[by.id]


def _responsible(campaign: Campaign) -> int:
    """The programme's responsible officer, or who approved the ranking."""
    named = calls.whole(calls.call(campaign.call_id)).programme.responsible_id
    if named is not None:
        return int(named)
    award = evaluation.award_of(campaign.proposal_id)
    if award is None or award.ranking.approved_by is None:
        raise Conflict("No responsible officer is named: an officer adds one to the programme.")
    return award.ranking.approved_by


def _cup_of(campaign: Campaign, typed: str) -> str:
    try:
        code = cup(typed)
    except CodeError as wrong:
        raise Invalid({"cup": str(wrong)}) from None
    if code not in calls.whole(calls.call(campaign.call_id)).programme.cups:
        raise Invalid({"cup": Refusal("This CUP is not one of the programme’s. Choose one of those in the list.")})
    return code


def _subject(agreement: Agreement) -> str:
    return f"{agreement.ref}:{agreement.sha256}"


def _file_name(agreement: Agreement) -> str:
    return f"convenzione-{agreement.number}-{agreement.year}"


def next_number(kind: Any, year: int) -> int:
    """The next number of the year, one at a time."""
    db.session.execute(text("select pg_advisory_xact_lock(hashtextextended(:kind, 0))"), {"kind": kind.__tablename__})
    last = db.session.scalar(select(func.max(kind.number)).where(kind.year == year))
    return int(last or 0) + 1


def person(person_id: int | None) -> Person:
    """The person of a signature or an order."""
    found = identity.person(person_id) if person_id is not None else None
    if found is None:
        raise Missing("This person is not known any more.")
    return found
