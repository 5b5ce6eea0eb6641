"""From the award to the open campaign, and what is frozen then."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.campaigns import queries, service
from app.campaigns.rules import Impact, State
from app.core import clock as time_now
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Invalid, Missing
from app.core.money import euros
from app.core.together import together
from app.ledger import queries as ledger
from app.outbox import queries as outbox
from tests.make import campaigns, evaluation, groups, identity

pytestmark = pytest.mark.usefixtures("app")


def mails(person):
    return [mail.template for mail in reversed(outbox.latest(50, recipient=person.email))]


def write(campaign, **changes):
    words = {
        "summary": "Una frase.",
        "story": campaigns.STORY,
        "impact": (),
        "picture_id": None,
        "picture_alt": "",
        "by": campaigns.members(campaign)[0],
        **changes,
    }
    with transaction():
        return service.write_text(campaign, now=time_now.now(), **words)


def test_a_funded_project_gets_its_campaign_once_and_its_people_a_mail(run_jobs):
    award = evaluation.approved_award()
    run_jobs("campaigns.prepare_awarded")
    run_jobs("campaigns.prepare_awarded")
    campaign = queries.of_proposal(award.proposal_id)
    assert campaign.state is State.PREPARING
    assert (campaign.budget, campaign.threshold, campaign.ceiling) == (euros("12000"), euros("4800"), euros("7200"))
    assert queries.story(campaign).story
    for person in campaigns.members(campaign):
        assert mails(person).count("campaigns/prepare") == 1
    assert len(queries.of_group(campaign.group_id)) == 1


def test_two_projects_of_one_name_have_two_addresses():
    assert campaigns.prepared().slug == "officina-di-ringhiera"
    assert campaigns.prepared().slug == "officina-di-ringhiera-2"


def test_the_group_prepares_asks_and_an_officer_opens():
    campaign = campaigns.asked()
    assert campaigns.again(campaign).state is State.ASKED
    officer = identity.person(roles=["officer"])
    with transaction():
        service.confirm_ready(campaign, by=officer, now=time_now.now())
    campaign = campaigns.again(campaign)
    assert (campaign.state, campaign.opens_at, campaign.confirmed_by) == (State.LIVE, time_now.now(), officer.id)
    assert time_now.local(campaign.closes_at).strftime("%H:%M") == "00:00"
    assert campaign.last_day == time_now.local(time_now.now()).date() + timedelta(days=60)
    assert mails(campaigns.members(campaign)[0])[-1] == "campaigns/opened"
    assert ledger.balance("promises", campaign.key, "promised") == euros("0")


def test_an_unfinished_campaign_cannot_ask():
    campaign = campaigns.prepared()
    write(campaign, story="Troppo corta.")
    with pytest.raises(Conflict, match="too short"), transaction():
        service.ask_to_launch(campaign, by=campaigns.members(campaign)[0], now=time_now.now())


def test_an_officer_sends_it_back_with_a_reason():
    campaign = campaigns.asked()
    officer = identity.person(roles=["officer"])
    with pytest.raises(Invalid), transaction():
        service.send_back(campaign, " ", by=officer, now=time_now.now())
    with transaction():
        service.send_back(campaign, "Manca chi tiene le chiavi.", by=officer, now=time_now.now())
    campaign = campaigns.again(campaign)
    assert (campaign.state, campaign.returned_why) == (State.PREPARING, "Manca chi tiene le chiavi.")
    assert "Manca chi tiene le chiavi." in outbox.latest(1)[0].body
    with pytest.raises(Conflict), transaction():
        service.confirm_ready(campaign, by=officer, now=time_now.now())


def test_an_officer_does_not_open_her_own_groups_campaign():
    officer = identity.person(roles=["officer"])
    campaign = campaigns.asked(groups.group(people=[officer, identity.person(), identity.person()]))
    with pytest.raises(Forbidden), transaction():
        service.confirm_ready(campaign, by=officer, now=time_now.now())


def test_nobody_else_writes_asks_or_tells_news():
    campaign, stranger = campaigns.written(), identity.person()
    with pytest.raises(Missing):
        write(campaign, by=stranger)
    for verb in (service.ask_to_launch,):
        with pytest.raises(Missing), transaction():
            verb(campaign, by=stranger, now=time_now.now())
    live = campaigns.live_campaign(title="Orto")
    with pytest.raises(Missing), transaction():
        service.post_update(live, "Titolo", "Testo", by=stranger, now=time_now.now())


FROZEN = (
    "budget = budget + 1",
    "threshold = threshold - 1",
    "ceiling = ceiling - 1",
    "stretch = 1",
    "closes_at = closes_at + interval '1 second'",
    "opens_at = opens_at - interval '1 second'",
    "zone_id = (select min(id) from territory_zone where id <> zone_id)",
    "group_id = group_id + 1",
    "slug = 'altro'",
    "state = 'preparing'",
)


@pytest.mark.parametrize("change", FROZEN)
def test_what_donors_were_promised_is_frozen_once_it_is_live(change):
    campaigns.live_campaign()
    with pytest.raises(IntegrityError, match=r"frozen|does not go back"):
        db.session.execute(text(f"update campaigns_campaign set {change}"))  # noqa: S608 - constants above


def test_a_public_campaign_is_never_deleted_and_a_closed_one_never_reopened():
    campaign = campaigns.live_campaign()
    with pytest.raises(IntegrityError, match="stays"):
        db.session.execute(text("delete from campaigns_campaign"))
    db.session.rollback()
    with transaction():
        service.close(campaign, now=time_now.now())
    with pytest.raises(IntegrityError, match="does not go back"):
        db.session.execute(text("update campaigns_campaign set state = 'live'"))


def test_the_story_keeps_its_public_versions():
    campaign = campaigns.written()
    write(campaign, story=campaigns.STORY + " Bozza.")
    assert [each.version for each in queries.versions(campaign)] == [1], "before it is public there is one draft"
    live = campaigns.live_campaign(title="Orto")
    first = queries.story(live).story
    write(live, story=first + "\n\nAbbiamo le chiavi.")
    write(live, story=first + "\n\nAbbiamo le chiavi.")
    assert [each.version for each in queries.versions(live)] == [2, 1], "the same words are no new version"
    assert queries.versions(live)[1].story == first
    for change in ("update campaigns_text set story = 'x'", "delete from campaigns_text where version = 1"):
        with pytest.raises(IntegrityError, match="stays as it was"):
            db.session.execute(text(change))
        db.session.rollback()


def test_a_public_story_cannot_be_emptied():
    live = campaigns.live_campaign()
    with pytest.raises(Invalid):
        write(live, story="")


@pytest.mark.parametrize(
    "impact",
    [
        tuple(Impact(euros(str(n)), "x") for n in range(1, 6)),
        (Impact(euros("5"), "a"), Impact(euros("5"), "b")),
        (Impact(euros("12000.01"), "troppo"),),
    ],
)
def test_impact_lines_are_few_different_and_within_the_budget(impact):
    with pytest.raises(Invalid):
        write(campaigns.prepared(), impact=impact)


def test_news_and_answers_are_told_by_the_group():
    campaign = campaigns.live_campaign()
    member, asker = campaigns.members(campaign)[0], identity.person()
    with transaction():
        service.post_update(campaign, "Le chiavi", "Le abbiamo.", by=member, now=time_now.now())
        question = service.ask_question(campaign, "Si viene la sera?", by=asker, now=time_now.now())
    assert queries.answered(campaign) == []
    with pytest.raises(Missing), transaction():
        service.answer_question(campaign, question, "Sì.", by=asker, now=time_now.now())
    with transaction():
        service.answer_question(campaign, question, "Sì.", by=member, now=time_now.now())
    assert [each.answer for each in queries.answered(campaign)] == ["Sì."]
    assert [each.title for each in queries.updates(campaign)] == ["Le chiavi"]


def test_the_citys_part_shown_is_the_one_that_is_reserved():
    campaigns.live_campaign()
    found = list(queries.checks())
    assert found
    assert all(check.holds for check in found)


def test_the_desk_tells_the_group_and_the_officer_what_to_do():
    campaign = campaigns.asked()
    member, officer = campaigns.members(campaign)[0], identity.person(roles=["officer"])
    assert [each.state for each in together(queries.todo(member.id, frozenset(), time_now.now()))] == ["wait"]
    assert [each.endpoint for each in together(queries.todo(officer.id, frozenset({"officer"}), time_now.now()))] == [
        "campaigns.readiness"
    ]
    assert together(queries.todo(identity.person().id, frozenset(), time_now.now())) == []
