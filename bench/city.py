"""A large city for measuring: the demo's campaigns many times over, made by the owner with insert-select, kept.

Rows are copies of real ones with their own texts, so every page finds all it needs. The ledger has the accounts and
balances of each campaign but not the entries behind them: this database is for measuring alone.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import psycopg

from run.postgres import DATABASE, DevPostgres
from run.settings import HOST, ROOT, free_port

CAMPAIGNS, LIVE = 100_000, 1_000
PLEDGES_LIVE, PLEDGES_CLOSED = 109, 9  # of each: 1,000,000 in all, to the nearest thousand
FIRST = 1_000_000  # rows made here are numbered from this on
WORDS = 30_000
DONE = f"{CAMPAIGNS}.{LIVE}.2"  # change it with what is made: an older city is then made anew

Say = Callable[[str], None]


def prepare(folder: Path, say: Say) -> DevPostgres:
    """The running cluster that holds the large city; a few minutes at the first time, seconds afterwards."""
    cluster = DevPostgres(folder / "postgres")
    if not (folder / "demo.json").exists():
        say("playing the demo city, whose campaigns are multiplied …")
        _play_demo(folder)
    cluster.start()
    _migrate(cluster)
    with psycopg.connect(cluster.admin_url(DATABASE, driver="postgresql"), autocommit=True) as admin:
        admin.execute("create table if not exists bench_done (what text primary key)")
        if admin.execute("select 1 from bench_done where what = %s", [DONE]).fetchone() is None:
            say(f"making {CAMPAIGNS:,} campaigns and their pledges …")
            begun = time.monotonic()
            _multiply(admin, say)
            admin.execute("insert into bench_done values (%s)", [DONE])
            say(f"made in {time.monotonic() - begun:.0f} s")
    return cluster


def _play_demo(folder: Path) -> None:
    """`make run` in a folder of its own, until it answers; then it is stopped and its data stay."""
    port = free_port(0)
    environment = {**os.environ, "INSTANCE_DIR": str(folder), "PORT": str(port)}
    with (folder / "demo.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "run"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        for _ in range(1_200):
            if process.poll() is not None:
                raise SystemExit(f"the demo did not start: read {folder / 'demo.log'}")
            try:
                urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=2).close()
                return
            except OSError:
                time.sleep(0.5)
        raise SystemExit(f"the demo took more than ten minutes: read {folder / 'demo.log'}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _migrate(cluster: DevPostgres) -> None:
    environment = {**os.environ, **_settings(cluster), "DATABASE_OWNER_URL": cluster.owner_url()}
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", "db", "upgrade"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"the migrations failed:\n{done.stderr[-3000:]}")


def _settings(cluster: DevPostgres) -> dict[str, str]:
    """What a production process must be told; nothing of it is used here but the database."""
    return {
        "APP_ENV": "production",
        "DATABASE_URL": cluster.app_url(),
        "SECRET_KEY": "only-for-measuring-on-this-machine",
        "DATA_KEY": "YmVuY2gtb25seS0tLS0tLS0tLS0tLS0tLS0tLS0tLS0=",
        "STRIPE_SECRET_KEY": "sk_test_bench",
        "STRIPE_WEBHOOK_SECRET": "whsec_bench",
        "MAIL_URL": "smtp://127.0.0.1:1",
        "BASE_URL": "https://bench.example",
    }


settings = _settings


# --- words -----------------------------------------------------------------------------------------------------------


def vocabulary() -> list[str]:
    """Italian words of the demo's texts, the common ones first, then invented ones of the same shape."""
    source = (ROOT / "app" / "demo" / "stories.py").read_text()
    counted: dict[str, int] = {}
    for word in re.findall(r"[a-zàèéìòù]{4,}", source.lower()):
        counted[word] = counted.get(word, 0) + 1
    found = sorted(counted, key=lambda word: (-counted[word], word))
    chance = random.Random(7)
    begins = (
        "ba bre ca ce cri da do fa fio ga gra la le lu ma mi mo na no pa pe pro qua ra sa se spa sta ta te tro va ve"
    )
    middles = "bi cco da lli ma nde no pa ppe re ri ssa sto ta tte va zzi gli ra ne me"
    ends = "re ta no ne lla tto nza mento zione tura vole zza rio gna sco to"
    seen = set(found)
    for _ in itertools.repeat(None):
        if len(found) >= WORDS:
            break
        parts = [chance.choice(begins.split()), *chance.choices(middles.split(), k=chance.choice((1, 1, 2)))]
        word = "".join(parts) + chance.choice(ends.split())
        if word not in seen:
            seen.add(word)
            found.append(word)
    return found


def _texts(count: int) -> list[tuple[int, str, str]]:
    """Titles and summaries whose words are as unequal as in life (Zipf)."""
    words = vocabulary()
    chance = random.Random(11)
    weights = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    made = []
    for number in range(count):
        chosen = chance.choices(words, cum_weights=weights, k=18)
        made.append((number, " ".join(chosen[:4]).capitalize(), " ".join(chosen[4:]).capitalize() + "."))
    return made


# --- rows ------------------------------------------------------------------------------------------------------------

_MODEL = "select id from campaigns_campaign where slug = %s"


def _copied(admin: psycopg.Connection, table: str, where: str, numbers: str, **changes: str) -> None:
    """Insert one copy of the rows of `where` per number `n`; `changes` are SQL over `m` (the model row) and `n`."""
    columns = [
        row[0]
        for row in admin.execute(
            "select column_name from information_schema.columns where table_schema = 'public' and table_name = %s"
            " and is_generated = 'NEVER' order by ordinal_position",
            [table],
        )
    ]
    unique = admin.execute(
        "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
        " where i.indrelid = %s::regclass and i.indisunique and i.indnatts = 1 and a.atttypid = 'text'::regtype",
        [table],
    )
    for (column,) in unique.fetchall():  # where nothing else is said
        changes.setdefault(column, f"case when m.{column} is not null then 'b' || ({changes['id']}) end")
    listed = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(changes.get(column, f'm."{column}"') for column in columns)
    admin.execute(
        f"insert into {table} ({listed}) overriding system value"
        f" select {values} from {numbers} cross join {table} m where {where}"
    )


def _multiply(admin: psycopg.Connection, say: Say) -> None:
    admin.execute("set session_replication_role = replica")  # no triggers, no foreign keys: the copies are whole
    admin.execute("set synchronous_commit = off")
    admin.execute("set maintenance_work_mem = '512MB'")
    _forget(admin)
    admin.execute("create unlogged table bench_text (n int primary key, title text, summary text)")
    with admin.cursor().copy("copy bench_text from stdin") as copy:
        for row in _texts(CAMPAIGNS):
            copy.write_row(row)
    dropped = _drop_indices(admin)
    for slug, numbers in (
        ("semi-di-affori", f"(select n from generate_series(0, {LIVE - 1}) n) s"),
        ("coro-di-niguarda", f"(select n from generate_series({LIVE}, {CAMPAIGNS - 1}) n) s"),
    ):
        _campaigns(admin, slug, numbers)
        say(f"… like {slug}")
        _pledges(admin, slug, numbers, PLEDGES_LIVE if slug.startswith("semi") else PLEDGES_CLOSED)
        say("… their pledges")
    admin.execute(
        "update campaigns_campaign c set search = setweight(to_tsvector('it', c.title), 'A')"
        " || setweight(to_tsvector('it', z.name || ' ' || g.name), 'B') || setweight(to_tsvector('it', c.summary), 'C')"
        f" from territory_zone z, groups_group g where z.id = c.zone_id and g.id = c.group_id and c.id >= {FIRST}"
    )
    admin.execute("select campaigns_learn(string_agg(title || ' ' || summary, ' ')) from bench_text")
    admin.execute("delete from campaigns_tally")
    admin.execute(
        "insert into campaigns_tally select v.kind, v.value, c.state, count(*) from campaigns_campaign c"
        " cross join lateral"
        " (values ('zone', c.zone_id::text), ('theme', c.theme), ('call', c.call_id::text)) v(kind, value)"
        " where c.state in ('live', 'closed') group by 1, 2, 3"
    )
    say("… indices")
    for statement in dropped:
        admin.execute(statement)
    admin.execute("drop table bench_text")
    admin.execute("vacuum analyze")


def _forget(admin: psycopg.Connection) -> None:
    """Take away what an earlier, unfinished making left."""
    admin.execute("drop table if exists bench_text")
    admin.execute("alter table ledger_account disable trigger all")
    for table in _TABLES:
        admin.execute(f"delete from {table} where id >= {FIRST}")
    admin.execute(f"delete from ledger_account where id >= {FIRST}")
    admin.execute("alter table ledger_account enable trigger all")


_TABLES = (
    "pledges_charge",
    "pledges_pledge",
    "settlement_close",
    "settlement_case",
    "campaigns_update",
    "campaigns_text",
    "campaigns_campaign",
    "evaluation_award",
    "proposals_milestone",
    "proposals_line",
    "proposals_proposal",
    "groups_legal_entity",
    "groups_member",
    "groups_group",
)


def _drop_indices(admin: psycopg.Connection) -> list[str]:
    """Drop what makes large inserts slow on the largest tables for the while; returns how to make it again."""
    again = []
    for table, name, definition in admin.execute(
        "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint where contype = 'u'"
        " and conrelid in ('pledges_pledge'::regclass, 'pledges_charge'::regclass)"
    ).fetchall():
        admin.execute(f"alter table {table} drop constraint {name}")
        again.append(f"alter table {table} add constraint {name} {definition}")
    rows = admin.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) from pg_index i"
        " where i.indrelid in ('pledges_pledge'::regclass, 'campaigns_campaign'::regclass, 'campaigns_word'::regclass,"
        " 'pledges_charge'::regclass) and not exists (select 1 from pg_constraint c where c.conindid = i.indexrelid)"
    ).fetchall()
    for name, _ in rows:
        admin.execute(f"drop index {name}")
    return again + [definition for _, definition in rows]


def _campaigns(admin: psycopg.Connection, slug: str, numbers: str) -> None:
    model, proposal, group, call = admin.execute(
        "select id, proposal_id, group_id, call_id from campaigns_campaign where slug = %s", [slug]
    ).fetchone() or (0, 0, 0, 0)
    own, ref = f"{FIRST} + n", "'b' || n"
    _copied(admin, "groups_group", f"m.id = {group}", numbers, id=own, ref=ref)
    _copied(admin, "groups_member", f"m.group_id = {group}", numbers, id=f"{FIRST} + n * 20 + m.id % 20", group_id=own)
    _copied(
        admin,
        "proposals_proposal",
        f"m.id = {proposal}",
        numbers,
        id=own,
        ref=ref,
        group_id=own,
        slug=ref,
        reference=ref,
    )
    for table in ("proposals_line", "proposals_milestone"):
        place = f"{FIRST} + n * 20 + m.position"
        _copied(admin, table, f"m.proposal_id = {proposal}", numbers, id=place, proposal_id=own)
    _copied(
        admin,
        "evaluation_award",
        f"m.proposal_id = {proposal}",
        numbers,
        id=own,
        ref=ref,
        proposal_id=own,
        position=own,
    )
    themes = "(array['fare','verde','cultura','cibo','gioco','sapere','muoversi','cura'])[1 + n % 8]"
    zones = "(select array_agg(id order by id) from territory_zone)"
    admin.execute(f"create temp table bench_zone as select {zones} as ids")
    words = "(select {} from bench_text t where t.n = s.n)"
    _copied(
        admin,
        "campaigns_campaign",
        f"m.id = {model}",
        numbers,
        id=own,
        ref=ref,
        slug=ref,
        proposal_id=own,
        award_id=own,
        group_id=own,
        theme=themes,
        zone_id="(select ids[1 + (n * 7) % array_length(ids, 1)] from bench_zone)",
        title=words.format("title"),
        summary=words.format("summary"),
        closes_at="m.closes_at + (n % 5000) * interval '1 minute'"
        if call and slug.startswith("semi")
        else "m.closes_at - n * interval '7 minutes'",
        opens_at="m.opens_at - n * interval '8 minutes'",
        picture_id="null",
    )
    admin.execute("drop table bench_zone")
    _copied(admin, "campaigns_text", f"m.campaign_id = {model}", numbers, id=own, campaign_id=own, picture_id="null")
    some = numbers.replace(" n)", " n where n % 3 = 0)")
    _copied(
        admin,
        "campaigns_update",
        f"m.campaign_id = {model}",
        some,
        id=f"{FIRST} + n * 20 + m.id % 20",
        ref="'b' || n || '-' || m.id",
        campaign_id=own,
    )
    for table in ("settlement_case", "settlement_close"):
        _copied(admin, table, f"m.campaign_id = {model}", numbers, id=own, campaign_id=own)
    _copied(
        admin,
        "groups_legal_entity",
        f"m.group_id = {group}",
        numbers,
        id=own,
        ref=ref,
        group_id=own,
        tax_code="lpad(n::text, 11, '0')",
        stripe_account="'acct_b' || n",
        iban="m.iban",
    )
    for kind, key in (("campaign", model), ("proposal", proposal)):
        place = f"{FIRST} + n * 40 + m.id % 20" + (" + 20" if kind == "proposal" else "")
        _copied(
            admin, "ledger_account", f"m.owner = '{kind}:{key}'", numbers, id=place, owner=f"'{kind}:' || ({FIRST} + n)"
        )


def _pledges(admin: psycopg.Connection, slug: str, numbers: str, many: int) -> None:
    model = (admin.execute(_MODEL, [slug]).fetchone() or (0,))[0]
    state = "active" if slug.startswith("semi") else "charged"
    pledge, charge = admin.execute(
        "select p.id, c.id from pledges_pledge p left join pledges_charge c on c.pledge_id = p.id"
        " where p.campaign_id = %s and p.state = %s order by p.id limit 1",
        [model, state],
    ).fetchone() or (0, 0)
    each = f"(select n, k, {FIRST} + n * 200 + k as own from {numbers} cross join generate_series(1, {many}) k) s"
    _copied(
        admin,
        "pledges_pledge",
        f"m.id = {pledge}",
        each,
        id="own",
        ref="'b' || own",
        campaign_id=f"{FIRST} + s.n",
        amount="(array[1000, 2500, 5000, 10000])[1 + (s.n + k) % 4]",
        email="'d' || own % 300000 || '@example.org'",
        name="'Donatore ' || own % 1000",
        show_name="own % 2 = 0",
        form_key="'b' || own",
        checkout_id="'b' || own",
        setup_id="'b' || own",
        active_at="m.active_at + (own % 10000) * interval '1 minute'",
    )
    if charge:
        _copied(
            admin,
            "pledges_charge",
            f"m.id = {charge}",
            each,
            id="own",
            ref="'b' || own",
            pledge_id="own",
            key="'b' || own",
            amount="(array[1000, 2500, 5000, 10000])[1 + (s.n + k) % 4]",
            intent_id="'b' || own",
            checkout_id="null",
            provider_charge="'b' || own",
        )
