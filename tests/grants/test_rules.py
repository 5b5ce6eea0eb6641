"""What a grant pays, in euros."""

from itertools import product

import pytest

from app.calls.rules import TrancheKind
from app.core.cells import safe as csv_cell
from app.core.errors import Conflict
from app.core.money import ZERO, euros, total
from app.core.moves import move
from app.grants.rules import (
    EXPENSE_MOVES,
    ORDER_MOVES,
    REPORT_MOVES,
    ExpenseAct,
    ExpenseState,
    Limit,
    OrderAct,
    OrderState,
    ReportAct,
    ReportState,
    closing,
    document_key,
    end_to_end,
    remittance,
    tranche_amounts,
)


@pytest.mark.parametrize(
    ("amount", "shares", "parts"),
    [
        ("7200.00", [5000, 5000], ["3600.00", "3600.00"]),
        ("7199.99", [5000, 5000], ["3599.99", "3600.00"]),
        ("7200.01", [5000, 5000], ["3600.00", "3600.01"]),
        ("100.00", [3333, 3333, 3334], ["33.33", "33.33", "33.34"]),
        ("0.01", [5000, 5000], ["0.00", "0.01"]),
        ("5000.00", [10000], ["5000.00"]),
    ],
)
def test_tranches_always_add_up_to_the_grant(amount: str, shares: list[int], parts: list[str]) -> None:
    found = tranche_amounts(euros(amount), shares)
    assert found == [euros(part) for part in parts]
    assert total(found) == euros(amount)


@pytest.mark.parametrize(
    ("accepted", "gifts", "paid", "final", "balance", "economy", "recovery", "limit"),
    [
        ("11000.00", "4800.00", "3600.00", "6200.00", "2600.00", "1000.00", "0.00", Limit.GIFTS),
        ("11000.01", "4800.00", "3600.00", "6200.01", "2600.01", "999.99", "0.00", Limit.GIFTS),
        ("10999.99", "4800.00", "3600.00", "6199.99", "2599.99", "1000.01", "0.00", Limit.GIFTS),
        ("12000.00", "4800.00", "3600.00", "7200.00", "3600.00", "0.00", "0.00", Limit.CONFIRMED),
        ("13000.00", "4800.00", "3600.00", "7200.00", "3600.00", "0.00", "0.00", Limit.CONFIRMED),
        ("11000.00", "4000.00", "3600.00", "6600.00", "3000.00", "600.00", "0.00", Limit.SHARE),
        ("8400.00", "4800.00", "3600.00", "3600.00", "0.00", "3600.00", "0.00", Limit.GIFTS),
        ("8399.99", "4800.00", "3600.00", "3599.99", "0.00", "3600.00", "0.01", Limit.GIFTS),
        ("0.00", "4800.00", "3600.00", "0.00", "0.00", "3600.00", "3600.00", Limit.GIFTS),
        ("0.00", "4800.00", "0.00", "0.00", "0.00", "7200.00", "0.00", Limit.GIFTS),
    ],
)
def test_the_accounts_of_seven_thousand_two_hundred_confirmed(
    accepted: str, gifts: str, paid: str, final: str, balance: str, economy: str, recovery: str, limit: Limit
) -> None:
    found = closing(euros("7200"), 6000, euros(accepted), euros(gifts), euros(paid))
    assert (found.final, found.balance, found.economy, found.recovery, found.limit) == (
        euros(final),
        euros(balance),
        euros(economy),
        euros(recovery),
        limit,
    )
    assert found.economy + found.balance + euros(paid) == euros("7200")


def test_less_confirmed_than_paid_gives_nothing_back_to_the_fund_and_all_that_is_too_much_is_owed() -> None:
    found = closing(euros("1000"), 6000, euros("12000"), euros("20"), euros("3600"))
    assert (found.final, found.balance, found.economy, found.recovery) == (euros("1000"), ZERO, ZERO, euros("2600"))


@pytest.mark.parametrize(("state", "act"), list(product(OrderState, OrderAct)))
def test_a_payment_order_only_makes_the_moves_of_the_table(state: OrderState, act: OrderAct) -> None:
    if (state, act) in ORDER_MOVES:
        assert move(ORDER_MOVES, state, act) is ORDER_MOVES[state, act]
    else:
        with pytest.raises(Conflict):
            move(ORDER_MOVES, state, act)


@pytest.mark.parametrize(("state", "act"), list(product(ExpenseState, ExpenseAct)))
def test_an_expense_is_decided_once(state: ExpenseState, act: ExpenseAct) -> None:
    assert ((state, act) in EXPENSE_MOVES) is (state is ExpenseState.SENT)


@pytest.mark.parametrize(("state", "act"), list(product(ReportState, ReportAct)))
def test_a_closed_report_never_moves_again(state: ReportState, act: ReportAct) -> None:
    if state is ReportState.CLOSED:
        assert (state, act) not in REPORT_MOVES


@pytest.mark.parametrize(
    ("one", "other"), [("FT-12/2026", "ft 12 2026"), ("Società Elettrica S.r.l.", "SOCIETA ELETTRICA SRL")]
)
def test_the_same_document_written_two_ways_has_one_key(one: str, other: str) -> None:
    assert document_key(one) == document_key(other)


def test_a_transfer_names_the_project_code_and_the_tranche_first() -> None:
    text = remittance("B49D16010990006", TrancheKind.ADVANCE, "Convenzione 31/2026", "Cinema in cortile " * 20)
    assert text.startswith("CUP B49D16010990006 anticipo Convenzione 31/2026")
    assert len(text) == 140


def test_an_end_to_end_reference_fits_a_bank_field() -> None:
    assert end_to_end("ord_7f3kqz2m9ab4cdxy") == "ORD7F3KQZ2M9AB4CDXY"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_no_spreadsheet_takes_a_cell_for_a_formula(start: str) -> None:
    assert csv_cell(f"{start}HYPERLINK(1)") == f"'{start}HYPERLINK(1)"
    assert csv_cell("Officina di ringhiera") == "Officina di ringhiera"
