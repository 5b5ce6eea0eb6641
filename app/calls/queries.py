"""Reads of calls and their terms."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Text, func, select
from sqlalchemy.orm import joinedload

from app.calls.models import Call, CallTerms
from app.calls.rules import Section, State, Terms, accepts, missing
from app.core.db import Cents, UTCDateTime, db
from app.core.errors import Conflict, Missing, Refusal
from app.core.listing import Facet, Order, Rows, View
from app.core.money import N_, ZERO, Money
from app.core.once import once
from app.core.todo import Todo
from app.core.together import Ask
from app.ledger.models import AccountRow
from app.ledger.rules import Check
from app.matching import queries as matching
from app.programmes.models import Programme, Source

_NOT_YET = datetime(9999, 1, 1, tzinfo=UTC)


@once
def by_slug(slug: str) -> Call:
    """The published call with this slug."""
    whole = select(Call).options(joinedload(Call.programme), joinedload(Call.source))
    found = db.session.scalar(whole.where(Call.slug == slug, Call.state != State.DRAFT))
    if found is None:
        raise Missing("There is no call at this address.")
    return found


@once
def by_ref(ref: str) -> Call:
    """The call with this reference, drafts included."""
    found = db.session.scalar(select(Call).where(Call.ref == ref))
    if found is None:
        raise Missing("There is no call with this reference.")
    return found


@once
def call(call_id: int) -> Call:
    """The call with this id."""
    return db.session.get_one(Call, call_id)


def open_calls(now: datetime) -> list[Call]:
    """The calls that take proposals now, the one closing first on top."""
    rows = select(Call).where(Call.state == State.OPEN, Call.opens_at <= now, Call.closes_at > now)
    return list(db.session.scalars(rows.order_by(Call.closes_at, Call.id)))


def announced(now: datetime) -> list[Call]:
    """Published calls that are not open yet."""
    rows = select(Call).where(Call.state == State.OPEN, Call.opens_at > now)
    return list(db.session.scalars(rows.order_by(Call.opens_at, Call.id)))


def closed(now: datetime) -> list[Call]:
    """Calls of this installation that no longer take proposals, newest first."""
    rows = select(Call).where(Call.state != State.DRAFT, Call.archive.is_(False), Call.closes_at <= now)
    return list(db.session.scalars(rows.order_by(Call.closes_at.desc(), Call.id.desc())))


def editions() -> list[Call]:
    """The real editions of the past, newest first."""
    rows = select(Call).where(Call.archive.is_(True))
    return list(db.session.scalars(rows.order_by(Call.opens_at.desc().nulls_last(), Call.id)))


def all_calls() -> list[Call]:
    """Every call of this installation for the officers’ list: drafts first, then the newest."""
    rows = select(Call).where(Call.archive.is_(False)).options(joinedload(Call.programme))
    return list(db.session.scalars(rows.order_by(Call.published_at.desc().nulls_first(), Call.id.desc())))


def sheet() -> Rows:
    """The office’s list of calls: each with its programme and what its fund has left."""
    fund = (AccountRow.book == "budget") & (AccountRow.owner == func.concat("call:", Call.id))
    published = func.coalesce(Call.published_at, _NOT_YET, type_=UTCDateTime)  # drafts first
    return Rows(
        select=select(Call, Programme, AccountRow.balance)
        .outerjoin(Programme, Programme.id == Call.programme_id)
        .outerjoin(AccountRow, fund & (AccountRow.name == "available"))
        .where(Call.archive.is_(False)),
        key=Call.id,
        views=(
            View("all", N_("All")),
            View("draft", N_("Drafts"), Call.state == State.DRAFT),
            View("open", N_("Published"), Call.state == State.OPEN),
            View("evaluating", N_("Being evaluated"), Call.state == State.EVALUATING),
            View("over", N_("Ranked and ended"), Call.state.in_((State.RANKED, State.ENDED))),
        ),
        orders=(
            Order("newest", N_("newest first"), published, down=True),
            Order("deadline", N_("by deadline"), func.coalesce(Call.closes_at, _NOT_YET, type_=UTCDateTime)),
            Order("title", N_("by title"), func.sort_key(Call.title, type_=Text)),
            Order("fund", N_("largest fund first"), func.coalesce(Call.envelope, 0, type_=Cents), down=True),
        ),
        search=(Call.title, Call.ref, Programme.code, Programme.title),
        facets=(
            Facet("programme", N_("Programme"), Programme.code, said=Programme.code),
            Facet("year", N_("Year of the deadline"), func.to_char(Call.closes_at, "YYYY")),
        ),
    )


def due(now: datetime) -> list[Call]:
    """Open calls whose deadline has passed."""
    rows = select(Call).where(Call.state == State.OPEN, Call.closes_at <= now)
    return list(db.session.scalars(rows.order_by(Call.closes_at).with_for_update(skip_locked=True)))


def lock(call: Call) -> Call:
    """The call as it stands now, held still until the end of this transaction."""
    return db.session.scalars(
        select(Call).where(Call.id == call.id).with_for_update().execution_options(populate_existing=True)
    ).one()


@once
def current_terms(call: Call) -> CallTerms:
    """The version of the terms in force."""
    found = db.session.scalar(
        select(CallTerms).where(CallTerms.call_id == call.id).order_by(CallTerms.version.desc()).limit(1)
    )
    if found is None:
        raise Missing("The terms of this call are not frozen yet.")
    return found


def newest(call: Call) -> CallTerms:
    """The same, for a page that shows all versions."""
    if not call.versions:
        raise Missing("The terms of this call are not frozen yet.")
    return call.versions[-1]


def terms_of(call: Call) -> Terms:
    """The rules in force."""
    return current_terms(call).terms


def open_with_terms(now: datetime, limit: int | None = None) -> list[tuple[Call, Terms]]:
    """The open calls, the one closing first on top, each with the rules in force, in one question."""
    newest = select(func.max(CallTerms.version)).where(CallTerms.call_id == Call.id).correlate(Call).scalar_subquery()
    rows = (
        select(Call, CallTerms)
        .join(CallTerms, (CallTerms.call_id == Call.id) & (CallTerms.version == newest))
        .where(Call.state == State.OPEN, Call.opens_at <= now, Call.closes_at > now)
        .order_by(Call.closes_at, Call.id)
        .limit(limit)
    )
    return [(call, frozen.terms) for call, frozen in db.session.execute(rows)]


def with_terms(found: Sequence[Call]) -> list[tuple[Call, Terms]]:
    """These calls, each with the rules in force, in one question."""
    newest = select(CallTerms).where(CallTerms.call_id.in_([call.id for call in found])).order_by(CallTerms.version)
    known = {frozen.call_id: frozen for frozen in db.session.scalars(newest)}
    return [(call, known[call.id].terms) for call in found if call.id in known]


@once
def terms(terms_id: int) -> Terms:
    """The rules of one frozen version, which a proposal and its campaign carry for good."""
    row = db.session.get_one(CallTerms, terms_id)
    # A verb asks for them again and again: a row that nobody holds is forgotten at once, and read anew each time.
    db.session.info.setdefault("terms", {})[terms_id] = row
    return row.terms


def is_open(call: Call, now: datetime) -> bool:
    """Whether proposals may be sent at this moment."""
    if call.opens_at is None or call.closes_at is None:
        return False
    return accepts(call.state, call.opens_at, call.closes_at, now)


def published(slugs: Collection[str]) -> list[Call]:
    """The calls at these addresses, drafts left out, the newest first."""
    rows = select(Call).where(Call.slug.in_(slugs), Call.state != State.DRAFT)
    return list(db.session.scalars(rows.order_by(Call.published_at.desc(), Call.id.desc())))


def titled(ids: Iterable[int]) -> list[Call]:
    """The calls of these rows, the newest first."""
    rows = select(Call).where(Call.id.in_(list(ids)))
    return list(db.session.scalars(rows.order_by(Call.published_at.desc(), Call.id.desc())))


def slug_taken(slug: str) -> bool:
    """Whether a call already has this slug."""
    return db.session.scalar(select(Call.id).where(Call.slug == slug)) is not None


@dataclass(frozen=True)
class Whole:
    """What every published call has."""

    programme: Programme
    source: Source
    envelope: Money
    opens_at: datetime
    closes_at: datetime


def deadline(call: Call) -> datetime:
    """When a call stops taking proposals, once it is published."""
    if call.closes_at is None:
        raise Conflict("Something is still missing. Fill every part of the list first.")
    return call.closes_at


def whole(call: Call) -> Whole:
    """The parts of a call that a draft may lack and a published call cannot."""
    if call.programme and call.source and call.envelope and call.opens_at and call.closes_at:
        return Whole(call.programme, call.source, call.envelope, call.opens_at, call.closes_at)
    raise Conflict("Something is still missing. Fill every part of the list first.")


@dataclass(frozen=True)
class Readiness:
    """Which parts of a draft are still to be filled."""

    basics: bool
    sections: frozenset[Section]

    @property
    def complete(self) -> bool:
        """Nothing is missing."""
        return self.basics and not self.sections


def readiness(call: Any) -> Readiness:
    """What a draft still lacks."""
    basics = all((call.programme_id, call.source_id, call.envelope, call.opens_at, call.closes_at, call.summary))
    return Readiness(basics, frozenset(missing(call.draft)))


def checks() -> Iterable[Check]:
    """The envelope that each published call shows is what its fund was given."""
    for one in all_calls():
        fund = matching.fund_of(one.id)
        if one.envelope is not None and one.published_at is not None:
            yield Check(f"call {one.slug}: envelope", one.envelope, ZERO if fund is None else fund.allocated)


def of_programme(programme_id: int) -> list[Call]:
    """The published calls of a programme, newest first."""
    rows = select(Call).where(Call.programme_id == programme_id, Call.state != State.DRAFT)
    return list(db.session.scalars(rows.order_by(Call.published_at.desc(), Call.id.desc())))


def model_terms() -> Terms | None:
    """The rules of the call published last: what the next one is proposed to start from."""
    newest = select(CallTerms).join(Call).order_by(Call.published_at.desc(), CallTerms.version.desc()).limit(1)
    found = db.session.scalar(newest)
    return None if found is None else found.terms


def moments(now: datetime) -> Iterable[tuple[datetime, Refusal]]:
    """When published calls open and close."""
    rows = select(Call).where(Call.state == State.OPEN, Call.closes_at > now).order_by(Call.closes_at, Call.id)
    for call in db.session.scalars(rows):
        if call.opens_at is not None and call.opens_at > now:
            yield call.opens_at, Refusal("The call %(title)s opens", title=call.title)
        if call.closes_at is not None:
            yield call.closes_at, Refusal("The call %(title)s closes", title=call.title)


def todo(person_id: int, roles: frozenset[str], now: datetime) -> list[Ask[Todo]]:
    """Drafts that an officer can finish or publish, and money that a responsible officer can release for one."""
    free = (AccountRow.book == "budget") & (AccountRow.owner == func.concat("source:", Call.source_id))
    drafts = (
        select(
            *(Call.ref, Call.title, Call.summary, Call.opens_at, Call.closes_at, Call.envelope, Call.draft),
            *(Call.programme_id, Call.source_id, Source.ref.label("source"), AccountRow.balance.label("free")),
        )
        .outerjoin(Source, Source.id == Call.source_id)
        .outerjoin(AccountRow, free & (AccountRow.name == "released"))
        .where(Call.state == State.DRAFT)
        .order_by(Call.id)
    )
    found = []
    if "officer" in roles:
        found.append(Ask(drafts, _to_finish))
    if "responsible" in roles:
        found.append(Ask(drafts, _to_fund))
    return found


def _is_short(draft: Any) -> bool:
    return bool((draft.free or ZERO) < (draft.envelope or ZERO))


def _to_finish(draft: Any) -> Todo:
    what, state = N_("Finish the draft of the call"), "todo"
    if readiness(draft).complete:
        what, state = N_("Publish the call"), "now"
        if _is_short(draft):
            what, state = N_("Waiting for money to be released"), "wait"
    return _line(what, draft, "calls.edit", {"ref": draft.ref}, state, "officer")


def _to_fund(draft: Any) -> Todo | None:
    if not (readiness(draft).complete and _is_short(draft)):
        return None
    args = {"ref": draft.source}
    return _line(N_("Release money for the call"), draft, "programmes.release", args, "todo", "responsible")


def _line(what: str, call: Any, endpoint: str, args: dict[str, str], state: str, role: str) -> Todo:
    return Todo(what, call.title, endpoint, args, state, "calls", due_at=call.opens_at, amount=call.envelope, role=role)
