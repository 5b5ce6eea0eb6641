"""Which room applies which message."""

from datetime import timedelta
from enum import StrEnum

MOST_TRIES = 20  # then a message lies in quarantine, for people to look at
_PAUSE = timedelta(seconds=30)
_APPLIED_BY = {
    "pledges.apply_event": ("checkout.session.", "setup_intent.", "payment_intent.", "charge.", "refund."),
    "groups.apply_account": ("account.",),
}


class StopWhy(StrEnum):
    """Why no money may move on for a campaign, an account, or at all."""

    DISPUTE = "dispute"  # a donor's bank took a gift back and has not decided
    UNEXPLAINED = "unexplained"  # a cent between us and the provider has no reason yet
    TOO_LONG = "too_long"  # and that for more than three working days


def applier(kind: str) -> str | None:
    """The job that applies messages of this type; None for those that nobody needs.

    What happens to a stored card is not among them: we detach it ourselves, and a charge says whether it still works.
    """
    return next((job for job, starts in _APPLIED_BY.items() if kind.startswith(starts)), None)


def pause(tries: int) -> timedelta:
    """How long after its arrival a message that could not be applied is tried again: later and later, for 3 hours."""
    return _PAUSE * tries * tries


def kinds(job: str) -> tuple[str, ...]:
    """The beginnings of the types whose messages this job applies."""
    return _APPLIED_BY[job]
