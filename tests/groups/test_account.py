"""The account for the gifts: opened once at the provider, left by a link, read again on the way back and on news."""

import re

import pytest
import requests

from app.core import clock as time
from app.core.db import db, transaction
from app.groups import queries, service
from app.groups.rules import ItemKind, ItemState
from app.payments import gateway
from app.payments import service as inbox
from tests.make import groups, identity


def said(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.text)).replace("\xa0", " ")


@pytest.fixture
def named(app, sandbox, client, sign_in):
    """A group whose body has a name, its first person signed in."""
    group = groups.group(people=2)
    groups.constitution(group)
    entity, by = queries.entity_of(group.id), groups.members(group)[0]
    with transaction():
        service.send_name(entity, name="Officina di ringhiera", form="association", by=by, now=time.now())
    sign_in(client, by)
    return group, entity


def account_item(entity):
    return queries.items(entity.id)[ItemKind.ACCOUNT].state


def test_the_whole_way_to_an_enabled_account(named, client, sandbox):
    group, entity = named
    at = f"/it/groups/{group.ref}/body/account"
    assert "Apri il conto" in client.get(at).text
    for _ in range(2):
        assert client.post(f"{at}/open").status_code == 303
    db.session.refresh(entity)
    assert entity.stripe_account.startswith("acct_")
    assert requests.get(f"{sandbox.url}/_sandbox/stats", timeout=5).json()["accounts"] == 1
    leave = client.get(f"{at}/leave")
    assert leave.status_code == 303
    assert leave.location.startswith(sandbox.url)
    assert requests.get(leave.location, timeout=5).status_code == 200
    back = client.get(f"{at}/back")
    assert back.status_code == 303
    assert "Al gestore serve ancora qualcosa" in said(client.get(at))
    assert account_item(entity) is ItemState.MISSING
    requests.post(f"{sandbox.url}/_sandbox/accounts/{entity.stripe_account}/onboard", timeout=5).raise_for_status()
    client.get(f"{at}/back")
    assert "Il conto è abilitato" in said(client.get(at))
    assert account_item(entity) is ItemState.SENT
    db.session.refresh(entity)
    assert entity.account_ready_at == time.now()


def test_news_of_the_account_is_read_again_and_ticked_off(named, client, sandbox, run_jobs):
    group, entity = named
    client.post(f"/it/groups/{group.ref}/body/account/open")
    db.session.refresh(entity)
    requests.post(f"{sandbox.url}/_sandbox/accounts/{entity.stripe_account}/onboard", timeout=5)
    news = gateway.Event(
        "evt_1", "account.updated", time.now(), False, entity.stripe_account, entity.stripe_account, {}
    )
    for _ in range(2):
        with transaction():
            inbox.receive(news, now=time.now())
    run_jobs()
    assert account_item(entity) is ItemState.SENT
    requests.post(f"{sandbox.url}/_sandbox/accounts/{entity.stripe_account}/disable", timeout=5)
    later = gateway.Event("evt_2", "account.updated", time.now(), False, None, entity.stripe_account, {})
    with transaction():
        inbox.receive(later, now=time.now())
    run_jobs()
    db.session.refresh(entity)
    assert entity.account_ready_at is None
    assert account_item(entity) is ItemState.MISSING


def test_news_of_an_account_that_is_not_ours_is_ticked_off(app, sandbox, run_jobs):
    with transaction():
        inbox.receive(gateway.Event("evt_3", "account.updated", time.now(), False, None, "acct_x", {}), now=time.now())
    run_jobs()


def test_a_sweep_finds_what_no_news_told(named, client, sandbox, run_jobs):
    group, entity = named
    client.post(f"/it/groups/{group.ref}/body/account/open")
    db.session.refresh(entity)
    requests.post(f"{sandbox.url}/_sandbox/accounts/{entity.stripe_account}/onboard", timeout=5)
    run_jobs("groups.reread_accounts")
    assert account_item(entity) is ItemState.SENT


def test_without_a_name_no_account_is_opened(app, sandbox, client, sign_in):
    group = groups.group(people=2)
    groups.constitution(group)
    sign_in(client, groups.members(group)[0])
    answer = client.post(f"/it/groups/{group.ref}/body/account/open")
    assert answer.status_code == 409
    assert "Prima scrivete nome e forma giuridica" in said(answer)
    assert queries.entity_of(group.id).account_asked_at is None


def test_strangers_open_and_leave_for_no_account(named, client, sign_in):
    group, entity = named
    sign_in(client, identity.person(roles=["officer"]))
    at = f"/it/groups/{group.ref}/body/account"
    assert client.post(f"{at}/open").status_code == 404
    assert client.get(f"{at}/leave").status_code == 404
    assert client.get(f"{at}/back").status_code == 404
    db.session.refresh(entity)
    assert entity.account_asked_at is None


def test_a_provider_that_is_down_is_said_and_the_second_try_opens_one_account(named, client, sandbox, app):
    group, entity = named
    at = f"/it/groups/{group.ref}/body/account"
    good = app.config["STRIPE_API_BASE"]
    app.config["STRIPE_API_BASE"] = "http://127.0.0.1:9"
    app.extensions.pop("stripe_client", None)
    assert client.post(f"{at}/open").status_code == 503
    app.config["STRIPE_API_BASE"] = good
    app.extensions.pop("stripe_client", None)
    assert client.post(f"{at}/open").status_code == 303
    db.session.refresh(entity)
    assert entity.stripe_account
    assert requests.get(f"{sandbox.url}/_sandbox/stats", timeout=5).json()["accounts"] == 1
