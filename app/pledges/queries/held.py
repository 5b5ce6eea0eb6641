"""One row by its key, or held until the transaction ends."""

from sqlalchemy import select

from app.campaigns.models import Campaign
from app.core.crypto import token_hash
from app.core.db import db
from app.core.errors import Missing
from app.core.once import once
from app.pledges.models import Charge, Link, Pledge, Refund


def pledge(pledge_id: int) -> Pledge:
    """The pledge of that row."""
    return db.session.get_one(Pledge, pledge_id)


def charge(charge_id: int) -> Charge:
    """The attempt of that row."""
    return db.session.get_one(Charge, charge_id)


def title(pledge: Pledge) -> str:
    """The name of the project that the pledge is for."""
    return db.session.get_one(Campaign, pledge.campaign_id).title


@once
def by_ref(ref: str) -> Pledge:
    """The pledge of that reference, which only its donor knows."""
    found = db.session.scalars(select(Pledge).where(Pledge.ref == ref)).one_or_none()
    if found is None:
        raise Missing("There is no pledge at this address.")
    return found


def by_form_key(form_key: str) -> Pledge | None:
    """The pledge that this very form made already."""
    return db.session.scalars(select(Pledge).where(Pledge.form_key == form_key)).one_or_none()


@once
def link(token: str) -> Link | None:
    """The mailed link with this secret, also an expired one."""
    return db.session.scalars(select(Link).where(Link.token_hash == token_hash(token))).one_or_none()


def locked(pledge_id: int) -> Pledge:
    """The pledge as it stands now, held still until the end of this transaction; lock its campaign first."""
    return db.session.scalars(
        select(Pledge).where(Pledge.id == pledge_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def locked_charge(charge_id: int) -> Charge:
    """The attempt as it stands now, held still; lock its pledge first."""
    return db.session.scalars(
        select(Charge).where(Charge.id == charge_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def locked_refund(refund_id: int) -> Refund:
    """The refund as it stands now, held still."""
    return db.session.scalars(
        select(Refund).where(Refund.id == refund_id).with_for_update().execution_options(populate_existing=True)
    ).one()
