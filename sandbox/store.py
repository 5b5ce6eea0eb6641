"""Everything the sandbox remembers, in one SQLite file: objects, idempotency keys, webhook queue, counters."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sandbox.shapes import Obj

SCHEMA = """
create table if not exists thing (
    seq integer primary key autoincrement,
    id text not null unique,
    kind text not null,
    created integer not null,
    body text not null,
    private text not null default '{}'
);
create index if not exists thing_kind on thing (kind, created, seq);
create index if not exists thing_customer on thing (kind, json_extract(body, '$.customer'));
create index if not exists thing_intent on thing (kind, json_extract(body, '$.payment_intent'));
create index if not exists thing_charge on thing (kind, json_extract(body, '$.charge'));
create index if not exists thing_source on thing (kind, json_extract(body, '$.source'));
create index if not exists thing_transfer on thing (kind, json_extract(body, '$.transfer'));
create index if not exists thing_type on thing (kind, json_extract(body, '$.type'));
create index if not exists thing_expiry on thing (json_extract(body, '$.expires_at'))
    where kind = 'checkout.session' and json_extract(body, '$.status') = 'open';
create index if not exists thing_account on thing (kind, json_extract(private, '$.account'));
create table if not exists todo (seq integer primary key autoincrement, id text not null, task text not null);
create table if not exists idempotency (
    owner text not null, key text not null, method text not null, path text not null, params text not null,
    status integer not null, answer text not null, request_id text not null, primary key (owner, key)
);
create table if not exists delivery (
    seq integer primary key autoincrement,
    event text not null,
    due real not null,
    attempts integer not null default 0,
    done integer not null default 0,
    answer text
);
create index if not exists delivery_pending on delivery (due) where done = 0;
create index if not exists delivery_event on delivery (event);
create table if not exists refusal (
    seq integer primary key autoincrement, at integer, method text, path text, problem text
);
create table if not exists counter (name text primary key, n integer not null);
create table if not exists setting (name text primary key, value text not null);
"""

# A filter on one of these is worth its own index; without one the newest are read in order until the page is full.
INDEXED = ("customer", "payment_intent", "charge", "source", "transfer", "type", "~account")
TABLES = ("thing", "todo", "idempotency", "delivery", "refusal", "counter")


class Store:
    """One connection behind one lock: a request is one transaction, and requests take turns."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.lock = RLock()
        self.db = sqlite3.connect(folder / "sandbox.sqlite3", check_same_thread=False, isolation_level=None, timeout=30)
        self.db.execute("pragma journal_mode = wal")
        self.db.execute("pragma synchronous = normal")
        self.db.executescript(SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator["Store"]:
        """Everything inside is kept, or nothing."""
        with self.lock:
            self.db.execute("begin immediate")
            try:
                yield self
            except BaseException:
                self.db.execute("rollback")
                raise
            self.db.execute("commit")

    def close(self) -> None:
        """Let go of the file."""
        with self.lock:
            self.db.close()

    def reset(self) -> None:
        """Forget everything."""
        for table in TABLES:
            self.db.execute(f"delete from {table}")

    # --- objects ------------------------------------------------------------

    def add(self, body: Obj, *, kind: str | None = None, private: Obj | None = None) -> Obj:
        """Keep a new object."""
        self.db.execute(
            "insert into thing (id, kind, created, body, private) values (?, ?, ?, ?, ?)",
            (body["id"], kind or body["object"], body.get("created", 0), json.dumps(body), json.dumps(private or {})),
        )
        return body

    def save(self, body: Obj) -> Obj:
        """Keep a changed object."""
        self.db.execute("update thing set body = ? where id = ?", (json.dumps(body), body["id"]))
        return body

    def drop(self, identifier: str) -> None:
        """Forget one object."""
        self.db.execute("delete from thing where id = ?", (identifier,))

    def get(self, identifier: str, kind: str | None = None) -> Obj | None:
        """One object, or None."""
        row = self.db.execute("select body, kind from thing where id = ?", (identifier,)).fetchone()
        if row is None or (kind is not None and row[1] != kind):
            return None
        body: Obj = json.loads(row[0])
        return body

    def private(self, identifier: str) -> Obj:
        """What the sandbox knows about an object and does not show."""
        row = self.db.execute("select private from thing where id = ?", (identifier,)).fetchone()
        known: Obj = json.loads(row[0]) if row else {}
        return known

    def remember(self, identifier: str, **facts: Any) -> None:
        """Add to what is not shown; None forgets a fact."""
        known = {key: value for key, value in (self.private(identifier) | facts).items() if value is not None}
        self.db.execute("update thing set private = ? where id = ?", (json.dumps(known), identifier))

    def find(
        self,
        kind: str,
        where: Sequence[tuple[str, str, Any]] = (),
        *,
        limit: int = -1,
        after: str | None = None,
        before: str | None = None,
    ) -> list[Obj]:
        """Objects of a kind, newest first; `where` holds (field, operator, value), the rest are a page's edges."""
        clauses, values = ["kind = ?"], [kind]
        for field, operator, value in where:
            target = field if field in ("created", "seq") else f"json_extract({_column(field)}, '{_path(field)}')"
            if operator == "in":
                clauses.append(f"{target} in ({', '.join('?' * len(value))})")
                values.extend(value)
            else:
                clauses.append(f"{target} {operator} ?")
                values.append(value)
        order = "desc"
        edge = after or before
        if edge:
            order, sign = ("desc", "<") if after else ("asc", ">")
            clauses.append(f"(created, seq) {sign} (select created, seq from thing where id = ?)")
            values.append(edge)
        where_all = " and ".join(clauses)
        by = "+" if any(field in INDEXED and operator == "=" for field, operator, _ in where) else ""
        sql = f"select body from thing where {where_all} order by {by}created {order}, {by}seq {order} limit {limit:d}"
        found: list[Obj] = [json.loads(row[0]) for row in self.db.execute(sql, values)]
        return found if order == "desc" else found[::-1]

    def later(self, identifier: str, task: str) -> None:
        """Leave work for a moment later."""
        self.db.execute("insert into todo (id, task) values (?, ?)", (identifier, task))

    def todo(self) -> list[tuple[str, str]]:
        """Work left for later: (identifier, task)."""
        return list(self.db.execute("select id, task from todo order by seq"))

    def take_todo(self) -> list[tuple[str, str]]:
        """The same, and it is no longer left."""
        left = self.todo()
        if left:
            self.db.execute("delete from todo")
        return left

    def overdue_sessions(self, now: int) -> list[Obj]:
        """Open Checkout sessions whose time is over."""
        sql = (
            "select body from thing where kind = 'checkout.session' and json_extract(body, '$.status') = 'open' "
            "and json_extract(body, '$.expires_at') <= ? order by seq"
        )
        return [json.loads(row[0]) for row in self.db.execute(sql, (now,))]

    def total(self, expression: str, kind: str, where: str = "1", *, account: str | None = None) -> int:
        """One aggregate over objects of a kind, of one account's where it is named."""
        whose = "1" if account is None else "json_extract(private, '$.account') = ?"
        sql = f"select coalesce({expression}, 0) from thing where kind = ? and {where} and {whose}"
        return int(self.db.execute(sql, (kind,) if account is None else (kind, account)).fetchone()[0])

    # --- counters and settings ----------------------------------------------

    def count(self, name: str, n: int = 1) -> None:
        """Add to a counter."""
        self.db.execute(
            "insert into counter (name, n) values (?, ?) on conflict (name) do update set n = n + excluded.n", (name, n)
        )

    def counters(self) -> dict[str, int]:
        """All counters."""
        return dict(self.db.execute("select name, n from counter"))

    def set(self, name: str, value: Any) -> None:
        """Keep a setting."""
        self.db.execute(
            "insert into setting (name, value) values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, json.dumps(value)),
        )

    def setting(self, name: str) -> Any:
        """A setting, or None."""
        row = self.db.execute("select value from setting where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None


def _column(field: str) -> str:
    return "private" if field.startswith("~") else "body"


def _path(field: str) -> str:
    return "$." + field.lstrip("~")
