"""Uploads: pictures drawn anew, documents checked, everything under a random name."""

import os
import struct
import subprocess
import sys
import time
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image, ImageFile
from sqlalchemy import text

from app.core import jobs
from app.core.db import db, transaction
from app.core.errors import Invalid
from app.files import gateway, queries, service
from tests.make.pictures import pdf, photo, scene


def store(data, name="foto.jpg", kind="picture", private=False, now=None):
    from app.core import clock

    with transaction():
        return service.store(data, name, kind=kind, private=private, by=None, now=clock.now())


def refused(data, kind="picture"):
    with pytest.raises(Invalid) as found:
        store(data, kind=kind)
    return found.value.errors["file"].message


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_keeps_nothing_of_where_when_and_by_whom(app, form):
    file = store(photo(form=form))
    with transaction():
        service.vary(file, now=file.created_at)
    for variant in (None, "640.webp", "640.avif", "1280.avif"):
        data = gateway.path(file, variant).read_bytes()
        for secret in (b"Telefono", b"Alberti", b"Exif", b"GPS"):
            assert secret not in data
        with Image.open(BytesIO(data)) as picture:
            assert dict(picture.getexif()) == {}
    assert (file.media_type, file.name, file.size) == ("image/webp", "foto.webp", len(gateway.read(file)))


def test_a_picture_that_lies_on_its_side_is_turned_upright(app):
    file = store(photo(900, 600, turned=True))
    assert (file.width, file.height) == (600, 900)


def test_a_large_picture_is_kept_at_the_widths_that_pages_use(app):
    file = store(photo(3000, 1500))
    assert (file.width, file.height) == (1280, 640)
    with Image.open(gateway.path(file, "640.webp")) as small:
        assert small.size == (640, 320)


def test_the_avif_forms_are_drawn_by_a_job_once_and_are_smaller_than_webp(app, run_jobs, clock):
    file = store(scene(2400, 1200))
    folder = gateway.path(file).parent
    assert sorted(path.name for path in folder.iterdir()) == ["640.webp", "main.webp"]
    assert file.varied_at is None
    run_jobs()
    db.session.refresh(file)
    assert file.varied_at == clock.now()
    sizes = {}
    for variant, side, form in (
        ("640.webp", (640, 320), "WEBP"),
        ("640.avif", (640, 320), "AVIF"),
        ("1280.avif", (1280, 640), "AVIF"),
        (None, (1280, 640), "WEBP"),
    ):
        sizes[variant] = gateway.path(file, variant).stat().st_size
        with Image.open(gateway.path(file, variant)) as drawn:
            assert (drawn.size, drawn.format) == (side, form)
    assert sizes["640.avif"] < sizes["640.webp"] < 60 * 1024
    assert sizes["1280.avif"] < sizes[None] < 200 * 1024
    drawn_at = gateway.path(file, "1280.avif").stat().st_mtime_ns
    with transaction():
        service.vary(file, now=clock.move(hours=1))
    assert gateway.path(file, "1280.avif").stat().st_mtime_ns == drawn_at


def test_a_picture_whose_job_was_lost_is_found_again_and_one_that_is_gone_harms_nothing(app, run_jobs, clock):
    file = store(photo())
    with transaction():
        db.session.execute(text("delete from procrastinate_jobs"))
    assert queries.unvaried(10) == [file.id]
    run_jobs("files.vary_rest")
    assert queries.unvaried(10) == []
    with transaction():
        jobs.defer("files.vary", file_id=0)
    assert run_jobs() == 1


def test_a_document_gets_no_forms(app, run_jobs):
    store(pdf(), kind="document", private=True)
    assert run_jobs() == 0


def test_a_very_tall_picture_stays_within_bounds(app):
    file = store(photo(500, 8000))
    assert (file.width, file.height) == (160, 2560)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_pictures_of_every_colour_mode_are_taken(app, mode):
    out = BytesIO()
    picture = Image.new(mode, (700, 400))
    picture.save(out, "JPEG" if mode == "CMYK" else "PNG")
    file = store(out.getvalue())
    with Image.open(gateway.path(file)) as kept:
        assert kept.size == (700, 400)


def test_a_phones_largest_photograph_is_taken_in_little_memory():
    """108 megapixels, decoded at an eighth: the process stays far below what the whole picture would take (324 MB)."""
    code = (
        "import io, resource; from PIL import Image; from app.files import gateway; out = io.BytesIO();"
        "Image.MAX_IMAGE_PIXELS = None; Image.new('L', (12000, 9000)).save(out, 'JPEG');"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "drawn = gateway.draw_picture(out.getvalue(), 'image/jpeg'); assert drawn.width == 1280;"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(said.stdout) < 100_000


def test_a_small_picture_is_not_blown_up(app):
    file = store(photo(300, 200))
    with Image.open(gateway.path(file, "640.webp")) as small:
        assert small.size == (300, 200)


@pytest.mark.parametrize("tail", [b"<?php system($_GET['c']); ?>", b"PK\x03\x04evil.jar", b"<script>alert(1)</script>"])
def test_what_was_hidden_behind_a_picture_is_gone(app, tail):
    file = store(photo() + tail, name="foto.php")
    kept = b"".join(path.read_bytes() for path in gateway.path(file).parent.iterdir())
    assert tail not in kept
    assert file.name == "foto.webp"


def test_a_scan_keeps_its_form_and_loses_its_metadata(app):
    file = store(photo(4000, 2000), name="scontrino.jpg", kind="document", private=True)
    assert (file.media_type, file.name, file.width) == ("image/jpeg", "scontrino.jpg", 3000)
    assert b"Telefono" not in gateway.read(file)


def test_a_document_is_kept_byte_for_byte(app):
    file = store(pdf(), name="../../Atto costitutivo.pdf", kind="document", private=True)
    assert gateway.read(file) == pdf()
    assert (file.name, file.media_type, file.private) == ("Atto costitutivo.pdf", "application/pdf", True)


def _png_claiming(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("size", [(9000, 9000), (15000, 15000), (60000, 60000), (2_000_000, 10)])
def test_a_small_file_that_claims_to_be_an_enormous_picture_is_refused_before_it_is_decoded(app, size, monkeypatch):
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda picture: decoded.append(picture))
    assert "25 megapixels" in refused(_png_claiming(*size))
    assert decoded == []


@pytest.mark.parametrize(
    "data",
    [
        photo()[:200],
        photo(form="PNG")[:60],
        b"\xff\xd8\xff" + b"\0" * 50,
        b"\x89PNG\r\n\x1a\n<svg onload=alert(1)>",
        b"RIFF\x10\0\0\0WEBPxxxx",
        _png_claiming(100, 100),
        _png_claiming(0, 0),
    ],
)
def test_a_broken_picture_is_refused_with_a_sentence(app, data):
    assert "broken or cut off" in refused(data)


@pytest.mark.parametrize(
    "data", [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<html></html>", b"GIF89a", b"BM", b"MM\0*"]
)
def test_other_forms_are_refused_whatever_their_name(app, data):
    assert "not a picture" in refused(data)


def test_names_on_disc_are_random_and_never_the_uploaded_one(app):
    first, second = store(photo(), name="uguale.jpg"), store(photo(), name="uguale.jpg")
    assert first.stored_as != second.stored_as
    root = Path(app.config["FILES_DIR"])
    for path in root.rglob("*"):
        assert "uguale" not in path.name
    with pytest.raises(ValueError, match="no variant"):
        gateway.path(first, "../../secret")


def test_a_file_whose_action_failed_leaves_an_orphan_that_the_sweep_removes_after_a_day(app, clock):
    kept = store(photo())
    lost = []

    def fail():
        with transaction():
            file = service.store(photo(), "x.jpg", kind="picture", private=False, by=None, now=clock.now())
            lost.append((gateway.path(file).parent, file.ref))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    folder, ref = lost[0]
    assert queries.by_ref(ref) is None
    assert folder.exists()
    assert service.sweep() == 0
    yesterday = time.time() - 25 * 3600
    for path in (folder, gateway.path(kept).parent):
        os.utime(path, (yesterday, yesterday))
    assert service.sweep() == 1
    assert not folder.exists()
    assert gateway.path(kept).exists()
