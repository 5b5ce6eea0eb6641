"""Signing: each member, by a one-time code, over the words of the commitment and the fingerprint of the text."""

from __future__ import annotations

from datetime import datetime

from app.core.crypto import sha256_hex
from app.core.db import db
from app.core.errors import Conflict, Missing
from app.identity import service as identity
from app.identity.models import Person
from app.journal.service import record
from app.proposals import queries
from app.proposals.models import Commitment, Proposal
from app.proposals.rules import COMMITMENT_VERSION, State, commitment_text
from app.proposals.service.sending import lock, refuse_late

PURPOSE = "proposals.sign"


def ask_code(proposal: Proposal, *, by: Person, now: datetime) -> None:
    """Mail the member a code that is good for this text and no other."""
    standing = _hold(proposal, by, now)
    identity.issue_code(by, PURPOSE, _subject(standing), now, about=proposal.title)


def sign(proposal: Proposal, code: str, *, seen: str, by: Person, now: datetime) -> Commitment:
    """Sign with the code; `seen` is the fingerprint of the text that the member had before her eyes."""
    standing = _hold(proposal, by, now)
    if seen != standing.fingerprint:
        raise Conflict("The text has changed since you opened this page. Read it again, then sign.")
    identity.use_code(by, PURPOSE, _subject(standing), code, now)
    words = commitment_text(standing.undertaking(by))
    signature = Commitment(
        proposal_id=proposal.id,
        person_id=by.id,
        name=by.name,
        text=words,
        text_version=COMMITMENT_VERSION,
        text_sha256=sha256_hex(words),
        proposal_sha256=standing.fingerprint,
        signed_at=now,
    )
    db.session.add(signature)
    db.session.flush()
    record(
        "proposals.sign",
        subject=f"proposal:{proposal.id}",
        by=by,
        now=now,
        text_version=COMMITMENT_VERSION,
        text_sha256=signature.text_sha256,
        proposal_sha256=signature.proposal_sha256,
    )
    return signature


def _hold(proposal: Proposal, by: Person, now: datetime) -> queries.Standing:
    lock(proposal)
    if not queries.is_participant(proposal.id, by.id):
        raise Missing
    if proposal.state is State.DRAFT:
        raise Conflict("You sign when the text is complete: something is still missing.")
    if proposal.state is not State.SIGNING:
        raise Conflict("This proposal is no longer a draft: its text cannot change.")
    standing = queries.standing(proposal)
    if not standing.progress.written:
        raise Conflict("You sign when the text is complete: something is still missing.")
    refuse_late(standing.closes_at, now)
    if by.id in standing.signatures:
        raise Conflict("You have already signed this text.")
    return standing


def _subject(standing: queries.Standing) -> str:
    return f"proposal:{standing.proposal.id}:{standing.fingerprint}"
