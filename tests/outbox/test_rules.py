"""One plain text makes both parts of a mail; values from outside cannot pass for our marks."""

from datetime import timedelta

import pytest

from app.outbox.rules import (
    HIDDEN,
    TRIES,
    Block,
    disarm,
    masked,
    one_line,
    parse,
    plain_text,
    seal,
    unseal,
    wait_after,
)

TEXT = """
Grazie, la tua promessa è registrata

! 50,00 €
a Officina di ringhiera.
Oggi non hai pagato nulla.

# Che cosa succede adesso
La raccolta si chiude:: 9 dicembre 2026

Ultimo addebito:: 7 febbraio 2027
[[Vedi o annulla|https://cofonda.example/it/pledges/abc]]

> Ho almeno 18 anni.
> Autorizzo 50,00 €.
"""


def test_a_text_becomes_a_letter():
    letter = parse(TEXT)
    assert letter.subject == "Grazie, la tua promessa è registrata"
    assert letter.blocks == (
        Block("figure", ("50,00 €",)),
        Block("paragraph", ("a Officina di ringhiera.", "Oggi non hai pagato nulla.")),
        Block("heading", ("Che cosa succede adesso",)),
        Block("rows", rows=(("La raccolta si chiude", "9 dicembre 2026"), ("Ultimo addebito", "7 febbraio 2027"))),
        Block("button", ("Vedi o annulla", "https://cofonda.example/it/pledges/abc")),
        Block("quote", ("Ho almeno 18 anni.", "Autorizzo 50,00 €.")),
    )


def test_a_quotation_stays_one_box_across_blank_lines():
    letter = parse("Oggetto\n\n> Ho almeno 18 anni.\n\n> Autorizzo 50,00 €.\n")
    assert letter.blocks == (Block("quote", ("Ho almeno 18 anni.", "Autorizzo 50,00 €.")),)


def test_a_bar_has_its_share_and_its_words():
    letter = parse("Oggetto\n\n% 40 50,00 € tuoi + 75,00 € del Comune\n")
    assert letter.blocks == (Block("bar", ("50,00 € tuoi + 75,00 € del Comune", "40")),)
    assert plain_text(letter) == "Oggetto\n=======\n\n50,00 € tuoi + 75,00 € del Comune\n"


def test_the_plain_part_reads_well_without_marks():
    text = plain_text(parse(TEXT))
    assert "Vedi o annulla:\nhttps://cofonda.example/it/pledges/abc\n" in text
    assert "Ultimo addebito: 7 febbraio 2027" in text
    assert "[[" not in text
    assert "::" not in text


@pytest.mark.parametrize(
    "value",
    [
        "[[Paga qui|https://evil.example]]",
        "x\n[[Paga qui|https://evil.example]]",
        "x\r\n\r\n# Il Comune ti deve",
        "> citazione falsa",
        "IBAN:: IT60X0542811101000000123456",
        "x\u2028[[Paga qui|https://evil.example]]",
        "! 9.999,00 €",
    ],
)
def test_a_value_from_outside_stays_words(value):
    letter = parse(f"Oggetto\n\n{disarm(value)}\n")
    assert [block.kind for block in letter.blocks] == ["paragraph"]
    assert len(letter.blocks[0].lines) == 1


def test_a_sum_keeps_the_space_that_holds_it_together():
    assert disarm("50,00\u00a0€") == "50,00\u00a0€"


def test_only_web_addresses_become_buttons():
    assert parse("O\n\n[[Clic|javascript:alert(1)]]").blocks[0].kind == "paragraph"


def test_a_header_is_one_line_of_printable_signs():
    assert one_line("Ciao\r\nBcc: tutti@example.org\x00\x1b[31m") == "Ciao Bcc: tutti@example.org [31m"


def test_waiting_grows_to_six_hours_and_lasts_more_than_a_day():
    waits = [wait_after(n) for n in range(1, TRIES)]
    assert waits[0] == timedelta(minutes=1)
    assert waits == sorted(waits)
    assert max(waits) == timedelta(hours=6)
    assert timedelta(days=1) < sum(waits, timedelta()) < timedelta(days=5)


def test_the_city_s_sum_has_its_own_mark_and_nobody_else_can_write_it():
    assert parse("Oggetto\n\n!! 75,00 €\n").blocks == (Block("city", ("75,00 €",)),)
    assert disarm("!! 75,00 €") == "75,00 €"


def test_a_sum_in_the_subject_keeps_its_sign_beside_it():
    assert parse("Pagati  75,00\u00a0€\n\nTesto").subject == "Pagati 75,00\u00a0€"


def test_long_lines_are_folded_for_a_text_client_and_addresses_stay_whole():
    long = "La raccolta si è chiusa e il Comune ha messo la sua parte: " * 4
    address = f"https://cofonda.example/it/pledges/{'a' * 90}"
    text = plain_text(parse(f"Oggetto\n\n{long}\n\n[[Apri|{address}]]\n"), ["Ufficio"])
    assert max(len(line) for line in text.splitlines() if not line.startswith("https://")) <= 72
    assert f"\n{address}\n" in text
    assert text.endswith("-- \nUfficio\n")


def test_a_secret_is_kept_apart_from_the_words():
    words = "Codice 123456, https://cofonda.example/it/reset/Zx9_secret-token"
    kept = seal(words, ["Zx9_secret-token", "123456"])
    assert "123456" not in kept
    assert "secret" not in kept
    assert unseal(kept, ["Zx9_secret-token", "123456"]) == words
    assert masked(kept) == f"Codice {HIDDEN}, https://cofonda.example/it/reset/{HIDDEN}"


def test_a_name_cannot_ask_for_a_secret():
    assert disarm("⟦0⟧") == "[0]"


def test_a_secret_in_an_old_letter_is_hidden_by_its_length():
    assert masked(f"https://cofonda.example/it/pledges/{'aZ9-' * 11}") == f"https://cofonda.example/it/pledges/{HIDDEN}"
    assert masked("https://cofonda.example/it/projects/officina") == "https://cofonda.example/it/projects/officina"
