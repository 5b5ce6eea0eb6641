"""Sends the mail that is due, one message at a time, never inside a transaction."""

from __future__ import annotations

from app.core import clock
from app.core.db import transaction
from app.core.jobs import every, job
from app.outbox import gateway, service


@every("*/30 * * * * *")
@job("outbox.deliver", queue="mail")
def deliver() -> None:
    """Send everything that is due; a crash between sending and noting it repeats one message, with its Message-ID.

    Where there is no speaking with the server the rest waits for the next run: a server that hangs costs one message's
    patience, not everybody's.
    """
    while gateway.has_server() and _deliver_next():
        pass


def _deliver_next() -> bool:
    with transaction():
        message = service.claim(now=clock.now())
        mail = gateway.compose(message) if message else None
    if message is None:
        return False
    try:
        if mail is None:
            raise gateway.MailRefused("the message cannot be composed")
        gateway.deliver(mail)
    except (gateway.MailDown, gateway.MailRefused) as error:
        with transaction():
            service.failed(message, str(error), for_good=isinstance(error, gateway.MailRefused), now=clock.now())
        return not isinstance(error, gateway.ServerDown)
    with transaction():
        service.sent(message, now=clock.now())
    return True


@every("17 3 * * *")
@job("outbox.forget_old")
def forget_old() -> None:
    """Mail that left a month ago loses its words."""
    with transaction():
        service.forget_old(now=clock.now())
