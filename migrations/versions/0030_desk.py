"""The desk: saved views, who takes care of what, private calendars, long work."""

from alembic import op

revision = "0030_desk"
down_revision = "0029_search"
branch_labels = None
depends_on = None

_TABLES = """
create table web_saved_view (
    id bigint generated always as identity constraint pk_web_saved_view primary key,
    ref text not null constraint uq_web_saved_view_ref unique,
    person_id bigint not null constraint fk_web_saved_view_person_id references identity_person,
    list text not null,
    name text not null,
    asked jsonb not null,
    saved_at timestamptz not null,
    constraint uq_web_saved_view_person_id_list_name unique (person_id, list, name),
    constraint ck_web_saved_view_name_length check (length(name) between 1 and 60),
    constraint ck_web_saved_view_asked check (jsonb_typeof(asked) = 'object')
);
create table web_taken (
    task text constraint pk_web_taken primary key,
    person_id bigint not null constraint fk_web_taken_person_id references identity_person,
    given_by bigint not null constraint fk_web_taken_given_by references identity_person,
    given_at timestamptz not null
);
create index ix_web_taken_person_id on web_taken (person_id);
create table web_feed (
    person_id bigint constraint pk_web_feed primary key constraint fk_web_feed_person_id references identity_person,
    token_hash bytea not null constraint uq_web_feed_token_hash unique,
    made_at timestamptz not null
);
create table web_work (
    id bigint generated always as identity constraint pk_web_work primary key,
    ref text not null constraint uq_web_work_ref unique,
    kind text not null,
    state text not null,
    done bigint not null default 0,
    total bigint not null default 0,
    result jsonb not null default '{}',
    language text not null,
    asked_by bigint not null constraint fk_web_work_asked_by references identity_person,
    asked_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    stop_asked boolean not null default false,
    constraint ck_web_work_kind check (kind in ('verify', 'pledges', 'payments')),
    constraint ck_web_work_state check (state in ('waiting', 'running', 'done', 'failed', 'stopped')),
    constraint ck_web_work_how_far check (done >= 0 and total >= 0),
    constraint ck_web_work_ended check ((state in ('done', 'failed', 'stopped')) = (ended_at is not null))
);
create unique index uq_web_work_one_at_a_time on web_work (kind, asked_by) where state in ('waiting', 'running');
create table web_work_part (
    work_id bigint constraint fk_web_work_part_work_id references web_work on delete cascade,
    n bigint not null,
    body text not null,
    constraint pk_web_work_part primary key (work_id, n)
);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove them."""
    op.execute("drop table web_work_part, web_work, web_feed, web_taken, web_saved_view")
