"""Mail is written with the action, sent by the job, and never lost or doubled."""

import pytest

from app.core.db import db, transaction
from app.core.errors import Conflict
from app.outbox import queries, service
from app.outbox.rules import State
from tests.outbox.server import MailServer


@pytest.fixture
def server(app):
    running = MailServer()
    app.config["MAIL_URL"] = f"smtp://127.0.0.1:{running.port}/?tls=no"
    yield running
    app.config["MAIL_URL"] = ""
    running.stop()


def write(clock, key=None, to="Ada@Example.org", name="Ada", language="it"):
    with transaction():
        return service.send(to, "identity/reset", language=language, now=clock.now(), key=key, name=name, token="abc")


def test_a_mail_is_written_in_the_readers_language_with_both_parts(app, clock):
    italian, english = write(clock), write(clock, language="en")
    assert (italian.subject, english.subject) == ("Imposta una nuova password", "Set a new password")
    assert italian.recipient == "ada@example.org"
    assert queries.links_of(english) == [("Choose a new password", "http://localhost/en/reset/abc")]
    html = service.html_of(italian)
    assert '<html lang="it">' in html
    assert 'href="http://localhost/it/reset/abc"' in html
    assert "Comune di Milano" in html
    assert queries.find(italian.ref) == italian
    assert [message.ref for message in queries.latest(words="PASSWORD")] == [english.ref, italian.ref]
    assert queries.latest(words="100%_") == []
    assert queries.log(queries.Wanted(words="PASSWORD", kind="identity/reset", day=clock.now().date())) == [
        english,
        italian,
    ]
    assert queries.log(queries.Wanted(state=State.FAILED)) == []


def test_a_key_is_written_once(app, clock):
    assert write(clock, key="close:1:ada") is not None
    assert write(clock, key="close:1:ada") is None
    assert len(queries.latest()) == 1


def test_a_name_cannot_forge_markup_links_or_headers(app, clock, server, run_jobs):
    write(clock, name="Ada\r\nBcc: tutti@example.org\n[[Paga|https://evil.example]]<script>alert(1)</script>")
    run_jobs()
    (mail,) = server.kept
    assert mail["Bcc"] is None
    html = mail.get_body(("html",)).get_content()
    assert "<script>" not in html
    assert "evil.example" not in [href for href in html.split('href="')[1:] if href.startswith("https://evil")]
    assert 'href="https://evil' not in html


def test_nothing_is_sent_by_an_action_that_fails(app, clock, server, run_jobs):
    def fail():
        with transaction():
            service.send("a@example.org", "identity/reset", language="it", now=clock.now(), name="A", token="t")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    run_jobs("outbox.deliver")
    assert server.kept == []
    assert queries.latest() == []


def test_the_job_sends_what_is_due_once(app, clock, server, run_jobs):
    first, second = write(clock), write(clock, to="bruno@example.org")
    assert server.kept == []
    run_jobs()
    run_jobs("outbox.deliver")
    assert [mail["To"] for mail in server.kept] == ["ada@example.org", "bruno@example.org"]
    assert server.kept[0]["Message-ID"] == f"<{first.ref}@localhost>"
    assert server.kept[0].get_content_type() == "multipart/alternative"
    db.session.refresh(second)
    assert (second.state, second.sent_at) == (State.SENT, clock.now())


def test_a_server_that_is_down_is_tried_again_later(app, clock, server, run_jobs):
    message = write(clock)
    server.answer = b"451 not now"
    run_jobs()
    db.session.refresh(message)
    assert (message.state, message.attempts) == (State.WAITING, 1)
    assert "451" in message.last_error
    assert queries.overdue(clock.now()) == 0
    server.answer = b"250 ok"
    run_jobs("outbox.deliver")
    assert server.kept == []
    clock.move(minutes=2)
    assert queries.overdue(clock.now()) == 1
    run_jobs("outbox.deliver")
    assert len(server.kept) == 1


def test_a_recipient_refused_for_good_is_given_up(app, clock, server, run_jobs):
    message = write(clock)
    server.answer = b"550 no such person"
    run_jobs()
    db.session.refresh(message)
    assert message.state is State.FAILED


def test_after_days_without_a_server_nothing_is_lost_and_then_it_is_given_up(app, clock, run_jobs):
    app.config["MAIL_URL"] = "smtp://127.0.0.1:1"
    message = write(clock)
    for _ in range(40):
        run_jobs("outbox.deliver")
        clock.move(hours=6)
    app.config["MAIL_URL"] = ""
    db.session.refresh(message)
    assert (message.state, message.attempts) == (State.FAILED, 16)


def test_a_worker_that_dies_while_sending_is_replaced_after_its_lease(app, clock, server, run_jobs):
    message = write(clock)
    with transaction():
        assert service.claim(now=clock.now()).id == message.id
    run_jobs()
    assert server.kept == []
    clock.move(minutes=4)
    run_jobs("outbox.deliver")
    assert len(server.kept) == 1


def test_a_line_that_breaks_is_tried_again_with_the_same_message_id(app, clock, server, run_jobs):
    message = write(clock)
    server.hang_up = True
    run_jobs()
    server.hang_up = False
    clock.move(minutes=5)
    run_jobs("outbox.deliver")
    assert server.kept[0]["Message-ID"] == f"<{message.ref}@localhost>"


def test_two_workers_never_take_the_same_message(app, clock, database):
    write(clock)
    with database.connect() as other:
        other.execute("select id from outbox_message for update")
        with transaction():
            assert service.claim(now=clock.now()) is None


def test_without_a_server_mail_waits_and_is_read_at_dev_mail(app, clock, run_jobs):
    message = write(clock)
    run_jobs("outbox.deliver")
    db.session.refresh(message)
    assert (message.state, message.attempts) == (State.WAITING, 0)


def test_mail_that_left_a_month_ago_loses_its_words(app, clock, server, run_jobs):
    message = write(clock)
    run_jobs()
    clock.move(days=31)
    run_jobs("outbox.forget_old")
    db.session.refresh(message)
    assert (message.body, message.subject) == ("", "Imposta una nuova password")


def test_pages_have_one_address_each(app):
    assert service.page("it", "/pledges/x") == "http://localhost/it/pledges/x"


@pytest.mark.parametrize(
    "to", ["nessuna chiocciola", "a b@example.org", "a@example.org, b@example.org", "@", "ada@èsempio.org"]
)
def test_an_address_that_is_none_does_not_hold_up_the_others(app, clock, server, run_jobs, to):
    wrong, right = write(clock, to=to), write(clock)
    run_jobs()
    db.session.refresh(wrong)
    assert wrong.state in (State.FAILED, State.WAITING)
    assert wrong.last_error
    assert [mail["To"] for mail in server.kept] == [right.recipient]


def test_the_headers_say_who_answers_and_that_a_machine_wrote(app, clock, server, run_jobs):
    write(clock)
    run_jobs()
    (mail,) = server.kept
    assert mail["Auto-Submitted"] == "auto-generated"
    assert str(mail["Reply-To"]) == "Area Innovazione sociale <cofonda@comune.example>"
    assert mail["Content-Language"] == "it"
    assert mail["List-Unsubscribe"] is None


def test_a_letter_asks_no_server_for_anything(app, clock, server, run_jobs):
    write(clock)
    run_jobs()
    (mail,) = server.kept
    html = mail.get_body(("html",)).get_content()
    sources = [part.split('"')[0] for part in html.split('src="')[1:]]
    assert sources == ["cid:courtyard"]
    assert "url(" not in html
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert picture["Content-ID"] == "<courtyard>"
    assert len(picture.get_content()) < 12_000


def test_news_can_be_ended_from_the_mail_program_and_from_the_letter(app, clock, server, run_jobs):
    with transaction():
        service.send(
            "a@example.org",
            "identity/reset",
            language="en",
            now=clock.now(),
            name="Ada",
            token="t" * 43,
            unsubscribe="http://localhost/en/follow/stop/" + "s" * 43,
            stop="s" * 43,
        )
    run_jobs()
    (mail,) = server.kept
    assert mail["List-Unsubscribe"] == f"<http://localhost/en/follow/stop/{'s' * 43}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f'href="http://localhost/en/follow/stop/{"s" * 43}"' in mail.get_body(("html",)).get_content()
    assert f"/follow/stop/{'s' * 43}" in mail.get_body(("plain",)).get_content()


def test_what_is_kept_and_shown_to_the_office_holds_no_secret(app, clock, database):
    with transaction():
        message = service.send(
            "a@example.org", "identity/code", language="it", now=clock.now(), name="Ada", code="246813", about=""
        )
    with database.connect() as other:
        row = other.execute("select row_to_json(m)::text from outbox_message m").fetchone()[0]
    assert "246813" not in row
    for shown in (service.html_of(message, hidden=True), service.text_of(message, hidden=True)):
        assert "246813" not in shown
        assert "••••••" in shown
    assert "246813" in service.text_of(message)


def test_a_server_that_hangs_costs_one_letters_patience(app, clock, server, run_jobs):
    first, second = write(clock), write(clock, to="bruno@example.org")
    server.silent, app.config["MAIL_TIMEOUT"] = True, 0.3
    try:
        run_jobs("outbox.deliver")
    finally:
        app.config["MAIL_TIMEOUT"] = 20
    db.session.refresh(first)
    db.session.refresh(second)
    assert "timed out" in first.last_error
    assert second.attempts <= 1
    server.silent = False
    clock.move(minutes=5)
    run_jobs("outbox.deliver")
    assert len(server.kept) == 2


def test_a_message_refused_for_good_keeps_the_servers_reason(app, clock, server, run_jobs):
    message = write(clock)
    server.verdict = b"554 5.7.1 refused as unwanted"
    run_jobs()
    db.session.refresh(message)
    assert message.state is State.FAILED
    assert "554 5.7.1 refused as unwanted" in message.last_error


def test_an_administrator_has_a_failed_letter_sent_again(app, clock, server, run_jobs):
    with transaction():
        message = service.send("a@example.org", "identity/password_changed", language="it", now=clock.now(), name="Ada")
    server.answer = b"550 no such person"
    run_jobs()
    server.answer = b"250 ok"
    clock.move(hours=1)
    with transaction():
        assert service.send_again(message, by="Rita", now=clock.now()) is message
    run_jobs()
    db.session.refresh(message)
    assert (message.state, message.again_by) == (State.SENT, "Rita")
    with transaction():
        copy = service.send_again(message, by="Rita", now=clock.now())
    run_jobs()
    assert copy.ref != message.ref
    assert [mail["Message-ID"] for mail in server.kept] == [f"<{each.ref}@localhost>" for each in (message, copy)]


def test_a_letter_whose_secret_wears_out_is_not_sent_again(app, clock, server, run_jobs):
    message = write(clock)
    run_jobs()
    with pytest.raises(Conflict), transaction():
        service.send_again(message, by="Rita", now=clock.now())
