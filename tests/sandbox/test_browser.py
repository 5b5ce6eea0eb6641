"""The hosted pages in Chromium on a phone, without JavaScript: the way there and back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser import chromium
from tests.sandbox.conftest import Box


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False, locale="it-IT")
        yield context.new_page()


def no_wider_than_the_screen(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") == 390)


def press(page: Page, name: str) -> None:
    """Press a button and wait for the page it leads to: a click alone returns while the next one still arrives."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def test_a_person_stores_a_card_and_comes_back(box: Box, page: Page) -> None:
    session = box.setup_session(custom_text={"submit": {"message": "Solo se riesce."}})
    page.goto(session.url)
    assert page.title().startswith("Salva la tua carta")
    page.get_by_label("Numero della carta").fill("4242 4242 4242 4241")
    press(page, "Salva la carta")
    assert page.get_by_role("alert").get_by_role("link").count() == 3
    assert page.get_by_label("Numero della carta").input_value() == "4242 4242 4242 4241"
    press(page, "Rifiutata subito")
    press(page, "Salva la carta")
    assert "non è stata accettata" in page.get_by_role("alert").inner_text()
    press(page, "Chiede la conferma")
    press(page, "Salva la carta")
    assert no_wider_than_the_screen(page)
    press(page, "Autorizza")
    expect(page).to_have_title("back")
    assert box.receiver.pages == [f"/thanks?session={session.id}"]


def test_enter_submits_the_form_and_not_a_test_card(box: Box, page: Page) -> None:
    session = box.payment_session(2500)
    page.goto(session.url)
    page.get_by_label("E-mail").fill("anna@example.org")
    page.get_by_label("Numero della carta").fill("4242424242424242")
    page.get_by_label("Scadenza").fill("1235")
    page.get_by_label("CVC").fill("123")
    with page.expect_navigation():
        page.get_by_label("CVC").press("Enter")
    expect(page).to_have_title("back")
    assert box.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_a_representative_onboards_and_comes_back(box: Box, page: Page) -> None:
    account = box.account(onboarded=False)
    link = box.v1.account_links.create(
        params={
            "account": account,
            "type": "account_onboarding",
            "return_url": box.receiver.url + "/returned",
            "refresh_url": box.receiver.url + "/again",
        }
    )
    page.goto(link.url)
    assert no_wider_than_the_screen(page)
    press(page, "Conferma i dati")
    assert box.receiver.pages == ["/returned"]
    assert box.v1.accounts.retrieve(account).charges_enabled is True
