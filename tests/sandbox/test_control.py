import time

import pytest
import requests

from tests.sandbox.conftest import Box


def test_the_clock_moves_forward_and_stops(box: Box) -> None:
    box.control("clock", now="2030-01-02T03:04:05+00:00")
    assert 0 <= box.customer().created - 1893553445 < 10
    frozen = box.control("clock", now="2030-01-02T03:04:05+00:00", frozen=True)["now"]
    assert box.customer().created == frozen
    box.control("clock", offset_seconds=86400)
    assert abs(box.customer().created - time.time() - 86400) < 5
    assert requests.get(f"{box.url}/_sandbox/clock", timeout=5).json()["offset_seconds"] == 86400


def test_a_clock_without_a_zone_is_refused(box: Box) -> None:
    assert box.control("clock", now="2030-01-02T03:04:05")["http"] == 400


def test_reset_forgets_everything(box: Box) -> None:
    box.charge(5000)
    box.control("clock", offset_seconds=999)
    box.control("faults", fail_rate=1)
    box.control("reset")
    stats = box.stats()
    assert (stats["customers"], stats["events"], stats["requests"], stats["charges"]["succeeded"]) == (0, 0, 0, 0)
    assert stats["clock"]["offset_seconds"] == 0
    assert box.customer().id


@pytest.mark.parametrize("body", [{"unheard_of": 1}, {"fail_rate": 2}])
def test_an_unknown_fault_is_refused(box: Box, body: dict[str, float]) -> None:
    assert box.control("faults", **body)["http"] == 400


def test_faults_can_be_kept_to_some_paths(box: Box) -> None:
    box.control("faults", fail_rate=1, fail_status=400, path="^/v1/refunds", methods="POST GET")
    assert box.customer().id
    assert box.raw("/v1/refunds", {}).status_code == 400
    box.control("faults", clear=True)
    assert box.raw("/v1/refunds", method="GET").status_code == 200


def test_counts_tell_what_happened(box: Box) -> None:
    box.charge(5000)
    box.charge(2500)
    stats = box.stats()
    assert stats["charges"] == {"succeeded": 2, "failed": 0, "amount": 7500}
    assert stats["nonconforming"] == {"count": 0, "details": []}
    assert stats["payment_methods_attached"] == 2
    assert stats["requests"] > 0


def test_a_card_that_no_page_would_take_is_refused(box: Box) -> None:
    session = box.setup_session()
    assert box.control(f"checkout/{session.id}/complete", card="4111111111111111")["http"] == 400
    assert box.control(f"checkout/{session.id}/complete", exp_year=2020)["http"] == 400
    assert box.control("checkout/cs_test_nothing/complete")["http"] == 404


def test_the_root_page_lists_the_test_cards(box: Box) -> None:
    page = requests.get(box.url, timeout=5).text
    assert "4000 0000 0000 0341" in page


def test_a_receipt_can_be_opened(box: Box) -> None:
    intent = box.charge(123450, expand=["latest_charge"])
    page = requests.get(intent.latest_charge.receipt_url, headers={"Accept-Language": "it"}, timeout=5)
    assert "1.234,50" in page.text
