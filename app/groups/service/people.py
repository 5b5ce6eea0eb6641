"""Who belongs to a group: forming, inviting, joining, leaving, and freezing its people."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from app.core.actor import Actor
from app.core.crypto import new_token, token_hash
from app.core.db import db
from app.core.errors import Conflict, Forbidden, Gone, Invalid, Missing, Refusal
from app.core.money import N_
from app.core.refs import new_ref
from app.groups import queries
from app.groups.models import Group, Invitation, Member
from app.groups.rules import INVITATION_DAYS, Kind, slug
from app.identity.models import Person
from app.identity.rules import clean_email
from app.journal.service import record
from app.outbox import service as outbox
from app.territory.models import Zone

NAME_MAX = 120
ABOUT_MAX = 4000


def form(name: str, zone: Zone, *, by: Person, now: datetime, about: str = "", kind: Kind = Kind.INFORMAL) -> Group:
    """Form a group with its first member."""
    name = " ".join(name.split())
    _check_words(name, about)
    group = Group(
        ref=new_ref("grp"),
        slug=_free_slug(name),
        name=name,
        kind=kind,
        zone_id=zone.id,
        about=about.strip(),
        created_at=now,
        created_by=by.id,
    )
    db.session.add(group)
    db.session.flush()
    db.session.add(Member(group_id=group.id, person_id=by.id, joined_at=now))
    db.session.flush()
    record("groups.form", subject=f"group:{group.id}", by=by, now=now, name=name, kind=kind, zone=zone.number)
    return group


def describe(group: Group, *, name: str, about: str, by: Person, now: datetime) -> bool:
    """Change the group's name and the words about it; says whether anything changed."""
    name, about = " ".join(name.split()), about.strip()
    _check_words(name, about)
    hold(group)
    _refuse_stranger(group, by)
    if (name, about) == (group.name, group.about):
        return False
    _refuse_frozen(group)
    group.name, group.about = name, about
    record("groups.describe", subject=f"group:{group.id}", by=by, now=now, name=name)
    return True


def invite(group: Group, email: str, *, by: Person, now: datetime, language: str) -> Invitation:
    """Ask an address to join; a second letter to the same address makes the first one's link useless."""
    hold(group)
    _refuse_stranger(group, by)
    _refuse_frozen(group)
    try:
        address = clean_email(email)
    except ValueError as wrong:
        raise Invalid({"email": str(wrong)}) from None
    if any(person.email == address for person in queries.members(group.id)):
        raise Invalid({"email": N_("This person already belongs to the group.")})
    for earlier in queries.invitations(group.id):
        if earlier.email == address:
            earlier.withdrawn_at = now
    db.session.flush()
    raw, hashed = new_token()
    invitation = Invitation(
        ref=new_ref("inv"),
        group_id=group.id,
        email=address,
        token_hash=hashed,
        invited_by=by.id,
        invited_at=now,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    db.session.add(invitation)
    db.session.flush()
    record("groups.invite", subject=f"group:{group.id}", by=by, now=now, email=address)
    outbox.send(
        address,
        "groups/invitation",
        language=language,
        now=now,
        group=group.name,
        inviter=by.name,
        zone=queries.zone_of(group).name,
        token=raw,
        expires_at=invitation.expires_at,
    )
    return invitation


def withdraw_invitation(invitation: Invitation, *, by: Person, now: datetime) -> None:
    """Take a letter back: its link no longer opens anything."""
    group = queries.group(invitation.group_id)
    hold(group)
    _refuse_stranger(group, by)
    if invitation.used_at is None and invitation.withdrawn_at is None:
        invitation.withdrawn_at = now
        record("groups.withdraw_invitation", subject=f"group:{group.id}", by=by, now=now, email=invitation.email)


def invitation_behind(token: str, *, now: datetime) -> Invitation:
    """The open invitation of this link, or the reason why it opens nothing."""
    invitation = queries.invitation_by_hash(token_hash(token))
    if invitation is None:
        raise Missing("This invitation does not exist. Check that you copied the whole link.")
    if invitation.withdrawn_at is not None:
        raise Gone("This invitation was taken back. Ask the group to send you a new one.")
    if invitation.used_at is None and invitation.expires_at <= now:
        raise Gone("This invitation has expired. Ask the group to send you a new one.")
    return invitation


def join(token: str, *, by: Person, now: datetime) -> Group:
    """Accept an invitation: the person is a member from now on; accepting twice changes nothing."""
    return _accept(invitation_behind(token, now=now), by=by, now=now)


def accept(invitation_ref: str, *, by: Person, now: datetime) -> Group:
    """Accept an invitation sent to one's own address: who reads it here has proved the address by signing in."""
    found = next((each for each in queries.invitations_for(by.email, now) if each.ref == invitation_ref), None)
    if found is None:
        raise Missing
    return _accept(found, by=by, now=now)


def _accept(invitation: Invitation, *, by: Person, now: datetime) -> Group:
    group = queries.group(invitation.group_id)
    hold(group)
    db.session.refresh(invitation)
    if invitation.email != by.email:
        raise Forbidden(
            "This invitation was sent to another address. Sign in with that one, or ask the group to invite %(email)s.",
            email=by.email,
        )
    if queries.is_member(group.id, by.id):
        return group
    if invitation.used_at is not None:
        raise Gone("This invitation was already used. Ask the group to send you a new one.")
    _refuse_frozen(group)
    invitation.used_at, invitation.used_by = now, by.id
    db.session.add(Member(group_id=group.id, person_id=by.id, joined_at=now))
    db.session.flush()
    record("groups.join", subject=f"group:{group.id}", by=by, now=now)
    return group


def leave(group: Group, *, by: Person, now: datetime) -> None:
    """Leave the group; the last one cannot, for nobody would be left to answer for it."""
    hold(group)
    member = db.session.scalars(
        select(Member).where(Member.group_id == group.id, Member.person_id == by.id, Member.left_at.is_(None))
    ).one_or_none()
    if member is None:
        raise Missing
    _refuse_frozen(group)
    if queries.members_count(group.id) == 1:
        raise Conflict("You are the only person in this group: invite somebody before you leave it.")
    member.left_at = now
    db.session.flush()
    record("groups.leave", subject=f"group:{group.id}", by=by, now=now)


def freeze(group: Group, *, by: Actor | None, now: datetime) -> None:
    """Hold the group's people as they are: its proposal has been sent."""
    hold(group)
    if group.frozen_at is None:
        group.frozen_at = now
        record("groups.freeze", subject=f"group:{group.id}", by=by, now=now)


def thaw(group: Group, *, by: Actor | None, now: datetime) -> None:
    """Let people come and go again: nothing that they sent is under way any more."""
    hold(group)
    if group.frozen_at is not None:
        group.frozen_at = None
        record("groups.thaw", subject=f"group:{group.id}", by=by, now=now)


def hold(group: Group) -> None:
    """Read the group's row again and hold it until the end of the transaction."""
    db.session.flush()
    db.session.refresh(group, with_for_update=True)


def _refuse_stranger(group: Group, by: Person) -> None:
    if not queries.is_member(group.id, by.id):
        raise Missing


def _refuse_frozen(group: Group) -> None:
    if group.frozen_at is not None:
        raise Conflict("The group’s people are frozen since its proposal was sent: nobody can join or leave.")


def _check_words(name: str, about: str) -> None:
    errors: dict[str, Refusal | str] = {}
    if not 2 <= len(name) <= NAME_MAX:
        errors["name"] = Refusal("Write the group’s name, at most %(most)d characters.", most=NAME_MAX)
    if len(about) > ABOUT_MAX:
        errors["about"] = Refusal("These words are too long: write at most %(most)d characters.", most=ABOUT_MAX)
    if errors:
        raise Invalid(errors)


def _free_slug(name: str) -> str:
    wanted = slug(name)
    taken = set(db.session.scalars(select(Group.slug).where(Group.slug.like(f"{wanted}%"))))
    number, free = 2, wanted
    while free in taken:
        free, number = f"{wanted}-{number}", number + 1
    return free
