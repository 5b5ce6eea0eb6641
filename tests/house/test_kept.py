"""Copied worlds: what a maker made for one test is the same for the next, and nobody finds what another changed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.campaigns import queries
from app.core.db import db, transaction
from tests.conftest import START
from tests.make import campaigns, identity, payments, pledges
from tests.make import groups as make_groups
from tests.make.kept import World


@pytest.fixture
def world(app: Any) -> World:
    """Where the test is."""
    found: World = app.extensions["tests.world"]
    return found


def live(clock: Any) -> list[Any]:
    """What stands in the books after a campaign and a promise."""
    campaign = campaigns.live_campaign(title="Orto di prova")
    pledge = pledges.active_pledge(campaign, 30, email="prova@example.org")
    entries = db.session.execute(text("select what, at from journal_entry order by id")).all()
    waiting = len(payments.news())
    return [clock.now(), campaign.id, pledge.id, pledge.state, pledge.amount, waiting, *map(tuple, entries)]


def again(world: World, clock: Any, sandbox: Any) -> None:
    """As another test begins."""
    db.session.remove()
    db.engine.dispose()
    clock.moment = START
    payments._control("reset")
    world.begin(None)
    world.join(sandbox)


def test_what_is_copied_is_what_was_made(world: World, clock: Any, sandbox: Any) -> None:
    first = live(clock)
    for _ in range(3):
        again(world, clock, sandbox)
        assert live(clock) == first
    assert len(world.copies) > 1
    assert pledges.active_pledge(queries.campaign(first[1]), 40).state == "active"
    pledges.agrees()


def test_who_commits_something_of_her_own_has_a_world_of_her_own(world: World) -> None:
    make_groups.group("Di tutti")
    assert world.known()
    with transaction():
        db.session.execute(text("insert into core_setting (name, value) values ('own', '1')"))
    assert not world.known()
    before = len(world.copies)
    for _ in range(3):
        make_groups.group("Altra", people=[identity.person()])
    assert len(world.copies) == before


def test_a_second_connection_a_fault_or_another_setting_makes_the_world_unknown(
    world: World, app: Any, sandbox: Any, database: Any
) -> None:
    assert world.known()
    app.config["LARGEST_UPLOAD_OF_THIS_TEST"] = 1
    assert not world.known()
    del app.config["LARGEST_UPLOAD_OF_THIS_TEST"]
    payments.fault(fail_next=1)
    assert not world.known()
    payments.fault(clear=True)
    assert world.known()
    database.connect().close()
    assert not world.known()
