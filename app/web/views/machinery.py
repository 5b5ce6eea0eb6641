"""Administrators watch the machinery: background jobs, what failed, and let it be done again."""

from __future__ import annotations

from typing import Any

from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.core import clock
from app.core.errors import Conflict, Refusal
from app.core.money import N_
from app.web import gates, listing, queries, service
from app.web.views.home import bp

SHAPES = {"failed": "late", "todo": "wait", "doing": "now", "succeeded": "done"}


def _find(ref: str) -> queries.FailedJob | None:
    return queries.job(int(ref)) if ref.isascii() and ref.isdigit() and len(ref) < 18 else None


def _retry(row: Any, form: Any) -> None:
    service.retry_job(row.id, by=gates.require(), now=clock.now())


def _not_failed(row: Any) -> Refusal | None:
    return None if row.status == "failed" else Conflict("This job is not among the failed ones any more.")


LIST = listing.register(
    listing.List(
        endpoint="web.machinery",
        title=N_("Jobs and failures"),
        sheet=queries.job_list,
        search=N_("Name of the job"),
        enrich=queries.as_jobs,
        act="web.act_on_machinery",
        pick=lambda row: (str(row.id), f"{row.name} {row.id}") if row.status == "failed" else None,
        columns=(
            (N_("Number"), lambda row: row.id),
            (N_("Job"), lambda row: row.name),
            (N_("State"), lambda row: _(queries.JOB_WORDS[row.status])),
            (N_("Tries"), lambda row: row.attempts),
            (N_("Last heard of"), lambda row: row.at),
        ),
        bulks=(
            listing.Bulk(
                name="retry",
                label=N_("Try the ticked again"),
                question=N_("Try these jobs again?"),
                done=N_("It waits to run again"),
                find=_find,
                say=lambda row: f"{row.name} · {row.id}",
                refuse=_not_failed,
                act=_retry,
                roles=frozenset({"administrator"}),
            ),
        ),
    )
)


@bp.get("/desk/machinery")
@gates.role("administrator")
def machinery() -> ResponseReturnValue:
    """Jobs that wait, run or failed, and the figures of the machinery."""
    return listing.show(
        LIST,
        "web/machinery.html",
        figures=queries.machinery(clock.now()),
        words=queries.JOB_WORDS,
        shapes=SHAPES,
    )


@bp.post("/desk/machinery")
@gates.role("administrator")
def act_on_machinery() -> ResponseReturnValue:
    """Let the ticked jobs be done again."""
    return listing.act(LIST)
