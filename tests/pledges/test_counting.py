"""What counts: an officer leaves a gift out with a reason, donor and group are told, another officer looks again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from app.core import clock
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.money import euros
from app.core.together import together
from app.pledges import queries, service
from app.pledges.models import Pledge
from app.pledges.rules import LeftOut
from tests.make import campaigns, identity, pledges

pytestmark = pytest.mark.usefixtures("sandbox")
WHY = "Il dono è di un altro ente pubblico: le regole lo escludono."


def officer() -> Any:
    return identity.person(roles=["officer"])


def left_out(pledge: Any, by: Any = None, kind: LeftOut = LeftOut.PUBLIC_BODY) -> Any:
    by = by or officer()
    with transaction():
        service.leave_out(queries.pledge(pledge.id), kind, WHY, by=by, now=clock.now())
    return by


def page(answer: Any) -> str:
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_a_gift_left_out_stays_a_gift_but_counts_for_nothing(app) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 300, email="ente@example.org")
    pledges.active_pledge(campaign, 100)
    left_out(pledge)
    totals = queries.totals(campaign.id)
    assert (totals.raised, totals.all_gifts) == (euros("100"), euros("400"))
    assert pledges.mails("ente@example.org") == ["pledges/promised", "pledges/left_out"]
    for person in campaigns.members(campaign):
        assert "pledges/left_out_group" in pledges.mails(person.email)
    assert all(check.holds for check in queries.checks())


def test_the_wall_says_only_that_it_does_not_count(client: FlaskClient) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 300)
    left_out(pledge)
    public = page(client.get(f"/it/projects/{campaign.slug}"))
    assert "non entra nel conto" in public
    assert WHY not in public


def test_a_reason_is_a_sentence_and_a_gift_is_left_out_once(app) -> None:
    campaign = campaigns.live_campaign()
    pledge, by = pledges.active_pledge(campaign, 300), officer()
    with pytest.raises(Invalid), transaction():
        service.leave_out(pledge, LeftOut.OTHER, "no", by=by, now=clock.now())
    left_out(pledge, by)
    with pytest.raises(Conflict), transaction():
        service.leave_out(pledge, LeftOut.OTHER, WHY, by=by, now=clock.now())


def test_nobody_without_the_hand_decides_and_nothing_changes_after_the_close(app, clock) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 300)
    member = campaigns.members(campaign)[0]
    with pytest.raises(Forbidden), transaction():
        service.leave_out(pledge, LeftOut.OTHER, WHY, by=member, now=clock.now())
    by = officer()
    clock.at(campaigns.again(campaign).closes_at + timedelta(seconds=1))
    with pytest.raises(Conflict), transaction():
        service.leave_out(queries.pledge(pledge.id), LeftOut.OTHER, WHY, by=by, now=clock.now())


def test_the_group_appeals_and_another_officer_decides(app) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 300, email="ente@example.org")
    first = left_out(pledge)
    second, member = officer(), campaigns.members(campaign)[0]
    with pytest.raises(Forbidden), transaction():
        service.appeal(campaign, "È una ditta del quartiere.", by=second, now=clock.now())
    with transaction():
        assert service.appeal(campaign, "È una ditta del quartiere.", by=member, now=clock.now()) == 1
    with pytest.raises(Conflict), transaction():
        service.appeal(campaign, "È una ditta del quartiere.", by=member, now=clock.now())
    roles = frozenset({"officer"})
    assert [one.endpoint for one in together(queries.todo(first.id, roles, clock.now()))] == []
    assert [one.endpoint for one in together(queries.todo(second.id, roles, clock.now()))] == ["pledges.counting_one"]
    with pytest.raises(Forbidden), transaction():
        service.count_again(pledge, WHY, by=first, now=clock.now())
    with transaction():
        service.keep_out(pledge, "Abbiamo visto l’atto: è un ente pubblico.", by=second, now=clock.now())
    third = officer()
    with transaction():
        service.count_again(pledge, "L’atto è stato corretto: è una ditta.", by=third, now=clock.now())
    again = pledges.again(pledge)
    assert (again.counts, again.left_out, again.appeal) == (True, None, None)
    assert queries.totals(campaign.id).raised == euros("300")
    assert pledges.mails("ente@example.org")[-1] == "pledges/counts_again"


def test_the_office_sees_gifts_of_one_card_together_and_decides(client: FlaskClient, sign_in: Any) -> None:
    campaign = campaigns.live_campaign()
    one = pledges.active_pledge(campaign, 30, email="anna@example.org", name="Anna")
    pledges.active_pledge(campaign, 40, email="bruno@example.org")
    pledges.active_pledge(campaign, 50, email="carla@example.org", card="5555555555554444")
    sign_in(client, officer())
    listed = page(client.get(f"/it/pledges/counting/{campaign.slug}"))
    assert "anna@example.org" in listed
    assert "bruno@example.org" in listed
    assert "carla@example.org" not in listed
    assert "carla@example.org" in page(client.get(f"/it/pledges/counting/{campaign.slug}?q=carla"))
    address = f"/it/pledges/counting/{campaign.slug}/{one.ref}"
    assert client.get(address).status_code == 200
    refused = client.post(address, data={"decision": "leave", "why": WHY})
    assert refused.status_code == 422
    assert WHY in page(refused)
    done = client.post(address, data={"decision": "leave", "kind": "same_person", "why": WHY})
    assert done.status_code == 303
    assert not pledges.again(one).counts
    assert WHY in page(client.get(address))
    assert client.get(f"/it/pledges/counting/altro/{one.ref}").status_code == 404


def test_the_group_reads_amount_and_reason_and_nobodys_name(client: FlaskClient, sign_in: Any) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 300, email="ente@example.org", name="Ente Nascosto")
    address = f"/it/pledges/left-out/{campaign.slug}"
    sign_in(client, campaigns.members(campaign)[0])
    assert client.get(address).status_code == 200
    left_out(pledge)
    shown = page(client.get(address))
    assert WHY in shown
    assert "300,00 €" in shown
    assert "ente@example.org" not in shown
    assert "Ente Nascosto" not in shown
    assert client.post(address, data={"text": "no"}).status_code == 422
    assert client.post(address, data={"text": "È una ditta del quartiere."}).status_code == 303
    assert "Avete chiesto di guardare" in page(client.get(address))


def test_the_database_keeps_reason_hand_and_moment_together(app) -> None:
    campaign = campaigns.live_campaign()
    pledge = pledges.active_pledge(campaign, 30)
    for wrong in ({"left_out": "own"}, {"left_out_why": "perché sì"}, {"appeal": "di nuovo"}):
        with pytest.raises(DBAPIError):
            db.session.execute(update(Pledge).where(Pledge.id == pledge.id).values(**wrong))
        db.session.rollback()
