"""The call closes itself at its deadline."""

from app.calls import service
from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job


@every("*/5 * * * * *")
@job("calls.close_due")
def close_due() -> None:
    """Close every call whose deadline has passed."""
    with transaction():
        service.close_due(now=clock.now())
