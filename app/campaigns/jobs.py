"""Each funded project gets its campaign's desk, also where the news of the award was lost."""

from app.campaigns import queries, service
from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job


@every("*/15 * * * * *")
@job("campaigns.prepare_awarded")
def prepare_awarded() -> None:
    """Prepare a campaign for every funded award that has none."""
    with transaction():
        for award in queries.awards_without_campaign():
            service.prepare(award, by=None, now=clock.now())
