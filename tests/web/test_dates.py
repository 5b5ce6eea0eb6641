"""The calendar: who sees which date, and what other programmes read."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from app.core import clock as time
from tests.make import calls, campaigns, groups
from tests.make.identity import person

ROME = ZoneInfo("Europe/Rome")


def entries(answer):
    assert answer.mimetype == "text/calendar"
    return {str(each["uid"]): each for each in Calendar.from_ical(answer.data).walk("VEVENT")}


def test_the_public_feed_is_a_calendar_in_the_citys_time_with_lasting_names(client, app):
    noon = time.at_local(date(2026, 4, 10), 12)
    call = calls.open_call("Bando dei cortili", closes_at=noon)
    first = entries(client.get("/it/calendar.ics"))
    found = first[f"call-closes-{call.ref}@localhost"]
    assert found.decoded("dtstart") == datetime(2026, 4, 10, 12, tzinfo=ROME)
    assert found.decoded("dtstart").utcoffset() == timedelta(hours=2)
    assert found["dtstart"].params["TZID"] == "Europe/Rome"
    assert str(found["url"]).endswith(f"/it/calls/{call.slug}")
    assert set(entries(client.get("/en/calendar.ics"))) == set(first)


def test_what_ends_at_midnight_stands_on_the_day_before(client, app):
    campaign = campaigns.live_campaign()
    found = entries(client.get("/it/calendar.ics"))[f"campaign-closes-{campaign.ref}@localhost"]
    assert found.decoded("dtstart") == campaign.last_day


def test_a_private_address_opens_one_persons_dates_until_it_is_made_anew(client, app, sign_in):
    sign_in(client, person(roles=["officer"]))
    made = client.post("/it/calendar/address", data={"act": "renew"}).text
    address = re.search(r"http://localhost(/it/calendar/[^<]+\.ics)", made)[1]
    stranger = app.test_client()
    assert stranger.get(address).status_code == 200
    assert address not in client.get("/it/calendar/address").text  # shown once
    client.post("/it/calendar/address", data={"act": "renew"})
    assert stranger.get(address).status_code == 404
    client.post("/it/calendar/address", data={"act": "close"})
    assert "Non hai ancora un indirizzo" in client.get("/it/calendar/address").text


@pytest.mark.parametrize("month", ["2026-12", "2026-02", "", "x", "2026-13", "2099-12"])
def test_a_month_is_a_table_for_everybody(client, app, month):
    page = client.get(f"/it/calendar?month={month}")
    assert page.status_code == 200
    assert page.text.count('scope="col"') == 7


@pytest.mark.parametrize("role", ["officer", "responsible", "finance", "administrator"])
def test_a_date_leads_the_office_only_to_pages_that_are_open_to_its_reader(client, app, sign_in, role):
    groups.constitution(groups.group(), days=20)
    sign_in(client, person(roles=(role,)))
    desk = client.get("/it/desk").get_data(as_text=True)
    part = desk[desk.index("cv-dates") :]
    led = re.findall(r'<a href="(/it/[^"]+)"', part[: part.index("</ul>")])
    assert led, "the day on which the association must be formed"
    assert {path: client.get(path).status_code for path in led} == dict.fromkeys(led, 200)
