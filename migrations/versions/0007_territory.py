"""Territory: boroughs and zones."""

from alembic import op

revision = "0007_territory"
down_revision = "0006_identity"
branch_labels = None
depends_on = None

_TABLES = """
create table territory_borough (
    id bigint generated always as identity constraint pk_territory_borough primary key,
    number bigint not null constraint uq_territory_borough_number unique,
    name text not null
);
create table territory_zone (
    id bigint generated always as identity constraint pk_territory_zone primary key,
    number bigint not null constraint uq_territory_zone_number unique,
    slug text not null constraint uq_territory_zone_slug unique,
    name text not null,
    sort_key text not null,
    borough_id bigint not null constraint fk_territory_zone_borough_id references territory_borough,
    lat double precision not null,
    lon double precision not null,
    area_km2 numeric(7, 2) not null,
    constraint ck_territory_zone_on_earth check (lat between -90 and 90 and lon between -180 and 180),
    constraint ck_territory_zone_has_area check (area_km2 > 0)
);
create index ix_territory_zone_borough_id on territory_zone (borough_id);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove them."""
    op.execute("drop table territory_zone, territory_borough")
