"""Mail's outside: templates in, SMTP out."""

from __future__ import annotations

import smtplib
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jinja2
import resvg_py
from flask import current_app
from flask_babel import force_locale
from markupsafe import Markup
from PIL import Image

from app.core import settings
from app.outbox import queries
from app.outbox.models import Message
from app.outbox.rules import Letter, disarm, one_line, plain_text

PICTURE, PICTURE_WIDTH = "courtyard", 240


@dataclass(frozen=True)
class City:
    """The city as mails name it: {{ city }} is its name, {{ city.office }} the office that answers."""

    name: str
    short: str
    office: str
    email: str
    colour: str

    def __str__(self) -> str:
        return self.name


def city() -> City:
    """The city's settings of today."""
    known = settings.several("city.")
    return City(known["name"], known["short"], known["office"], known["email"], known["colour"])


class MailDown(Exception):
    """The mail server did not take the message now; it may later."""


class ServerDown(MailDown):
    """There is no speaking with the mail server at all: the other messages would fare no better."""


class MailRefused(Exception):
    """The mail server says that it will never take this message."""


def _finish(value: Any) -> Any:
    """What templates print: values from outside cannot pass for marks; our own words (Markup) stay."""
    return disarm(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _letters() -> jinja2.Environment:
    """The site's templates and filters, printing plain text."""
    known: jinja2.Environment | None = current_app.extensions.get("outbox_letters")
    if known is None:
        known = current_app.jinja_env.overlay(finalize=_finish, autoescape=False, trim_blocks=False)
        current_app.extensions["outbox_letters"] = known
    return known


def write(template: str, language: str, context: Mapping[str, Any]) -> str:
    """Render templates/<room>/mail/<name>.txt in that language."""
    room, _, name = template.partition("/")
    with force_locale(language):
        return (
            _letters()
            .get_template(f"{room}/mail/{name}.txt")
            .render(
                {
                    "base_url": base_url(),
                    "city": city(),
                    "language": language,
                    **context,
                }
            )
            .strip()
        )


def _foot(unsubscribe: str | None) -> dict[str, Any]:
    return {"base_url": base_url(), "city": city(), "unsubscribe": unsubscribe}


def html(letter: Letter, language: str, *, unsubscribe: str | None = None, preview: bool = False) -> str:
    """The HTML part, drawn from the same words; a preview carries its picture in itself."""
    picture = f"data:image/png;base64,{b64encode(courtyard()).decode()}" if preview else f"cid:{PICTURE}"
    with force_locale(language):
        return current_app.jinja_env.get_template("mail/base.html").render(
            letter=letter, language=language, picture=picture, preview=preview, **_foot(unsubscribe)
        )


def text(letter: Letter, language: str, *, unsubscribe: str | None = None) -> str:
    """The plain-text part, with the same foot as the HTML."""
    with force_locale(language):
        foot = current_app.jinja_env.get_template("mail/foot.txt").render(language=language, **_foot(unsubscribe))
    return plain_text(letter, [line for line in foot.splitlines() if line.strip()])


def courtyard() -> bytes:
    """The one picture of a letter, carried inside it: two neighbours and their table. No server is asked for it."""
    known: bytes | None = current_app.extensions.get("outbox_courtyard")
    if known is None:
        drawing = (Path(current_app.root_path).parent / "static" / "src" / "courtyard-table.svg").read_text()
        drawn = Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=drawing, width=PICTURE_WIDTH))))
        flat = Image.new("RGB", drawn.size, "#ffffff")
        flat.paste(drawn, mask=drawn.getchannel("A") if drawn.mode == "RGBA" else None)
        packed = BytesIO()
        flat.quantize(48, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        known = current_app.extensions["outbox_courtyard"] = packed.getvalue()
    return known


def compose(message: Message) -> EmailMessage | None:
    """The message as it leaves, always with the same Message-ID; None where its address is none."""
    try:
        recipient = Address(addr_spec=message.recipient)
    except (ValueError, HeaderParseError):
        return None
    letter, unsubscribe = queries.letter(message), queries.unsubscribe_of(message)
    name, sender = parseaddr(current_app.config["MAIL_FROM"])
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    office = city()
    mail = EmailMessage()
    mail["From"] = Address(one_line(name), addr_spec=sender)
    mail["To"] = recipient
    if "@" in office.email:
        mail["Reply-To"] = Address(one_line(office.office), addr_spec=office.email)
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.ref}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    # Quoted-printable: a relay that knows seven bits only changes nothing.
    words = text(letter, message.language, unsubscribe=unsubscribe)
    drawing = html(letter, message.language, unsubscribe=unsubscribe)
    mail.set_content(words, cte="quoted-printable")
    mail.add_alternative(drawing, subtype="html", cte="quoted-printable")
    mail["Content-Language"] = message.language  # set sooner, it would move into the first part
    drawn = mail.get_body(("html",))
    if drawn is not None:
        drawn.add_related(courtyard(), "image", "png", cid=f"<{PICTURE}>", disposition="inline", filename="cofonda.png")
    # A long address must stay whole on its line: folded, the library would write it as an encoded word.
    mail.policy = mail.policy.clone(max_line_length=998)
    return mail


def has_server() -> bool:
    """Whether mail leaves this installation; otherwise it is only read at /dev/mail."""
    return bool(current_app.config["MAIL_URL"])


def deliver(mail: EmailMessage) -> None:
    """Hand the mail to the server of MAIL_URL (smtp://user:password@host:587, smtps://…:465, ?tls=no for none)."""
    try:
        with _line() as line:
            _hand_over(line, mail)
    except smtplib.SMTPRecipientsRefused as error:
        answers = error.recipients.values()
        said = "; ".join(f"{code} {words.decode('utf-8', 'replace')}" for code, words in answers)
        raise (MailRefused if all(code >= 500 for code, _ in answers) else MailDown)(f"recipient: {said}") from error
    except smtplib.SMTPDataError as error:
        words = error.smtp_error
        said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        raise (MailRefused if error.smtp_code >= 500 else MailDown)(f"message: {error.smtp_code} {said}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise ServerDown(f"{type(error).__name__}: {error}"[:500]) from error


def _hand_over(line: smtplib.SMTP, mail: EmailMessage) -> None:
    try:
        line.send_message(mail)
    except smtplib.SMTPNotSupportedError as error:  # an address in letters that this server cannot write
        raise MailRefused(str(error)) from error


def _line() -> smtplib.SMTP:
    server, wait = urlsplit(current_app.config["MAIL_URL"]), float(current_app.config["MAIL_TIMEOUT"])
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        line: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=wait, context=ssl.create_default_context()
        )
    else:
        line = smtplib.SMTP(host, server.port or 25, timeout=wait)
    try:
        if server.scheme != "smtps" and parse_qs(server.query).get("tls") != ["no"]:
            line.starttls(context=ssl.create_default_context())
        if server.username:
            line.login(unquote(server.username), unquote(server.password or ""))
    except BaseException:
        line.close()
        raise
    return line


def base_url() -> str:
    """Where this installation answers."""
    return str(current_app.config["BASE_URL"])
