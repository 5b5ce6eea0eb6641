"""What reconciliation writes: runs, findings and the stops that follow; it never corrects an amount."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from app.core import words
from app.core.actor import Actor
from app.core.clock import local
from app.core.db import db
from app.core.errors import Conflict, Refusal
from app.core.refs import new_ref
from app.finance import queries
from app.finance.models import Finding, Run
from app.finance.rules import Difference, too_long
from app.identity import queries as identity
from app.identity.rules import Hand
from app.journal.service import record
from app.outbox import service as outbox
from app.payments import service as payments
from app.payments.gateway import Line
from app.payments.rules import StopWhy


def keep(lines: Sequence[Line], *, now: datetime) -> int:
    """Write down what the provider's balances say."""
    return payments.keep_lines(lines, now=now)


def conclude(began_at: datetime, until: datetime, lines: int, *, now: datetime) -> Run:
    """Compare, write what is not explained, stop what it touches, let go what has been explained meanwhile."""
    accepted = queries.explained_keys()
    found = [
        one for one in queries.found_differences(until) if (one.key, one.ours, one.theirs) not in accepted
    ]  # fmt: skip
    known = {one.key: one for one in queries.open_findings()}
    for key in sorted(known.keys() - {one.key for one in found}):
        _end(queries.locked_finding(known[key].id), "explained by facts", now)
    fresh = [_write(one, known.get(one.key), now) for one in found]
    _patience(now)
    run = Run(
        on_day=local(now).date(),
        began_at=began_at,
        until=until,
        lines=lines,
        charges=len(queries.facts(until)[0]),
        unexplained=len(found),
    )
    db.session.add(run)
    db.session.flush()
    record("finance.reconcile", subject=f"reconciliation:{run.id}", by=None, now=now, lines=lines, found=len(found))
    if new := [one for one in fresh if one is not None]:
        _tell(new, run, now)
    return run


def explain(finding: Finding, why: str, *, by: Actor, now: datetime) -> Finding:
    """A person of finance knows what it is: the difference is accepted as it stands, money moves on."""
    identity.refuse_hand(by, Hand.PAY, now)
    finding = queries.locked_finding(finding.id)
    if finding.ended_at is not None:
        raise Conflict("This difference is explained already.")
    finding.why = words.reason(why, Refusal("Write what it is in a sentence: whoever checks the books reads it."))
    finding.explained_by = by.id
    _end(finding, finding.why, now, by=by)
    record("finance.explain", subject=f"finding:{finding.ref}", by=by, now=now, why=finding.why)
    _patience(now)
    return finding


def _write(one: Difference, known: Finding | None, now: datetime) -> Finding | None:
    """A new finding with its stops; one that is known is only seen again, and a changed one ends and begins anew."""
    if known is not None and (known.ours, known.theirs) == (one.ours, one.theirs):
        queries.locked_finding(known.id).seen_at = now
        return None
    if known is not None:
        _end(queries.locked_finding(known.id), "changed", now)
    made = Finding(
        ref=new_ref("fnd"),
        key=one.key,
        subjects=list(one.subjects),
        about=one.about,
        what=one.what,
        ours=one.ours,
        theirs=one.theirs,
        on_day=known.on_day if known is not None else local(now).date(),
        found_at=now,
        seen_at=now,
    )
    db.session.add(made)
    db.session.flush()
    for subject in one.subjects:
        payments.stop(subject, StopWhy.UNEXPLAINED, one.key, now=now)
    record("finance.found", subject=f"finding:{made.ref}", by=None, now=now, figure=one.what, about=one.about,
           ours=one.ours, theirs=one.theirs)  # fmt: skip
    return made


def _end(finding: Finding, reason: str, now: datetime, by: Actor | None = None) -> None:
    finding.ended_at = now
    for subject in finding.subjects:
        payments.lift(str(subject), StopWhy.UNEXPLAINED, finding.key, reason, now=now, by=by)
    db.session.flush()


def _patience(now: datetime) -> None:
    """After three working days nothing at all is paid, until the last old difference is explained."""
    today = local(now).date()
    old = [one for one in queries.open_findings() if too_long(one.on_day, today)]
    if old:
        payments.stop("all", StopWhy.TOO_LONG, "reconciliation", now=now)
    else:
        payments.lift("all", StopWhy.TOO_LONG, "reconciliation", "explained", now=now)


def _tell(found: Sequence[Finding], run: Run, now: datetime) -> None:
    people, about = identity.with_role("finance", now), [one.about for one in found[:10]]
    key = f"finance.unexplained:{run.id}"
    outbox.send_each(people, "finance/unexplained", now=now, key=key, number=len(found), about=about)
