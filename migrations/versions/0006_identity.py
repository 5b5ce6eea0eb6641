"""Identity: people, registrations, roles, sessions, resets, one-time codes, counted tries."""

from alembic import op

revision = "0006_identity"
down_revision = "0005_files"
branch_labels = None
depends_on = None

_TABLES = """
create table identity_person (
    id bigint generated always as identity constraint pk_identity_person primary key,
    ref text not null constraint uq_identity_person_ref unique,
    email text not null constraint uq_identity_person_email unique,
    name text not null,
    language text not null,
    born_on date not null,
    tax_code bytea not null,
    tax_code_hash bytea not null constraint uq_identity_person_tax_code_hash unique,
    password_hash text not null,
    email_confirmed_at timestamptz not null,
    created_at timestamptz not null,
    constraint ck_identity_person_email_lower check (email = lower(email)),
    constraint ck_identity_person_language check (language in ('it', 'en'))
);
create table identity_registration (
    id bigint generated always as identity constraint pk_identity_registration primary key,
    token_hash bytea not null constraint uq_identity_registration_token_hash unique,
    email text not null,
    name text not null,
    language text not null,
    born_on date not null,
    tax_code bytea not null,
    tax_code_hash bytea not null,
    password_hash text not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    confirmed_at timestamptz,
    constraint ck_identity_registration_email_lower check (email = lower(email))
);
create index ix_identity_registration_email on identity_registration (email);
create table identity_role (
    id bigint generated always as identity constraint pk_identity_role primary key,
    person_id bigint not null constraint fk_identity_role_person_id references identity_person,
    role text not null,
    granted_at timestamptz not null,
    granted_by bigint constraint fk_identity_role_granted_by references identity_person,
    ended_at timestamptz,
    ended_by bigint constraint fk_identity_role_ended_by references identity_person,
    constraint ck_identity_role_role
        check (role in ('officer', 'evaluator', 'responsible', 'finance', 'administrator')),
    constraint ck_identity_role_granted_by_another check (granted_by is distinct from person_id),
    constraint ck_identity_role_ended_by_another check (ended_by is distinct from person_id),
    constraint ck_identity_role_ends_after_it_begins check (ended_at >= granted_at)
);
create unique index uq_identity_role_current on identity_role (person_id, role) where ended_at is null;
create table identity_session (
    id bigint generated always as identity constraint pk_identity_session primary key,
    ref text not null constraint uq_identity_session_ref unique,
    token_hash bytea not null constraint uq_identity_session_token_hash unique,
    person_id bigint not null constraint fk_identity_session_person_id references identity_person,
    address text not null,
    browser text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    expires_at timestamptz not null,
    ended_at timestamptz
);
create index ix_identity_session_person_id on identity_session (person_id);
create table identity_reset (
    id bigint generated always as identity constraint pk_identity_reset primary key,
    token_hash bytea not null constraint uq_identity_reset_token_hash unique,
    person_id bigint not null constraint fk_identity_reset_person_id references identity_person,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    used_at timestamptz
);
create index ix_identity_reset_person_id on identity_reset (person_id);
create table identity_code (
    id bigint generated always as identity constraint pk_identity_code primary key,
    person_id bigint not null constraint fk_identity_code_person_id references identity_person,
    purpose text not null,
    subject text not null,
    code_hash bytea not null,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    tries bigint not null default 0,
    used_at timestamptz,
    ended_at timestamptz,
    constraint ck_identity_code_tries check (tries between 0 and 5)
);
create unique index uq_identity_code_open on identity_code (person_id, purpose, subject)
    where used_at is null and ended_at is null;
create table identity_attempt (
    id bigint generated always as identity constraint pk_identity_attempt primary key,
    kind text not null,
    key_hash bytea not null,
    at timestamptz not null
);
create index ix_identity_attempt_kind_key_hash_at on identity_attempt (kind, key_hash, at);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)


def downgrade() -> None:
    """Remove them."""
    op.execute(
        "drop table identity_attempt, identity_code, identity_reset, identity_session, identity_role,"
        " identity_registration, identity_person"
    )
