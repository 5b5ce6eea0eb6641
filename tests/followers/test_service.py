"""Following by mail: only the owner of an address says yes, news comes once, one click ends it."""

from __future__ import annotations

import re

import pytest

from app.campaigns import service as campaign_verbs
from app.core.db import db, transaction
from app.core.errors import Gone, Missing
from app.followers import queries, service
from app.followers.models import Follow
from app.followers.rules import Pace, Subject, excerpt
from app.outbox import queries as outbox
from app.outbox import service as letters
from tests.make import campaigns as make
from tests.make import identity, pledges


@pytest.fixture
def campaign(app, clock):
    return make.live_campaign()


def project(campaign):
    return queries.thing(Subject.PROJECT, campaign.slug)


def follow(what, clock, email="vera@example.org", pace=Pace.NOW, language="it"):
    with transaction():
        service.ask(email, what, pace=pace, language=language, now=clock.now())
    with transaction():
        return service.confirm(link(email), now=clock.now())


def link(email):
    return outbox.links_of(outbox.latest(1, recipient=email)[0])[0][1].rpartition("/")[2]


def stop_token(email):
    return queries_of(email)[0].rpartition("/")[2]


def queries_of(email):
    return [url for each in outbox.latest(recipient=email) if (url := outbox.unsubscribe_of(each))]


def write_news(campaign, clock, title="Il tetto è finito", body="Ieri abbiamo **posato** l’ultima lastra."):
    with transaction():
        campaign_verbs.post_update(campaign, title, body, by=make.members(campaign)[0], now=clock.now())


def told(email):
    return [each.subject for each in reversed(outbox.latest(recipient=email)) if each.template == "followers/news"]


def test_nobody_is_written_to_before_the_owner_of_the_address_says_yes(campaign, clock, run_jobs):
    with transaction():
        service.ask("vera@example.org", project(campaign), pace=Pace.NOW, language="it", now=clock.now())
    write_news(campaign, clock)
    run_jobs("followers.tell")
    assert told("vera@example.org") == []
    with transaction():
        service.confirm(link("vera@example.org"), now=clock.now())
    run_jobs("followers.tell")
    assert told("vera@example.org") == [], "what was written before the yes is not sent"
    write_news(campaign, clock, "La porta è verde")
    run_jobs("followers.tell")
    run_jobs("followers.tell")
    assert told("vera@example.org") == [f"{campaign.title}: La porta è verde"]


def test_a_letter_of_news_reads_well_and_ends_with_one_click(campaign, clock, run_jobs):
    follow(project(campaign), clock)
    write_news(campaign, clock)
    run_jobs("followers.tell")
    letter = outbox.latest(1, recipient="vera@example.org")[0]
    text = letters.text_of(letter)
    assert "Ieri abbiamo posato l’ultima lastra." in text
    assert f"/it/projects/{campaign.slug}" in text
    assert "/it/follow/stop/" in text
    with transaction():
        service.stop(stop_token("vera@example.org"), now=clock.now())
    assert db.session.query(Follow).count() == 0, "the address is forgotten"
    with transaction():
        service.stop(stop_token("vera@example.org"), now=clock.now())
    write_news(campaign, clock, "Altra notizia")
    run_jobs("followers.tell")
    assert len(told("vera@example.org")) == 1


def test_the_daily_letter_bundles_and_leaves_in_the_morning(campaign, clock, run_jobs):
    follow(project(campaign), clock, pace=Pace.DAILY)
    write_news(campaign, clock, "Prima")
    run_jobs("followers.tell")
    assert len(told("vera@example.org")) == 1, "nothing was sent today yet"
    clock.move(hours=2)
    write_news(campaign, clock, "Seconda")
    write_news(campaign, clock, "Terza")
    run_jobs("followers.tell")
    assert len(told("vera@example.org")) == 1
    clock.move(hours=16)  # four in the morning
    run_jobs("followers.tell")
    assert len(told("vera@example.org")) == 1
    clock.move(hours=5)
    run_jobs("followers.tell")
    run_jobs("followers.tell")
    assert told("vera@example.org")[1:] == [f"2 notizie di {campaign.title}"]


def test_who_follows_quarter_and_project_hears_an_update_once(campaign, clock, run_jobs):
    zone = queries.territory.zone_by_id(campaign.zone_id)
    run_jobs("followers.tell")  # the opening of the project is noticed
    follow(project(campaign), clock)
    follow(queries.thing(Subject.QUARTER, zone.slug), clock)
    follow(queries.thing(Subject.QUARTER, zone.slug), clock, email="ugo@example.org")
    write_news(campaign, clock)
    run_jobs("followers.tell")
    assert len(told("vera@example.org")) == 1
    assert len(told("ugo@example.org")) == 1


def test_a_call_tells_that_a_project_opens(app, clock, run_jobs):
    waiting = make.asked()
    call = queries.calls.call(waiting.call_id)
    run_jobs("followers.tell")  # its ranking is noticed
    follow(queries.thing(Subject.CALL, call.slug), clock, language="en")
    officer = identity.person(roles=["officer"])
    with transaction():
        campaign_verbs.confirm_ready(waiting, by=officer, now=clock.now())
    run_jobs("followers.tell")
    (letter,) = [each for each in outbox.latest(recipient="vera@example.org") if each.template == "followers/news"]
    assert letter.subject == f"News of {call.title}"
    assert "is open since" in letters.text_of(letter)


@pytest.mark.usefixtures("sandbox")
def test_donors_get_the_news_of_their_project_unless_they_say_no(campaign, clock, run_jobs):
    pledges.active_pledge(campaign, 50, email="dora@example.org")
    quiet = pledges.active_pledge(campaign, 50, email="quieto@example.org")
    with transaction():
        service.stop(queries.donor_stop(quiet), now=clock.now())
    assert queries.stopped(quiet)
    write_news(campaign, clock)
    run_jobs("followers.tell")
    assert len(told("dora@example.org")) == 1
    assert told("quieto@example.org") == []
    with transaction():
        service.stop(stop_token("dora@example.org"), now=clock.now())
    clock.move(days=1)
    write_news(campaign, clock, "Seconda")
    run_jobs("followers.tell")
    assert len(told("dora@example.org")) == 1, "a donor who stopped stays stopped"


def test_a_link_is_good_for_two_days_and_for_one_thing(campaign, clock, run_jobs):
    with transaction():
        row = service.ask("vera@example.org", project(campaign), pace=Pace.NOW, language="it", now=clock.now())
    token, ref = link("vera@example.org"), row.ref
    for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), token.replace(".now.", ".stop."), "fol_x", ""):
        with pytest.raises(Missing), transaction():
            service.confirm(wrong, now=clock.now())
    with pytest.raises(Missing), transaction():
        service.stop(token, now=clock.now())
    clock.move(days=2, seconds=1)
    with pytest.raises(Gone), transaction():
        service.confirm(token, now=clock.now())
    clock.move(days=2)
    run_jobs("followers.tidy")
    assert queries.by_ref(ref) is None


def test_old_news_makes_no_flood(campaign, clock, run_jobs):
    write_news(campaign, clock)
    follow(project(campaign), clock)
    clock.move(days=8)
    run_jobs("followers.tell")
    assert told("vera@example.org") == []


def test_a_beginning_is_plain_and_ends_with_a_whole_word():
    assert excerpt("# Fatto\n\n**Grazie** a [tutti](https://example.org)") == "Fatto Grazie a tutti"
    long = excerpt("parola " * 100)
    assert len(long) <= 281
    assert re.search(r"parola…$", long)
