"""Mail's outside: templates in, SMTP out."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jinja2
from flask import current_app
from flask_babel import force_locale
from markupsafe import Markup

from app.core import settings
from app.outbox.models import Message
from app.outbox.rules import Letter, disarm, one_line, parse, plain_text

TIMEOUT = 20


@dataclass(frozen=True)
class City:
    """The city as mails name it: {{ city }} is its name, {{ city.office }} the office that answers."""

    name: str
    short: str
    office: str
    email: str

    def __str__(self) -> str:
        return self.name


def city() -> City:
    """The city's settings of today."""
    known = settings.several("city.")
    return City(known["name"], known["short"], known["office"], known["email"])


class MailDown(Exception):
    """The mail server did not take the message now; it may later."""


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


def html(letter: Letter, language: str) -> str:
    """The HTML part, drawn from the same words."""
    with force_locale(language):
        return current_app.jinja_env.get_template("mail/base.html").render(
            letter=letter,
            language=language,
            base_url=base_url(),
            city=city(),
        )


def compose(message: Message) -> EmailMessage | None:
    """The message as it leaves, always with the same Message-ID; None where its address is none."""
    try:
        recipient = Address(addr_spec=message.recipient)
    except (ValueError, HeaderParseError):
        return None
    letter = parse(message.body)
    name, sender = parseaddr(current_app.config["MAIL_FROM"])
    host = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    mail = EmailMessage()
    mail["From"] = Address(one_line(name), addr_spec=sender)
    mail["To"] = recipient
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(message.created_at)
    mail["Message-ID"] = f"<{message.ref}@{host}>"
    mail["Content-Language"] = message.language
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(plain_text(letter))
    mail.add_alternative(html(letter, message.language), subtype="html")
    return mail


def has_server() -> bool:
    """Whether mail leaves this installation; otherwise it is only read at /dev/mail."""
    return bool(current_app.config["MAIL_URL"])


def deliver(mail: EmailMessage) -> None:
    """Hand the mail to the server of MAIL_URL (smtp://user:password@host:587, smtps://…:465, ?tls=no for none)."""
    server = urlsplit(current_app.config["MAIL_URL"])
    host, secure = server.hostname or "localhost", server.scheme == "smtps"
    try:
        if secure:
            line: smtplib.SMTP = smtplib.SMTP_SSL(
                host, server.port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        else:
            line = smtplib.SMTP(host, server.port or 25, timeout=TIMEOUT)
        with line:
            if not secure and parse_qs(server.query).get("tls") != ["no"]:
                line.starttls(context=ssl.create_default_context())
            if server.username:
                line.login(unquote(server.username), unquote(server.password or ""))
            line.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        raise (MailRefused if all(code >= 500 for code in codes) else MailDown)(
            f"recipient refused: {codes}"
        ) from error
    except (smtplib.SMTPException, OSError) as error:
        raise MailDown(f"{type(error).__name__}: {error}"[:500]) from error


def base_url() -> str:
    """Where this installation answers."""
    return str(current_app.config["BASE_URL"])
