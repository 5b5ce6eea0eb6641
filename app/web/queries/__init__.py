"""Reads over all rooms: the first page, the desk, a project's dossier, dates, long work, the machinery."""

from app.web.queries.calendar import Event, events, feed_owner, has_feed
from app.web.queries.desk import FundRow, fund_list, fund_totals, taken, with_steps
from app.web.queries.home import Front, SoFar, front, so_far
from app.web.queries.machinery import WORDS as JOB_WORDS
from app.web.queries.machinery import FailedJob, Machinery, as_jobs, job, job_list, machinery
from app.web.queries.works import parts, work_by_ref, works_of

__all__ = [
    "JOB_WORDS",
    "Event",
    "FailedJob",
    "Front",
    "FundRow",
    "Machinery",
    "SoFar",
    "as_jobs",
    "events",
    "feed_owner",
    "front",
    "fund_list",
    "fund_totals",
    "has_feed",
    "job",
    "job_list",
    "machinery",
    "parts",
    "so_far",
    "taken",
    "with_steps",
    "work_by_ref",
    "works_of",
]
