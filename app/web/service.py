"""The only writer of readers' words, of the city's settings and of what the desk keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.core import crypto, jobs, settings
from app.core.actor import Actor
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Invalid, Missing, Refusal
from app.core.refs import new_ref
from app.files import service as files
from app.identity import service as identity
from app.journal import service as journal
from app.journal.service import record
from app.outbox import service as outbox
from app.web import rules
from app.web.models import Feed, Feedback, SavedView, Taken, Work, WorkPart
from app.web.rules import KEPT_DAYS, NAME_MOST, OVER, ROLES, VIEWS_MOST, Kind, State


def take_letter(
    letter: rules.Letter, *, address: str | None, language: str, by: Actor | None, now: datetime
) -> Feedback:
    """Keep what a reader wrote and write the mail that brings it to the office; too many in an hour are refused."""
    if address:
        identity.brake("web.write", address, *rules.ONE_READER, now)
    identity.brake("web.write.all", "everybody", *rules.ALL_READERS, now)
    kept = Feedback(
        ref=new_ref("fbk"),
        about=letter.about,
        page=letter.page,
        words=letter.words,
        email=letter.email,
        language=language,
        written_at=now,
        person_id=by.id if by else None,
    )
    db.session.add(kept)
    db.session.flush()
    outbox.send(
        settings.get("city.email"),
        "web/feedback",
        language="it",
        now=now,
        key=f"web.feedback:{kept.ref}",
        about=str(letter.about),
        words=letter.words,
        page_named=letter.page,
        answer_to=letter.email,
        ref=kept.ref,
    )
    return kept


def change_city(wanted: dict[str, str], *, logo: tuple[bytes, str] | None, by: Actor, now: datetime) -> list[str]:
    """Write the city's settings, with a new logo if one was sent; returns the names of those that changed."""
    before = settings.several("city.")
    if logo is not None:
        kept = files.store(logo[0], logo[1], kind="picture", private=False, by=by, now=now)
        wanted = {**wanted, "logo": kept.ref}
    changed = {name: value for name, value in wanted.items() if before[name] != value}
    for name, value in changed.items():
        settings.put(f"city.{name}", value)
    if changed:
        old = {name: before[name] for name in changed}
        record("web.change_city", subject="city", by=by, now=now, before=old, after=changed)
    return sorted(changed)


def save_view(name: str, of: str, asked: Mapping[str, Sequence[str]], *, by: Actor, now: datetime) -> SavedView:
    """Keep what was asked of a list under a name; the same name again takes its place."""
    name = " ".join(name.replace("\x00", "").split())
    if not name:
        raise Invalid({"name": Refusal("Give the view a name, for example “Bovisa, late”.")})
    if len(name) > NAME_MOST:
        raise Invalid({"name": Refusal("This is too long: at most %(most)s characters.", most=NAME_MOST)})
    mine = (SavedView.person_id == by.id) & (SavedView.list == of)
    known = db.session.scalars(select(SavedView).where(mine, SavedView.name == name)).one_or_none()
    if known is None:
        if db.session.scalars(select(func.count()).select_from(SavedView).where(mine)).one() >= VIEWS_MOST:
            raise Invalid({"name": Refusal("You have %(most)s views of this list. Remove one first.", most=VIEWS_MOST)})
        known = SavedView(ref=new_ref("viw"), person_id=by.id, list=of, name=name, saved_at=now, asked={})
        db.session.add(known)
    known.asked, known.saved_at = {key: list(values) for key, values in asked.items()}, now
    db.session.flush()
    return known


def remove_view(ref: str, *, by: Actor) -> SavedView:
    """Forget one of the person's own views."""
    found = db.session.scalars(
        select(SavedView).where(SavedView.ref == ref, SavedView.person_id == by.id)
    ).one_or_none()
    if found is None:
        raise Missing("There is no saved view at this address.")
    db.session.delete(found)
    db.session.flush()
    return found


def take(task: str, to: Actor, *, by: Actor, now: datetime) -> None:
    """Let one person take care of a thing to do; who had it before gives it up."""
    row = {"person_id": to.id, "given_by": by.id, "given_at": now}
    db.session.execute(
        insert(Taken).values(task=task, **row).on_conflict_do_update(index_elements=[Taken.task], set_=row)
    )


def give_back(task: str) -> None:
    """Let the thing to do wait for anybody again."""
    db.session.execute(delete(Taken).where(Taken.task == task))


def new_feed(*, by: Actor, now: datetime) -> str:
    """A fresh secret for the person's calendar; the address before it stops working. Returned once, never kept."""
    raw, hashed = crypto.new_token()
    row = {"token_hash": hashed, "made_at": now}
    db.session.execute(
        insert(Feed).values(person_id=by.id, **row).on_conflict_do_update(index_elements=[Feed.person_id], set_=row)
    )
    journal.record("web.new_feed", subject=f"person:{by.id}", by=by, now=now)
    return raw


def end_feed(*, by: Actor, now: datetime) -> None:
    """Close the person's calendar address."""
    db.session.execute(delete(Feed).where(Feed.person_id == by.id))
    journal.record("web.end_feed", subject=f"person:{by.id}", by=by, now=now)


def begin(kind: Kind, *, roles: frozenset[str], language: str, by: Actor, now: datetime) -> Work:
    """Ask for long work; while the same work of the same person goes on, that one is returned."""
    if not roles & ROLES[kind]:
        raise Forbidden("Your account does not have the role for this page. An administrator can give it to you.")
    running = db.session.scalars(
        select(Work).where(Work.kind == kind, Work.asked_by == by.id, Work.state.not_in(OVER)).with_for_update()
    ).one_or_none()
    if running is not None:
        return running
    work = Work(
        ref=new_ref("wrk"),
        kind=kind,
        state=State.WAITING,
        done=0,
        total=0,
        result={},
        language=language,
        asked_by=by.id,
        asked_at=now,
    )
    db.session.add(work)
    db.session.flush()
    jobs.defer("web.do_work", ref=work.ref)
    journal.record("web.begin_work", subject=f"work:{work.id}", by=by, now=now, kind=kind)
    return work


def stop(work: Work, *, by: Actor, now: datetime) -> None:
    """Ask long work to stop at its next step; what has not begun ends at once."""
    held = db.session.scalars(select(Work).where(Work.id == work.id).with_for_update()).one()
    if held.asked_by != by.id:
        raise Forbidden("Only the person who started this work can stop it.")
    if held.state in OVER:
        raise Conflict("This work has ended already.")
    held.stop_asked = True
    if held.state is State.WAITING:
        held.state, held.ended_at = State.STOPPED, now
    journal.record("web.stop_work", subject=f"work:{held.id}", by=by, now=now)


def start(work: Work, total: int, *, now: datetime) -> None:
    """The work begins, or begins anew where a worker died in the middle of it."""
    db.session.execute(delete(WorkPart).where(WorkPart.work_id == work.id))
    work.state, work.done, work.total, work.started_at = State.RUNNING, 0, total, now


def step(work: Work, done: int, body: str = "") -> bool:
    """One portion is ready; False where somebody asked to stop."""
    if body:
        n = db.session.scalars(select(func.count()).select_from(WorkPart).where(WorkPart.work_id == work.id)).one()
        db.session.add(WorkPart(work_id=work.id, n=n, body=body))
    asked = db.session.scalars(
        update(Work).where(Work.id == work.id).values(done=done).returning(Work.stop_asked)
    ).one()
    return not asked


def end(work: Work, state: State, *, now: datetime, **result: object) -> None:
    """The work has ended in that way."""
    if state is not State.DONE:
        db.session.execute(delete(WorkPart).where(WorkPart.work_id == work.id))
    work.state, work.ended_at, work.result = state, now, dict(result)


def forget_old(*, now: datetime) -> None:
    """What long work made is kept for a week."""
    old = select(Work.id).where(Work.ended_at < now - timedelta(days=KEPT_DAYS))
    db.session.execute(delete(WorkPart).where(WorkPart.work_id.in_(old)))


def retry_job(job_id: int, *, by: Actor, now: datetime) -> None:
    """Let a background job that failed be done again."""
    if not jobs.retry_failed(job_id):
        raise Conflict("This job is not among the failed ones any more.")
    journal.record("web.retry_job", subject=f"job:{job_id}", by=by, now=now)
