"""What a donor does by the mailed link: see, be named or not, cancel."""

from datetime import datetime

from app.campaigns import queries as campaigns
from app.core.codes import CodeError, person_tax_code
from app.core.crypto import encrypt
from app.core.db import db
from app.core.errors import Conflict, Invalid, Refusal
from app.journal import service as journal
from app.pledges import queries
from app.pledges.models import Pledge
from app.pledges.rules import NAME_MOST, Act, State
from app.pledges.service import letters
from app.pledges.service.promising import end


def cancel(pledge: Pledge, *, now: datetime) -> Pledge:
    """Take the promise back: the campaign's row is held, so two who cancel at the threshold cannot both pass."""
    campaign = campaigns.locked(pledge.campaign_id)
    pledge = queries.locked(pledge.id)
    if pledge.state is State.CANCELLED:
        return pledge
    if refusal := queries.refuses_to_cancel(pledge, campaign, now):
        raise refusal
    stood = pledge.state is not State.STARTED
    end(pledge, Act.CANCEL, "donor", now)
    if stood:
        letters.tell(pledge, campaign, "cancelled", now=now)
    return pledge


def show_name(pledge: Pledge, *, name: str, show: bool, now: datetime) -> Pledge:
    """The donor chooses whether the public may read a name, and which."""
    pledge = queries.locked(pledge.id)
    shown = " ".join(name.split())
    if len(shown) > NAME_MOST:
        raise Invalid({"name": Refusal("Write at most %(most)s characters.", most=NAME_MOST)})
    if show and not shown:
        raise Invalid({"name": Refusal("Write the name that everybody may read.")})
    pledge.name, pledge.show_name = shown, show and bool(shown)
    journal.record("pledges.show_name", subject=pledge.key, by=None, now=now, show=pledge.show_name)
    return pledge


def give_tax_code(pledge: Pledge, code: str, *, now: datetime) -> Pledge:
    """The donor gives the tax code that a receipt names, or takes it back; only where a receipt is possible."""
    pledge = queries.locked(pledge.id)
    if not queries.receipt_possible(pledge):
        raise Conflict("No tax receipt can be given for this gift, so we do not ask for a tax code.")
    try:
        plain = person_tax_code(code) if code.strip() else ""
    except CodeError as wrong:
        raise Invalid({"tax_code": str(wrong)}) from None
    pledge.tax_code = encrypt(plain) if plain else None
    journal.record("pledges.give_tax_code", subject=pledge.key, by=None, now=now, given=bool(plain))
    return pledge


def new_link(pledge: Pledge, *, now: datetime) -> str:
    """A private link for the browser that just made this pledge."""
    raw = letters.link(pledge, now=now)
    db.session.flush()
    return raw


def send_link(email: str, *, now: datetime) -> int:
    """Mail fresh links to everything this address has promised; says nothing to anybody else."""
    found = [each for each in queries.of_email(email) if each.state not in (State.STARTED, State.EXPIRED)]
    for pledge in found:
        letters.tell(pledge, campaigns.campaign(pledge.campaign_id), "link", now=now, again=now.isoformat())
    return len(found)
