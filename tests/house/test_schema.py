"""The schema: models and migrations say the same, revisions are one chain, foreign keys point down."""

import re
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from app.core.db import db
from app.factory import ROOMS
from app.ledger.models import Xid8

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = sorted((ROOT / "migrations" / "versions").glob("*.py"))
FLOOR = {
    **dict.fromkeys(("core",), 0),
    **dict.fromkeys(("journal", "ledger", "outbox", "files"), 1),
    **dict.fromkeys(("identity", "territory", "payments"), 2),
    **dict.fromkeys(("groups", "programmes"), 3),
    "matching": 4,
    **dict.fromkeys(("calls", "spaces"), 5),
    "participation": 6,
    "proposals": 7,
    "evaluation": 8,
    "campaigns": 9,
    "pledges": 10,
    "followers": 11,
    "settlement": 12,
    "grants": 13,
    **dict.fromkeys(("transparency", "impact", "mentoring", "finance"), 14),
    **dict.fromkeys(("web", "api"), 15),
    "demo": 16,
}


def _ours(connection, name, type_, reflected, compare_to) -> bool:
    return not (type_ == "table" and name.startswith(("procrastinate_", "alembic_")))


def test_models_and_migrations_say_the_same(app, database):
    engine = create_engine(database.owner_url())
    engine.dialect.ischema_names["xid8"] = Xid8
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_object": lambda o, n, t, r, c: _ours(o, n or "", t, r, c), "compare_type": True}
        )
        differences = compare_metadata(context, db.metadata)
    engine.dispose()
    assert differences == []


def test_revisions_are_numbered_and_form_one_chain():
    previous = None
    for number, path in enumerate(VERSIONS, start=1):
        source = path.read_text()
        assert re.fullmatch(r"\d{4}_[a-z_]+", path.stem), path.name
        assert int(path.stem[:4]) == number, f"{path.name}: expected number {number:04d}"
        assert f'revision = "{path.stem}"' in source
        before = f'"{previous}"' if previous else "None"
        assert f"down_revision = {before}" in source
        previous = path.stem


def test_foreign_keys_point_to_the_same_or_a_lower_floor(app):
    for table in db.metadata.tables.values():
        for key in table.foreign_keys:
            room, other = table.name.split("_")[0], key.column.table.name.split("_")[0]
            assert FLOOR[other] <= FLOOR[room], f"{table.name}.{key.parent.name} points up to {key.column.table.name}"
            assert FLOOR[other] < FLOOR[room] or other == room, f"{table.name} points to its neighbour {other}"


def test_every_table_belongs_to_a_room(app):
    for table in db.metadata.tables:
        assert table.split("_")[0] in {*ROOMS, "core"}, table
