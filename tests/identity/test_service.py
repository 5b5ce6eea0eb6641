"""Accounts through their verbs: registration, sessions, brakes, codes, roles."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from app.core import crypto
from app.core.db import db, transaction
from app.core.errors import Conflict, Forbidden, Gone, Invalid, Missing, TooMany
from app.identity import gateway, queries, rules, service
from app.identity.models import Attempt, Person, Registration, Session
from app.journal import queries as journal
from app.outbox import queries as outbox
from tests.make.identity import PASSWORD, code_in, person, tax_code, token_in

BORN = date(1988, 5, 17)


def act(verb, *args, **kwargs):
    with transaction():
        return verb(*args, **kwargs)


def register(clock, email="ada@example.org", **changes):
    answers = {
        "name": "Ada Alberti",
        "email": email,
        "password": PASSWORD,
        "born_on": BORN,
        "tax_code": tax_code(BORN),
        "language": "it",
        "now": clock.now(),
        **changes,
    }
    act(service.register, **answers)
    return token_in(outbox.latest(1, recipient=email)[0])


def enter(clock, who, password=PASSWORD, address="192.0.2.1"):
    return act(service.sign_in, who if isinstance(who, str) else who.email, password, now=clock.now(), address=address)


# Registration


def test_who_confirms_with_the_chosen_password_becomes_a_person(app, clock):
    code = tax_code(BORN)
    token = register(clock, tax_code=f" {code[:6]} {code[6:]} ".lower())
    assert queries.by_email("ada@example.org") is None
    ada = act(service.confirm_email, token, password=PASSWORD, now=clock.now())
    assert (ada.name, ada.language, ada.born_on, ada.email_confirmed_at) == ("Ada Alberti", "it", BORN, clock.now())
    assert queries.tax_code_of(ada) == code
    assert queries.by_tax_code_hash(crypto.keyed_hash(code)) == ada
    assert [entry.what for entry in journal.history(f"person:{ada.id}")] == ["identity.register"]


def test_neither_password_nor_tax_code_nor_token_is_readable_in_the_database(app, clock):
    code = tax_code(BORN)
    token = register(clock, tax_code=code)
    act(service.confirm_email, token, password=PASSWORD, now=clock.now())
    raw = enter(clock, "ada@example.org")
    for table in ("identity_person", "identity_registration", "identity_session", "identity_attempt", "journal_entry"):
        kept = " ".join(str(row) for row in db.session.execute(text(f"select * from {table}")))  # noqa: S608
        for secret in (PASSWORD, code, token, raw):
            assert secret not in kept
    hashed = db.session.scalars(select(Person.password_hash)).one()
    assert hashed.startswith("$argon2id$")


def test_every_wrong_answer_is_named_at_once(app, clock):
    with pytest.raises(Invalid) as found:
        register(clock, name="A", email="ada", password="corta", born_on=None, tax_code="X")
    assert set(found.value.errors) == {"name", "email", "password", "born_on", "tax_code"}


def test_a_minor_and_a_tax_code_of_another_birth_are_refused(app, clock):
    young = date(2008, 3, 3)
    with pytest.raises(Invalid) as found:
        register(clock, born_on=young, tax_code=tax_code(young))
    assert list(found.value.errors) == ["born_on"]
    with pytest.raises(Invalid) as found:
        register(clock, tax_code=tax_code(date(1988, 5, 18)))
    assert list(found.value.errors) == ["tax_code"]


def test_a_link_works_once_and_for_two_days(app, clock):
    token = register(clock)
    clock.move(days=2)
    with pytest.raises(Gone, match="expired"):
        act(service.confirm_email, token, password=PASSWORD, now=clock.now())
    fresh = register(clock)
    act(service.confirm_email, fresh, password=PASSWORD, now=clock.now())
    with pytest.raises(Gone, match="already confirmed"):
        act(service.confirm_email, fresh, password=PASSWORD, now=clock.now())
    with pytest.raises(Missing):
        act(service.confirm_email, "invented", password=PASSWORD, now=clock.now())


def test_an_account_that_a_stranger_prepared_is_not_opened_by_the_mailbox_owner(app, clock):
    trap = register(clock, password="la trappola del vicino 77")
    mine = register(clock)
    with pytest.raises(Invalid):
        act(service.confirm_email, trap, password=PASSWORD, now=clock.now())
    ada = act(service.confirm_email, mine, password=PASSWORD, now=clock.now())
    assert gateway.password_fits(ada.password_hash, PASSWORD)
    with pytest.raises(Conflict):
        act(service.confirm_email, trap, password="la trappola del vicino 77", now=clock.now())


def test_a_confirmation_link_cannot_be_used_to_guess_the_password(app, clock):
    token = register(clock)
    for _ in range(10):
        with pytest.raises(Invalid):
            act(service.confirm_email, token, password="non questa parola", now=clock.now())
    with pytest.raises(TooMany):
        act(service.confirm_email, token, password=PASSWORD, now=clock.now())


def test_a_known_address_is_told_by_mail_only(app, clock):
    ada = person("Ada Alberti", email="ada@example.org")
    act(
        service.register,
        name="Un altro",
        email="ADA@example.org ",
        password=PASSWORD,
        born_on=BORN,
        tax_code=tax_code(BORN),
        language="en",
        now=clock.now(),
    )
    (message,) = outbox.latest(recipient=ada.email)
    assert (message.template, message.language) == ("identity/already", "it")
    assert "Un altro" not in message.body
    assert db.session.scalars(select(Registration).where(Registration.confirmed_at.is_(None))).all() == []


def test_a_tax_code_opens_one_account_only(app, clock):
    code = tax_code(BORN)
    first = register(clock, tax_code=code)
    second = register(clock, email="altra@example.org", tax_code=code)
    act(service.confirm_email, first, password=PASSWORD, now=clock.now())
    with pytest.raises(Conflict):
        act(service.confirm_email, second, password=PASSWORD, now=clock.now())
    register(clock, email="terza@example.org", tax_code=code)
    assert outbox.latest(1)[0].template == "identity/not_opened"
    with pytest.raises(IntegrityError), transaction():
        db.session.execute(
            text(
                "insert into identity_person (ref, email, name, language, born_on, tax_code, tax_code_hash,"
                " password_hash, email_confirmed_at, created_at) select 'x', 'x@example.org', name, language, born_on,"
                " tax_code, tax_code_hash, password_hash, now(), now() from identity_person"
            )
        )


def test_a_mailbox_is_not_flooded_by_registrations(app, clock):
    for _ in range(3):
        register(clock)
    with pytest.raises(TooMany):
        register(clock)
    clock.move(days=1)
    register(clock)


# Sessions and brakes


def test_a_session_is_known_by_its_secret_until_it_ends(app, clock):
    ada = person("Ada Alberti")
    raw = enter(clock, ada)
    assert len(raw) >= 43
    assert queries.person_of_session(raw, clock.now()) == ada
    assert queries.person_of_session(raw + "x", clock.now()) is None
    act(service.sign_out, raw, now=clock.now())
    assert queries.person_of_session(raw, clock.now()) is None


def test_a_session_ends_when_idle_and_at_its_limit_however_busy(app, clock):
    ada = person("Ada Alberti")
    idle = enter(clock, ada)
    clock.move(hours=12)
    assert queries.person_of_session(idle, clock.now()) is None
    busy = enter(clock, ada)
    for _ in range(7 * 24 // 6 - 1):
        clock.move(hours=6)
        act(service.touch, busy, now=clock.now())
        assert queries.person_of_session(busy, clock.now()) == ada
    clock.move(hours=6)
    act(service.touch, busy, now=clock.now())
    assert queries.person_of_session(busy, clock.now()) is None


def test_an_ended_session_cannot_be_touched_alive(app, clock):
    raw = enter(clock, person("Ada Alberti"))
    act(service.sign_out, raw, now=clock.now())
    clock.move(minutes=10)
    act(service.touch, raw, now=clock.now())
    assert queries.person_of_session(raw, clock.now()) is None


def test_a_wrong_password_and_an_unknown_address_look_alike(app, clock):
    ada = person("Ada Alberti")
    with pytest.raises(Invalid) as wrong:
        enter(clock, ada, "non questa parola")
    with pytest.raises(Invalid) as unknown:
        enter(clock, "nessuno@example.org")
    assert str(wrong.value) == str(unknown.value)


def test_the_same_work_is_done_for_an_unknown_address(app, clock, monkeypatch):
    calls = []
    real = gateway._hasher
    monkeypatch.setattr(gateway, "_hasher", lambda *cost: calls.append(cost) or real(*cost))
    ada = person("Ada Alberti")
    counted = []
    for who in (ada, "nessuno@example.org"):
        calls.clear()
        with pytest.raises(Invalid):
            enter(clock, who, "non questa parola")
        counted.append(len(calls))
    assert counted[0] == counted[1] >= 1


def test_guessing_one_account_from_one_address_is_braked_and_the_right_password_too(app, clock):
    ada = person("Ada Alberti")
    for _ in range(5):
        with pytest.raises(Invalid):
            enter(clock, ada, "non questa parola")
    with pytest.raises(TooMany) as braked:
        enter(clock, ada)
    assert braked.value.params == {"minutes": 15}
    clock.move(minutes=15)
    assert enter(clock, ada)


def test_tries_count_though_the_refused_action_is_rolled_back(app, clock):
    with pytest.raises(Invalid):
        enter(clock, "nessuno@example.org")
    assert len(db.session.scalars(select(Attempt)).all()) == 3


def test_guessing_one_account_from_many_addresses_is_braked_but_its_owner_gets_in(app, clock):
    ada = person("Ada Alberti")
    enter(clock, ada, address="192.0.2.10")
    for number in range(20):
        with pytest.raises(Invalid):
            enter(clock, ada, "non questa parola", address=f"198.51.100.{number}")
    with pytest.raises(TooMany):
        enter(clock, ada, "non questa parola", address="203.0.113.9")
    assert enter(clock, ada, address="192.0.2.10")


def test_spraying_many_accounts_from_one_address_is_braked(app, clock):
    for number in range(50):
        with pytest.raises(Invalid):
            enter(clock, f"nessuno{number}@example.org")
    with pytest.raises(TooMany):
        enter(clock, person("Ada Alberti"))


def test_an_office_that_signs_in_rightly_behind_one_address_is_not_braked(app, clock):
    ada = person("Ada Alberti")
    for _ in range(60):
        enter(clock, ada)
    assert db.session.scalars(select(Attempt).where(Attempt.kind.startswith("sign_in"))).all() == []


def test_a_brake_holds_when_tries_come_at_once(app, clock, database):
    database.ready()

    def one(_):
        with app.app_context():
            try:
                service.brake("race", "key", 5, 60, clock.now())
            except TooMany:
                return 0
            return 1

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(24))) == 5


def test_the_hash_in_production_is_argon2id_at_the_agreed_cost(app):
    app.config.pop("PASSWORD_COST")
    try:
        hashed = gateway.hash_password(PASSWORD)
        assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert gateway.password_fits(hashed, PASSWORD)
        assert not gateway.outdated(hashed)
    finally:
        app.config["PASSWORD_COST"] = (8, 1, 1)
    assert gateway.outdated(hashed)


def test_a_hash_of_another_cost_is_made_again_at_sign_in(app, clock):
    ada = person("Ada Alberti")
    app.config["PASSWORD_COST"] = (16, 1, 1)
    try:
        enter(clock, ada)
        assert "m=16,t=1,p=1" in ada.password_hash
    finally:
        app.config["PASSWORD_COST"] = (8, 1, 1)


# Passwords


def test_a_new_password_ends_all_other_sessions_and_open_links(app, clock):
    ada = person("Ada Alberti")
    here, there = enter(clock, ada), enter(clock, ada)
    act(service.ask_reset, ada.email, now=clock.now(), language="it")
    link = token_in(outbox.latest(1, recipient=ada.email)[0])
    act(service.change_password, ada, old=PASSWORD, new="tre gatti sul Naviglio 9", keep=here, now=clock.now())
    assert queries.person_of_session(here, clock.now()) == ada
    assert queries.person_of_session(there, clock.now()) is None
    with pytest.raises(Gone):
        act(service.reset_password, link, password="altra parola segreta zeta", now=clock.now())
    assert outbox.latest(1, recipient=ada.email)[0].template == "identity/password_changed"
    with pytest.raises(Invalid):
        enter(clock, ada, PASSWORD, address="192.0.2.7")
    assert enter(clock, ada, "tre gatti sul Naviglio 9")


def test_the_old_password_is_needed_for_a_new_one_and_cannot_be_guessed_there(app, clock):
    ada = person("Ada Alberti")
    for _ in range(10):
        with pytest.raises(Invalid) as found:
            act(service.change_password, ada, old="no", new="corta", keep=None, now=clock.now())
        assert set(found.value.errors) == {"old", "new"}
    with pytest.raises(TooMany):
        act(service.change_password, ada, old=PASSWORD, new="tre gatti sul Naviglio 9", keep=None, now=clock.now())


def test_a_reset_link_works_once_for_an_hour_and_signs_out_everywhere(app, clock):
    ada = person("Ada Alberti")
    raw = enter(clock, ada)
    act(service.ask_reset, " ADA" + ada.email[3:], now=clock.now(), language="en")
    link = token_in(outbox.latest(1, recipient=ada.email)[0])
    act(service.reset_password, link, password="tre gatti sul Naviglio 9", now=clock.now())
    assert queries.person_of_session(raw, clock.now()) is None
    with pytest.raises(Gone):
        act(service.reset_password, link, password="tre gatti sul Naviglio 9", now=clock.now())
    act(service.ask_reset, ada.email, now=clock.now(), language="it")
    late = token_in(outbox.latest(1, recipient=ada.email)[0])
    clock.move(hours=1)
    with pytest.raises(Gone):
        act(service.reset_password, late, password="tre gatti sul Naviglio 9", now=clock.now())


def test_asking_for_a_reset_writes_to_every_address_alike_and_not_more_than_three_times_a_day(app, clock):
    ada = person("Ada Alberti")
    for email, template in ((ada.email, "identity/reset"), ("nessuno@example.org", "identity/no_account")):
        for _ in range(3):
            act(service.ask_reset, email, now=clock.now(), language="it")
        assert {message.template for message in outbox.latest(recipient=email)} == {template}
        with pytest.raises(TooMany):
            act(service.ask_reset, email, now=clock.now(), language="it")


# One-time codes


def mailed(who, clock, purpose="proposals.sign", subject="proposal:1"):
    act(service.issue_code, who, purpose, subject, clock.now(), about="Officina di ringhiera")
    return code_in(outbox.latest(1, recipient=who.email)[0])


def test_a_code_signs_one_thing_once(app, clock):
    ada = person("Ada Alberti")
    code = mailed(ada, clock)
    assert "Officina di ringhiera" in outbox.latest(1)[0].body
    act(service.use_code, ada, "proposals.sign", "proposal:1", f" {code[:3]} {code[3:]} ", clock.now())
    with pytest.raises(Invalid, match="no code"):
        act(service.use_code, ada, "proposals.sign", "proposal:1", code, clock.now())


@pytest.mark.parametrize(("purpose", "subject"), [("grants.sign", "proposal:1"), ("proposals.sign", "proposal:2")])
def test_a_code_is_good_for_no_other_purpose_or_subject(app, clock, purpose, subject):
    ada = person("Ada Alberti")
    code = mailed(ada, clock)
    with pytest.raises(Invalid):
        act(service.use_code, ada, purpose, subject, code, clock.now())
    mailed(ada, clock, purpose, subject)
    with pytest.raises(Invalid):
        act(service.use_code, ada, purpose, subject, code, clock.now())


def test_a_code_of_somebody_else_does_not_sign(app, clock):
    ada, bruno = person("Ada Alberti"), person("Bruno Brenna")
    mailed(bruno, clock)
    code = mailed(ada, clock)
    with pytest.raises(Invalid):
        act(service.use_code, bruno, "proposals.sign", "proposal:1", code, clock.now())


def test_a_code_lives_a_quarter_of_an_hour(app, clock):
    ada = person("Ada Alberti")
    code = mailed(ada, clock)
    clock.move(minutes=15)
    with pytest.raises(Invalid):
        act(service.use_code, ada, "proposals.sign", "proposal:1", code, clock.now())


def test_five_wrong_tries_spend_a_code_though_each_was_rolled_back(app, clock):
    ada = person("Ada Alberti")
    code = mailed(ada, clock)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1, 0):
        with pytest.raises(Invalid) as found:
            act(service.use_code, ada, "proposals.sign", "proposal:1", wrong, clock.now())
        assert found.value.errors["code"].params == {"left": left}
    with pytest.raises(Invalid, match="no code"):
        act(service.use_code, ada, "proposals.sign", "proposal:1", code, clock.now())


def test_a_newer_code_ends_the_older_one(app, clock):
    ada = person("Ada Alberti")
    old, new = mailed(ada, clock), mailed(ada, clock)
    if old != new:
        with pytest.raises(Invalid):
            act(service.use_code, ada, "proposals.sign", "proposal:1", old, clock.now())
    act(service.use_code, ada, "proposals.sign", "proposal:1", new, clock.now())


def test_a_code_stays_good_when_the_action_it_signs_fails_for_another_reason(app, clock):
    ada = person("Ada Alberti")
    code = mailed(ada, clock)

    def fail():
        with transaction():
            service.use_code(ada, "proposals.sign", "proposal:1", code, clock.now())
            raise Conflict("The call has closed.")

    with pytest.raises(Conflict):
        fail()
    act(service.use_code, ada, "proposals.sign", "proposal:1", code, clock.now())


def test_codes_are_not_asked_for_without_end(app, clock):
    ada = person("Ada Alberti")
    for _ in range(10):
        mailed(ada, clock)
    with pytest.raises(TooMany):
        mailed(ada, clock)


# Roles


def test_roles_are_dated_and_work_at_once(app, clock):
    chief, ivo = person("Sara Colombo", roles=["administrator"]), person("Ivo Brenna")
    act(service.grant, ivo, "officer", by=chief, now=clock.now())
    assert queries.roles(ivo.id, clock.now()) == {"officer"}
    assert queries.with_role("officer", clock.now()) == [ivo]
    begun = clock.now()
    clock.move(days=3)
    act(service.end_role, ivo, "officer", by=chief, now=clock.now())
    assert queries.roles(ivo.id, clock.now()) == frozenset()
    assert queries.roles(ivo.id, begun + timedelta(days=1)) == {"officer"}
    act(service.grant, ivo, "officer", by=chief, now=clock.now())
    assert [(row.ended_at, row.ended_by) for row in queries.role_grants(ivo.id)] == [
        (clock.now(), chief.id),
        (None, None),
    ]
    assert [entry.what for entry in journal.history(f"person:{ivo.id}")][1:] == [
        "identity.grant",
        "identity.end_role",
        "identity.grant",
    ]


def test_a_role_given_twice_is_one_row_and_ended_twice_is_refused(app, clock):
    ivo = person("Ivo Brenna", roles=["officer", "officer"])
    assert len(queries.role_grants(ivo.id)) == 1
    act(service.end_role, ivo, "officer", by=None, now=clock.now())
    with pytest.raises(Conflict, match="Ivo Brenna"):
        act(service.end_role, ivo, "officer", by=None, now=clock.now())


def test_nobody_changes_their_own_roles_or_acts_without_being_administrator(app, clock):
    chief, ivo = person("Sara Colombo", roles=["administrator"]), person("Ivo Brenna", roles=["officer"])
    for verb, who, by in (
        (service.grant, chief, chief),
        (service.end_role, chief, chief),
        (service.grant, chief, ivo),
    ):
        with pytest.raises(Forbidden):
            act(verb, who, "administrator", by=by, now=clock.now())
    for column in ("granted_by", "ended_by"):
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text(f"update identity_role set {column} = person_id"))  # noqa: S608


def test_an_unknown_role_does_not_exist(app, clock):
    with pytest.raises(ValueError, match="mayor"):
        act(service.grant, person("Ivo Brenna"), "mayor", by=None, now=clock.now())


def test_the_operator_makes_the_first_administrator(app):
    person("Sara Colombo", email="sara@example.org")
    run = app.test_cli_runner().invoke
    assert (
        run(args=["identity", "grant", "sara@example.org", "administrator"]).output
        == "Sara Colombo is now administrator\n"
    )
    assert "no account" in run(args=["identity", "grant", "x@example.org", "administrator"]).output


# Housekeeping


def test_what_has_no_use_any_more_is_removed(app, clock, run_jobs):
    ada = person("Ada Alberti")
    enter(clock, ada)
    with pytest.raises(Invalid):
        enter(clock, ada, "non questa parola")
    mailed(ada, clock)
    act(service.ask_reset, ada.email, now=clock.now(), language="it")
    clock.move(days=60)
    raw = enter(clock, ada)
    run_jobs("identity.tidy")
    for table, left in (
        ("identity_attempt", 0),
        ("identity_session", 1),
        ("identity_registration", 0),
        ("identity_reset", 0),
        ("identity_code", 0),
    ):
        assert db.session.execute(text(f"select count(*) from {table}")).scalar() == left, table  # noqa: S608
    assert queries.person_of_session(raw, clock.now()) == ada
    assert db.session.scalars(select(Session)).one().expires_at == clock.now() + rules.SESSION_LIFE


# Two at once


def _both(app, act):
    """Run the same action in two connections at once; what each came to."""

    def one(_):
        with app.app_context():
            try:
                with transaction():
                    act()
            except Exception as refused:
                return type(refused).__name__
            finally:
                db.session.remove()
            return "done"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(one, range(2)))


def test_a_double_click_on_confirm_opens_one_account(app, clock):
    token = register(clock)
    said = _both(app, lambda: service.confirm_email(token, password=PASSWORD, now=clock.now()))
    assert said == ["Gone", "done"]
    assert len(db.session.scalars(select(Person)).all()) == 1


def test_two_registrations_with_one_tax_code_confirmed_at_once_open_one_account(app, clock):
    code = tax_code(BORN)
    tokens = [register(clock, tax_code=code), register(clock, email="altra@example.org", tax_code=code)]
    said = _both(app, lambda: service.confirm_email(tokens.pop(), password=PASSWORD, now=clock.now()))
    assert said == ["Conflict", "done"]


def test_a_double_click_on_send_code_leaves_one_good_code(app, clock):
    ada = person("Ada Alberti")
    ref = ada.ref
    said = _both(app, lambda: service.issue_code(queries.by_ref(ref), "grants.sign", "agreement:1", clock.now()))
    assert said == ["done", "done"]
    code = code_in(outbox.latest(1, recipient=ada.email)[0])
    act(service.use_code, ada, "grants.sign", "agreement:1", code, clock.now())


def test_one_code_used_twice_at_once_signs_once(app, clock):
    ada = person("Ada Alberti")
    code, ref = mailed(ada, clock), ada.ref
    said = _both(app, lambda: service.use_code(queries.by_ref(ref), "proposals.sign", "proposal:1", code, clock.now()))
    assert said == ["Invalid", "done"]


def test_a_double_click_on_give_the_role_gives_it_once(app, clock):
    ivo = person("Ivo Brenna")
    ref = ivo.ref
    assert _both(app, lambda: service.grant(queries.by_ref(ref), "officer", by=None, now=clock.now())) == ["done"] * 2
    assert len(queries.role_grants(ivo.id)) == 1


def test_a_code_used_in_the_transaction_that_issued_it_is_refused_and_does_not_hang(app, clock):
    ada = person("Ada Alberti")
    old = mailed(ada, clock)

    def wrong_order():
        with transaction():
            service.issue_code(ada, "proposals.sign", "proposal:1", clock.now())
            service.use_code(ada, "proposals.sign", "proposal:1", old, clock.now())

    with pytest.raises(OperationalError, match="lock timeout"):
        wrong_order()
