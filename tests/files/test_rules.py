"""What may be uploaded is known by content."""

import pytest

from app.files.rules import LARGEST, Kind, clean_filename, media_type, refuse
from tests.make.pictures import pdf, photo


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (photo(), "image/jpeg"),
        (photo(form="PNG"), "image/png"),
        (photo(form="WEBP"), "image/webp"),
        (pdf(), "application/pdf"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", None),
        (b"<!doctype html><script>alert(1)</script>", None),
        (b"GIF89a/*", None),
        (b"PK\x03\x04", None),
        (b"MZ\x90", None),
        (b" %PDF-1.7", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_type(data, found):
    assert media_type(data) == found


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (b"", "picture", "empty"),
        (photo() + b"\0" * LARGEST, "picture", "10 MB"),
        (pdf(), "picture", "not a picture"),
        (b"<svg/>", "picture", "not a picture"),
        (photo(form="WEBP"), "document", "not a document"),
        (b"<html>", "document", "not a document"),
        (pdf()[:-30], "document", "cut off"),
        (pdf().replace(b"%PDF-1.4", b"%PDF-9.x"), "document", "broken"),
        (
            pdf().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
            "document",
            "programme",
        ),
        (pdf().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/Launch>>"), "document", "programme"),
        (pdf().replace(b"/Root 1 0 R", b"/Root 1 0 R/Encrypt 9 0 R"), "document", "password"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_cannot_be_taken_is_refused_with_what_to_send_instead(data, kind, word):
    assert word in (refuse(data, Kind(kind)) or "")


def test_good_files_pass():
    assert refuse(photo(), Kind.PICTURE) is None
    assert refuse(photo(), Kind.DOCUMENT) is None
    assert refuse(pdf(), Kind.DOCUMENT) is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("..\\..\\boot.ini", "boot.pdf"),
        ("/", "file.pdf"),
        ("", "file.pdf"),
        (".htaccess", "htaccess.pdf"),
        ("con trol\r\nSet-Cookie: a=b.pdf", "con trolSet-Cookie a=b.pdf"),
        ("atto\x00.php", "atto.pdf"),
        ("statuto.pdf.exe", "statuto.pdf.pdf"),
        ("ricevuta\u202efdp.exe", "ricevutafdp.pdf"),
        ("Perché così è.PDF", "Perché così è.pdf"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
        ('a"b;c%2f.pdf', "abc2f.pdf"),
    ],
)
def test_a_name_loses_folders_hidden_signs_and_false_suffixes(given, kept):
    assert clean_filename(given, ".pdf") == kept
