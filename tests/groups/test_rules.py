"""Which bodies a group can form, when it is reminded, what an IBAN tells: tables without a database."""

import pytest

from app.core.codes import CodeError, body_tax_code, iban
from app.core.errors import Conflict
from app.core.moves import move
from app.groups.rules import (
    ENTITY_MOVES,
    ITEM_MOVES,
    EntityAct,
    EntityState,
    ItemAct,
    ItemState,
    Kind,
    LegalForm,
    bank_of,
    masked,
    refuse_extension,
    refuse_form,
    refuse_iban,
    reminder_due,
    slug,
    spaced,
)
from tests.make.groups import IBAN, body_code


@pytest.mark.parametrize(
    ("form", "people", "least"),
    [
        ("association", 1, 2),
        ("association", 2, None),
        ("association", 4, None),
        ("committee", 2, 3),
        ("committee", 3, None),
        ("aps", 4, 7),
        ("aps", 6, 7),
        ("aps", 7, None),
        ("odv", 4, 7),
        ("odv", 7, None),
        ("small_cooperative", 2, 3),
        ("small_cooperative", 3, None),
        ("cooperative", 4, 9),
        ("cooperative", 8, 9),
        ("cooperative", 9, None),
    ],
)
def test_a_form_needs_its_people_and_the_sentence_says_how_many(form, people, least):
    said = refuse_form(LegalForm(form), Kind.INFORMAL, people)
    assert (said and said.params) == (least and {"least": least, "have": people})


def test_a_foundation_is_no_form_for_people_and_an_existing_body_is_what_it_is():
    said = refuse_form(LegalForm.FOUNDATION, Kind.INFORMAL, 40)
    assert said.params == {"have": 40, "least": 2}
    for form in LegalForm:
        assert refuse_form(form, Kind.CONSTITUTED, 1) is None


@pytest.mark.parametrize("state", list(ItemState))
@pytest.mark.parametrize("act", list(ItemAct))
def test_states_of_an_item_and_acts(state, act):
    legal = {
        ("missing", "send"): "sent",
        ("sent", "send"): "sent",
        ("returned", "send"): "sent",
        ("accepted", "send"): "sent",
        ("sent", "accept"): "accepted",
        ("sent", "return"): "returned",
        ("accepted", "return"): "returned",
        ("sent", "lose"): "missing",
    }
    if (state, act) in legal:
        assert move(ITEM_MOVES, state, act) == legal[state, act]
    else:
        with pytest.raises(Conflict):
            move(ITEM_MOVES, state, act)


def test_states_of_a_body():
    assert move(ENTITY_MOVES, EntityState.DRAFT, EntityAct.VERIFY) is EntityState.VERIFIED
    assert move(ENTITY_MOVES, EntityState.VERIFIED, EntityAct.REOPEN) is EntityState.DRAFT
    with pytest.raises(Conflict):
        move(ENTITY_MOVES, EntityState.VERIFIED, EntityAct.VERIFY)


@pytest.mark.parametrize(
    ("left", "length", "due"),
    [
        (30, 30, None),  # the letter that opens the time is the first of the four
        (29, 30, None),
        (15, 30, None),
        (14, 30, 14),
        (8, 30, 14),
        (7, 30, 7),
        (2, 30, 7),
        (1, 30, 1),
        (0, 30, 1),
        (-1, 30, None),
        (40, 45, None),
        (30, 45, 30),
        (16, 16, None),
        (14, 16, 14),
        (1, 1, None),
    ],
)
def test_reminders_stand_14_7_and_1_days_before_the_end_and_30_where_there_is_more_time(left, length, due):
    assert reminder_due(left, length) == due


@pytest.mark.parametrize(("days", "fits"), [(1, True), (16, True), (0, False), (17, False), (-3, False)])
def test_an_extension_has_a_limit_and_comes_once(days, fits):
    assert (refuse_extension(days, 16, False) is None) == fits
    assert isinstance(refuse_extension(days, 16, True), Conflict)


@pytest.mark.parametrize(
    "code",
    [
        IBAN,
        "it60 x054 2811 1010 0000 0123 456",
        "IT60-X0542811101000000123456",
        "DE89370400440532013000",
        "SM86U0322509800000000270100",
    ],
)
def test_good_ibans_are_read_with_spaces_and_small_letters(code):
    read = iban(code)
    assert " " not in read
    assert read == read.upper()
    assert refuse_iban(read) is None


@pytest.mark.parametrize(
    "code",
    [
        "",
        "IT60",
        "IT61X0542811101000000123456",
        IBAN[:-1],
        IBAN + "7",
        "IT60X0542811101000000123465",
        "XX60X0542811101000000123456",
        "12",
        "IT60X05428111010000001234５6",
        "'; drop table",
    ],
)
def test_bad_ibans_are_refused_with_the_sentence_of_the_look(code):
    with pytest.raises(CodeError) as refused:
        iban(code)
    assert str(refused.value) == "This IBAN has a wrong digit. Copy it again from your bank's site."


def test_an_iban_outside_the_sepa_area_is_of_no_use():
    assert refuse_iban(iban("TR330006100519786457841326")) is not None


def test_an_iban_tells_its_bank_and_country():
    assert bank_of(IBAN).country == "IT"
    assert bank_of(IBAN).name
    assert bank_of("DE89370400440532013000").country == "DE"
    assert spaced(IBAN) == "IT60 X054 2811 1010 0000 0123 456"
    assert masked(IBAN).endswith("3456")
    assert "0542811" not in masked(IBAN)


@pytest.mark.parametrize("code", ["01199250158", "0119 9250 158", "01199250158 "])
def test_good_tax_codes_of_bodies(code):
    assert body_tax_code(code) == "01199250158"


@pytest.mark.parametrize(
    "code", ["", "01199250159", "0119925015", "011992501588", "RSSMRA80A01F205X", "O1199250158", "00000000001"]
)
def test_bad_tax_codes_of_bodies(code):
    with pytest.raises(CodeError):
        body_tax_code(code)


def test_the_codes_that_builders_make_are_good_and_different():
    codes = {body_code(number) for number in range(200)}
    assert len(codes) == 200
    assert all(body_tax_code(code) == code for code in codes)


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Officina di ringhiera", "officina-di-ringhiera"),
        ("Caffè & Co.", "caffe-co"),
        ("日本", "gruppo"),
        ("-" * 80, "gruppo"),
    ],
)
def test_a_name_becomes_an_address(name, address):
    assert slug(name) == address
