"""The flood brake: one address that asks too often waits for the next minute; others do not notice."""

from __future__ import annotations

from app.web.flood import Brake


def test_one_address_too_often_is_stopped_until_the_next_minute():
    brake = Brake(3)
    assert [brake.is_too_much("1.2.3.4", at) for at in (60, 61, 62, 63)] == [False, False, False, True]
    assert not brake.is_too_much("5.6.7.8", 63), "others do not wait for it"
    assert brake.is_too_much("1.2.3.4", 119.9)
    assert not brake.is_too_much("1.2.3.4", 120)


def test_nothing_is_kept_of_the_minute_before():
    brake = Brake(3)
    for number in range(100):
        brake.is_too_much(f"10.0.0.{number}", 0)
    brake.is_too_much("1.2.3.4", 60)
    assert brake.counts == {"1.2.3.4": 1}


def test_the_page_says_to_wait(app, client, monkeypatch):
    monkeypatch.setattr(app.extensions["flood"], "most", 0)
    answer = client.get("/it/pages/privacy")
    assert answer.status_code == 429
    assert "<h1>" in answer.text
