"""Files as people send them: photographs with a place in them, scans, and what should not be let in."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def photo(width: int = 900, height: int = 600, *, form: str = "JPEG", turned: bool = False) -> bytes:
    """A photograph that knows where it was taken (GPS of Dergano) and by whom; `turned` lies on its side."""
    picture = Image.new("RGB", (width, height))
    picture.paste((200, 60, 30), (0, 0, width // 2, height))
    picture.paste((0, 102, 204), (width // 2, 0, width, height))
    exif = Image.Exif()
    exif[0x010F] = "Telefono Segreto"
    exif[0x8298] = "Ada Alberti"
    exif[0x0112] = 6 if turned else 1
    exif.get_ifd(0x8825).update({1: "N", 2: (45.0, 30.0, 7.4), 3: "E", 4: (9.0, 10.0, 40.5)})
    out = BytesIO()
    picture.save(out, form, exif=exif)
    return out.getvalue()


def scene(width: int = 2400, height: int = 1200) -> bytes:
    """A photograph with soft and sharp parts, as a camera makes them: what its forms weigh can be measured."""
    soft = Image.radial_gradient("L").resize((width, height))
    other = Image.linear_gradient("L").rotate(90).resize((width, height))
    coarse = Image.effect_noise((width // 12, height // 12), 90).resize((width, height), Image.Resampling.BICUBIC)
    picture = Image.merge("RGB", [Image.blend(one, coarse, 0.35) for one in (soft, other, coarse)])
    for k in range(12):
        x = k * width // 12
        picture.paste((20 * k, 255 - 20 * k, 90), (x, height // 3, x + width // 24, height // 3 + height // 5))
    out = BytesIO()
    picture.save(out, "JPEG", quality=92)
    return out.getvalue()


def pdf(words: str = "Atto costitutivo") -> bytes:
    """A small, whole PDF with one page of words."""
    stream = f"BT /F1 18 Tf 40 700 Td ({words}) Tj ET".encode("latin-1")
    parts = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = bytearray(b"%PDF-1.4\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj" % number + part + b"endobj\n"
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(parts) + 1, start)
    return bytes(out)
