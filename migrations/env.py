"""Alembic's entry: runs revisions as the database's owner, in one transaction each."""

import os

from alembic import context
from flask import current_app
from sqlalchemy import create_engine, pool

target_metadata = current_app.extensions["migrate"].db.metadata


def include_name(name: str | None, type_: str, parent_names: object) -> bool:
    """procrastinate's tables are its own."""
    return not (type_ == "table" and (name or "").startswith("procrastinate_"))


def run() -> None:
    url = current_app.config.get("DATABASE_OWNER_URL") or os.environ["DATABASE_OWNER_URL"]
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=target_metadata,
            transaction_per_migration=True,
            include_name=include_name,
        )
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


run()
