"""Long work: begun once, watched, stopped, done again from its beginning; jobs that failed are tried again."""

import pytest
from sqlalchemy import text

from app.core import clock as time
from app.core import jobs
from app.core.db import db, transaction
from app.web import queries, service
from app.web.jobs import do_work
from app.web.rules import Kind, State
from tests.make import campaigns, pledges
from tests.make.identity import person


@pytest.fixture
def admin(client, app, sign_in):
    found = person("Sara Neri", roles=["administrator"])
    sign_in(client, found)
    return found


def begin(kind, by):
    with transaction():
        return service.begin(kind, roles=frozenset({"administrator"}), language="it", by=by, now=time.now())


def test_the_books_are_checked_from_a_page_that_looks_again_until_it_has_ended(client, admin, run_jobs):
    where = client.post("/it/desk/works", data={"kind": "verify"}).headers["Location"]
    waiting = client.get(where).text
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in waiting
    assert 'hx-trigger="every 2s"' in waiting
    assert client.post("/it/desk/works", data={"kind": "verify"}).headers["Location"] == where  # one at a time
    run_jobs()
    done = client.get(where).text
    assert "Ogni cifra è uguale al suo saldo nel registro." in done
    assert "hx-trigger" not in done
    assert "http-equiv" not in done
    assert client.get(f"{where}/file.csv").status_code == 409


def test_a_file_of_all_pledges_is_streamed_to_who_asked_and_nobody_else(client, app, admin, sandbox, sign_in, run_jobs):
    pledge = pledges.active_pledge(campaigns.live_campaign(), 50, email="=cmd@example.org", name="Lia")
    sign_in(client, admin)  # weeks have passed until the campaign opened
    where = client.post("/it/desk/works", data={"kind": "pledges"}).headers["Location"]
    run_jobs()
    file = client.get(f"{where}/file.csv").data.decode("utf-8-sig")
    assert f"{pledge.ref};" in file
    assert "'=cmd@example.org" in file
    other = sign_in(app.test_client(), person(roles=["administrator"]))
    assert other.get(where).status_code == 404
    assert other.get(f"{where}/file.csv").status_code == 404


def test_work_that_waits_is_stopped_and_not_done(client, admin, run_jobs):
    where = client.post("/it/desk/works", data={"kind": "payments"}).headers["Location"]
    assert client.post(f"{where}/stop").status_code == 303
    run_jobs()
    assert "È stato fermato." in client.get(where).text


def test_work_whose_worker_died_begins_anew_and_holds_each_line_once(app, admin):
    work = begin(Kind.PAYMENTS, admin)
    with transaction():
        service.start(work, 10, now=time.now())
        service.step(work, 5, "half a file\r\n")
    do_work.func(ref=work.ref)
    ended = queries.work_by_ref(work.ref)
    assert ended.state is State.DONE
    assert "half a file" not in "".join(queries.parts(ended))


def test_a_failure_ends_the_work_with_a_word_and_no_secret(client, admin, run_jobs, app):
    def broken():
        raise ValueError("postgresql://secret")
        yield

    held, app.extensions["checks"] = app.extensions["checks"], [broken]
    try:
        where = client.post("/it/desk/works", data={"kind": "verify"}).headers["Location"]
        run_jobs()
    finally:
        app.extensions["checks"] = held
    page = client.get(where).text
    assert "ValueError" in page
    assert "secret" not in page


def test_a_job_that_failed_is_shown_without_its_words_and_tried_again_once_asked(client, admin):
    with transaction():
        jobs.defer("outbox.deliver", token="very-secret-word")
        db.session.execute(text("update procrastinate_jobs set status = 'failed'"))
    job = db.session.execute(text("select id from procrastinate_jobs")).scalar_one()
    page = client.get("/it/desk/machinery").text
    assert "outbox.deliver" in page
    assert "very-secret-word" not in page
    ticked = {"act": "retry", "row": str(job)}
    assert "Riprovare questi lavori?" in client.post("/it/desk/machinery", data=ticked).text
    assert "Aspetta di ripartire" in client.post("/it/desk/machinery", data={**ticked, "sure": "yes"}).text
    assert db.session.execute(text("select status::text from procrastinate_jobs")).scalar_one() == "todo"
    again = client.post("/it/desk/machinery", data={**ticked, "sure": "yes"}).text
    assert "non è più fra quelli non riusciti" in again
