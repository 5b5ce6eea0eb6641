"""A newcomer with a phone and no scripts: from the first page to the thank-you in ten interactions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.make import campaigns
from tests.story.house import House

pytestmark = pytest.mark.slow

MOST = 10


class Hand:
    """One finger; every press and every field that is filled counts."""

    def __init__(self, page: Page) -> None:
        self.page, self.done = page, 0

    def press(self, name: str, role: Any = "button") -> None:
        """A button, a link or a tick."""
        self.done += 1
        self.page.get_by_role("main").get_by_role(role, name=name).first.click()

    def write(self, label: str, words: str) -> None:
        """One field."""
        self.done += 1
        self.page.get_by_label(label).first.fill(words)


def test_giving_takes_ten_interactions(clock: Any, prepared_house: House, browser: Browser) -> None:
    today = datetime.now(UTC)  # noqa: TID251 - the processes live in the machine's time, and the test ends there
    clock.at(today - timedelta(days=40))
    title = campaigns.live_campaign().title
    clock.at(today)
    prepared_house.start("worker", "web")
    phone = browser.new_context(
        locale="it-IT", viewport={"width": 390, "height": 844}, has_touch=True, java_script_enabled=False
    )
    hand = Hand(phone.new_page())
    hand.page.goto(prepared_house.url + "/it/")
    hand.press(title, "link")
    hand.press("Dona")
    hand.write("La tua e-mail", "nuova@example.org")
    hand.press("Ho almeno 18 anni", "checkbox")
    hand.press("Continua con la carta")
    for label, words in (("Numero della carta", "4242 4242 4242 4242"), ("Scadenza", "12/35"), ("CVC", "123")):
        hand.write(label, words)
    hand.press("Salva la carta")
    hand.page.get_by_role("heading", name="Grazie").wait_for()
    assert hand.done <= MOST
    text = hand.page.get_by_role("main").inner_text()
    assert "Che cosa succede adesso" in text
    assert "WhatsApp" in text
    assert hand.page.get_by_role("img", name="vicini").count() == 1, "the courtyard where a person arrives"
    phone.close()
