"""What a proposal lacks, what may happen to it, what is signed: decided without a database."""

from dataclasses import replace
from datetime import date

import pytest

from app.core.errors import Conflict
from app.core.money import Money, euros
from app.core.moves import move
from app.proposals.rules import (
    MOVES,
    WRITTEN,
    Act,
    Draft,
    Part,
    State,
    Undertaking,
    budget_sentence,
    commitment_text,
    fingerprint,
    part_mark,
    prefix,
    problems,
    progress,
    reference,
    started,
)
from tests.make.calls import terms

CLOSES = date(2026, 4, 1)
WHOLE = Draft(
    title="Cortile aperto",
    summary="Quattro garage vuoti diventano un’officina.",
    theme="fare",
    zone=79,
    place="Via Conte Verde 12",
    need="Chi ha una bici rotta oggi la butta, perché nessuno la ripara.",
    story="Nel cortile ci sono quattro garage chiusi da anni: li apriamo due sere a settimana a chi vuole imparare.",
    picture=None,
    picture_alt="",
    total=euros("12000"),
    lines=(("Banchi", euros("7000")), ("Formatori", euros("5000"))),
    milestones=(("Uno", date(2026, 6, 1)), ("Due", date(2026, 9, 1)), ("Tre", date(2026, 12, 1))),
    impact="Trecento oggetti riparati all’anno e venti persone che imparano.",
    group="Officina di ringhiera",
    about="Siamo vicini di casa da dieci anni.",
    members=("per_a", "per_b"),
)
EMPTY = replace(
    WHOLE,
    summary="",
    theme=None,
    zone=None,
    place="",
    need="",
    story="",
    total=Money(0),
    lines=(),
    milestones=(),
    impact="",
    about="",
)


def found(draft, kind="informal", **changes):
    return {part: said for part, said in problems(draft, terms(**changes), kind=kind, closes_on=CLOSES).items() if said}


def test_a_whole_proposal_lacks_nothing():
    assert found(WHOLE) == {}


def test_an_empty_one_lacks_something_in_each_part_and_nothing_is_begun():
    assert set(found(EMPTY)) == set(WRITTEN)
    assert not any(started(EMPTY, part) for part in WRITTEN)
    assert all(started(WHOLE, part) for part in WRITTEN)


@pytest.mark.parametrize(
    ("change", "part", "field"),
    [
        ({"title": "Or"}, Part.IDEA, "title"),
        ({"summary": "Corta."}, Part.IDEA, "summary"),
        ({"theme": None}, Part.IDEA, "theme"),
        ({"theme": "soldi"}, Part.IDEA, "theme"),
        ({"zone": None}, Part.PLACE, "zone"),
        ({"place": ""}, Part.PLACE, "place"),
        ({"need": "Serve."}, Part.PLACE, "need"),
        ({"story": "   "}, Part.STORY, "story"),
        ({"total": Money(0)}, Part.BUDGET, "total"),
        ({"lines": ()}, Part.BUDGET, "name_1"),
        ({"lines": (("Banchi", euros("11999.99")),)}, Part.BUDGET, "total"),
        ({"total": euros("1999.99"), "lines": (("x", euros("1999.99")),)}, Part.BUDGET, "total"),
        ({"total": euros("100000.01"), "lines": (("x", euros("100000.01")),)}, Part.BUDGET, "total"),
        ({"milestones": WHOLE.milestones[:2]}, Part.MILESTONES, "title_3"),
        ({"milestones": (*WHOLE.milestones[:2], ("Prima", CLOSES))}, Part.MILESTONES, "due_3"),
        ({"milestones": (*WHOLE.milestones[:2], ("", date(2026, 12, 1)))}, Part.MILESTONES, "title_3"),
        ({"milestones": (*WHOLE.milestones[:2], ("Tre", None))}, Part.MILESTONES, "due_3"),
        ({"milestones": (*WHOLE.milestones[:2], ("Tre", date(2099, 12, 1)))}, Part.MILESTONES, "due_3"),
        ({"impact": ""}, Part.IMPACT, "impact"),
        ({"about": "Noi."}, Part.PEOPLE, "about"),
        ({"members": ("per_a",)}, Part.PEOPLE, "email"),
    ],
)
def test_each_lack_is_said_beside_its_field(change, part, field):
    said = found(replace(WHOLE, **change))
    assert list(said) == [part]
    assert field in said[part]


def test_the_call_says_where_and_who():
    assert list(found(WHOLE, zones=(80, 81))) == [Part.PLACE]
    assert list(found(WHOLE, zones=(79,))) == []
    assert list(found(WHOLE, members_min=3)) == [Part.PEOPLE]
    assert list(found(WHOLE, kind="constituted", members_min=3)) == []
    assert list(found(WHOLE, proposer_kinds=("constituted",))) == [Part.PEOPLE]


@pytest.mark.parametrize(
    ("lines", "total", "gap", "over"),
    [
        ("11220", "12000", "780", None),
        ("11999.99", "12000", "0.01", None),
        ("12000", "12000", None, None),
        ("12000.01", "12000", None, "0.01"),
        ("13500", "12000", None, "1500"),
    ],
)
def test_a_budget_that_does_not_add_up_says_by_how_much(lines, total, gap, over):
    said = budget_sentence(euros(lines), euros(total))
    params = said.params if said else {}
    assert params.get("gap") == (euros(gap) if gap else None)
    assert params.get("over") == (euros(over) if over else None)
    assert (said is None) == (gap is None and over is None)


@pytest.mark.parametrize(
    ("signed", "sent", "missing", "done"),
    [(0, False, False, 7), (1, False, False, 7), (2, False, False, 8), (2, True, False, 9), (2, False, True, 6)],
)
def test_nine_parts_are_counted(signed, sent, missing, done):
    draft = replace(WHOLE, impact="") if missing else WHOLE
    what = problems(draft, terms(), kind="informal", closes_on=CLOSES)
    assert progress(what, signed=signed, members=2, sent=sent).done == done


def test_any_change_changes_the_fingerprint_and_the_order_of_people_does_not():
    seen = {fingerprint(WHOLE)}
    changes = [
        {"title": "Cortile chiuso"},
        {"summary": WHOLE.summary + " "},
        {"theme": "cura"},
        {"zone": 80},
        {"place": "Via"},
        {"need": "x"},
        {"story": WHOLE.story + "."},
        {"picture": "ab"},
        {"picture_alt": "x"},
        {"total": euros("12000.01")},
        {"lines": tuple(reversed(WHOLE.lines))},
        {"milestones": WHOLE.milestones[:2]},
        {"impact": "x"},
        {"group": "Altro"},
        {"about": "Altri"},
        {"members": ("per_a", "per_c")},
    ]
    for change in changes:
        seen.add(fingerprint(replace(WHOLE, **change)))
    assert len(seen) == 1 + len(changes)
    assert fingerprint(replace(WHOLE, members=("per_b", "per_a"))) == fingerprint(WHOLE)
    assert len(fingerprint(WHOLE)) == 64


def test_a_parts_mark_changes_with_that_part_alone():
    other = replace(WHOLE, impact="Altro")
    assert part_mark(other, Part.IMPACT) != part_mark(WHOLE, Part.IMPACT)
    assert all(part_mark(other, part) == part_mark(WHOLE, part) for part in WRITTEN if part is not Part.IMPACT)


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("act", list(Act))
def test_states_and_acts(state, act):
    legal = {
        ("draft", "change"): "draft",
        ("signing", "change"): "draft",
        ("draft", "complete"): "signing",
        ("signing", "submit"): "submitted",
        ("draft", "withdraw"): "withdrawn",
        ("signing", "withdraw"): "withdrawn",
        ("submitted", "withdraw"): "withdrawn",
        ("submitted", "admit"): "admissible",
        ("submitted", "refuse"): "inadmissible",
    }
    if (state, act) in legal:
        assert move(MOVES, state, act) == legal[state, act]
    else:
        with pytest.raises(Conflict):
            move(MOVES, state, act)


@pytest.mark.parametrize(
    ("title", "letters"),
    [
        ("La Scuola dei Quartieri", "SDQ"),
        ("Scuola dei Quartieri 2026", "SDQ"),
        ("Crowdfunding civico", "CC"),
        ("Àncora", "ANCO"),
        ("2026", "2026"),
        ("Il bando delle periferie di Milano ovest", "BDPD"),
    ],
)
def test_a_reference_begins_with_the_calls_letters(title, letters):
    assert prefix(title) == letters
    assert reference(letters, 2026, 7) == f"{letters}-2026-0007"


def undertaking(**changes):
    fields = {
        "name": "Amina",
        "others": ["Giorgio", "Paola", "Tommaso"],
        "group": "Officina",
        "kind": "informal",
        "call": "Scuola dei Quartieri",
        "title": "Cortile aperto",
        "total": euros("12000"),
        "days": 30,
        "fingerprint": "ab" * 32,
    }
    return Undertaking(**{**fields, **changes})


def test_the_words_that_are_signed_name_who_what_how_much_and_until_when():
    words = commitment_text(undertaking())
    for said in ("Amina", "Giorgio, Paola e Tommaso", "12.000,00 €", "30 giorni", "ab" * 32, "senza scopo di lucro"):
        assert said in words
    assert "{" not in words


def test_an_organisation_signs_other_words_and_english_is_a_courtesy():
    assert "fondare" not in commitment_text(undertaking(kind="constituted"))
    assert "€12,000.00" in commitment_text(undertaking(), language="en")
    assert "nessun altro" in commitment_text(undertaking(others=[]))
    assert "Insieme a Paola presento" in commitment_text(undertaking(others=["Paola"]))
