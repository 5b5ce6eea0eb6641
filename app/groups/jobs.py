"""Background work: reminders of the constitution, and news of the accounts at the payment provider."""

from __future__ import annotations

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.groups import queries, service
from app.groups.models import LegalEntity
from app.payments import gateway
from app.payments import queries as payments
from app.payments import service as inbox


@every("*/30 * * * * *")
@job("groups.remind")
def remind() -> None:
    """Send the reminders that stand today; each goes out once however often this runs."""
    now = clock.now()
    for constitution in queries.open_constitutions():
        with transaction():
            service.remind(constitution, now=now)


@job("groups.apply_account")
def apply_account(event_id: int) -> None:
    """News of an account: read it again, take over what it says, and tick the message off."""
    event = payments.event(event_id)
    if event is None or event.applied_at is not None:
        return
    entity = queries.entity_by_account(event.account or event.object_id)
    if entity is not None:
        read_account(entity)
    with transaction():
        inbox.applied(event_id, now=clock.now())


@every("15 */5 * * * *")
@job("groups.reread_accounts")
def reread_accounts() -> None:
    """Find what no message told: read again every account that is not ready yet."""
    for entity in queries.accounts_to_reread():
        read_account(entity)


def read_account(entity: LegalEntity) -> bool:
    """Ask the provider how the account stands and write it down; says whether it is ready."""
    account = gateway.read_account(str(entity.stripe_account))
    with transaction():
        service.account_read(entity, ready=account.ready, needs=account.due, now=clock.now())
    return account.ready
