"""Groups: people, invitations, the constitution, the legal entity, and the guards that make it payable or not."""

from alembic import op

revision = "0009_groups"
down_revision = "0008_payments"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE groups_group (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    zone_id BIGINT NOT NULL,
    about TEXT DEFAULT '' NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by BIGINT NOT NULL,
    frozen_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_groups_group PRIMARY KEY (id),
    CONSTRAINT ck_groups_group_kind CHECK (kind IN ('informal', 'constituted')),
    CONSTRAINT ck_groups_group_name_length CHECK (length(name) between 2 and 120),
    CONSTRAINT uq_groups_group_ref UNIQUE (ref),
    CONSTRAINT uq_groups_group_slug UNIQUE (slug),
    CONSTRAINT fk_groups_group_zone_id FOREIGN KEY(zone_id) REFERENCES territory_zone (id),
    CONSTRAINT fk_groups_group_created_by FOREIGN KEY(created_by) REFERENCES identity_person (id)
);
CREATE TABLE groups_constitution (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    group_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    opened_at TIMESTAMP WITH TIME ZONE NOT NULL,
    due_at TIMESTAMP WITH TIME ZONE NOT NULL,
    extension_days BIGINT NOT NULL,
    extended_until TIMESTAMP WITH TIME ZONE,
    extended_at TIMESTAMP WITH TIME ZONE,
    extended_by BIGINT,
    extension_reason TEXT,
    closed_at TIMESTAMP WITH TIME ZONE,
    outcome TEXT,
    CONSTRAINT pk_groups_constitution PRIMARY KEY (id),
    CONSTRAINT ck_groups_constitution_outcome CHECK (outcome is null or outcome in ('verified', 'lapsed')),
    CONSTRAINT ck_groups_constitution_closed_with_outcome CHECK ((closed_at is null) = (outcome is null)),
    CONSTRAINT ck_groups_constitution_due_after_opening CHECK (due_at > opened_at),
    CONSTRAINT ck_groups_constitution_extension_whole CHECK ((extended_until is null) = (extended_by is null)
        and (extended_until is null) = (extension_reason is null)),
    CONSTRAINT ck_groups_constitution_extension_within_limit CHECK (extended_until is null or extended_until > due_at
        and extended_until <= due_at + make_interval(days => extension_days::int) + interval '2 hours'),
    CONSTRAINT uq_groups_constitution_group_id UNIQUE (group_id),
    CONSTRAINT fk_groups_constitution_group_id FOREIGN KEY(group_id) REFERENCES groups_group (id),
    CONSTRAINT fk_groups_constitution_extended_by FOREIGN KEY(extended_by) REFERENCES identity_person (id)
);
CREATE TABLE groups_invitation (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    group_id BIGINT NOT NULL,
    email TEXT NOT NULL,
    token_hash BYTEA NOT NULL,
    invited_by BIGINT NOT NULL,
    invited_at TIMESTAMP WITH TIME ZONE NOT NULL,
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
    used_at TIMESTAMP WITH TIME ZONE,
    used_by BIGINT,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_groups_invitation PRIMARY KEY (id),
    CONSTRAINT ck_groups_invitation_email_lower CHECK (email = lower(email)),
    CONSTRAINT uq_groups_invitation_ref UNIQUE (ref),
    CONSTRAINT fk_groups_invitation_group_id FOREIGN KEY(group_id) REFERENCES groups_group (id),
    CONSTRAINT uq_groups_invitation_token_hash UNIQUE (token_hash),
    CONSTRAINT fk_groups_invitation_invited_by FOREIGN KEY(invited_by) REFERENCES identity_person (id),
    CONSTRAINT fk_groups_invitation_used_by FOREIGN KEY(used_by) REFERENCES identity_person (id)
);
CREATE UNIQUE INDEX uq_groups_invitation_open ON groups_invitation (group_id, email) WHERE used_at is null
        and withdrawn_at is null;
CREATE TABLE groups_legal_entity (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    group_id BIGINT NOT NULL,
    name TEXT,
    form TEXT,
    register_number TEXT,
    tax_code TEXT,
    representative_id BIGINT,
    iban TEXT,
    bank TEXT,
    stripe_account TEXT,
    account_asked_at TIMESTAMP WITH TIME ZONE,
    account_request JSONB,
    account_ready_at TIMESTAMP WITH TIME ZONE,
    account_needs JSONB DEFAULT '[]'::jsonb NOT NULL,
    state TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    verified_at TIMESTAMP WITH TIME ZONE,
    verified_by BIGINT,
    CONSTRAINT pk_groups_legal_entity PRIMARY KEY (id),
    CONSTRAINT ck_groups_legal_entity_state CHECK (state IN ('draft', 'verified')),
    CONSTRAINT ck_groups_legal_entity_form
        CHECK (form IN ('association', 'committee', 'aps', 'odv', 'small_cooperative', 'cooperative', 'foundation')),
    CONSTRAINT ck_groups_legal_entity_tax_code_digits CHECK (tax_code is null or tax_code ~ '^[0-9]{11}$'),
    CONSTRAINT ck_groups_legal_entity_iban_form CHECK (iban is null or iban ~ '^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$'),
    CONSTRAINT ck_groups_legal_entity_verified_by CHECK ((state = 'verified') = (verified_at is not null
        and verified_by is not null)),
    CONSTRAINT ck_groups_legal_entity_verified_is_whole CHECK (state = 'draft' or name is not null
        and form is not null and tax_code is not null and representative_id is not null and iban is not null
        and stripe_account is not null),
    CONSTRAINT ck_groups_legal_entity_ready_has_account CHECK (account_ready_at is null
        or stripe_account is not null),
    CONSTRAINT uq_groups_legal_entity_ref UNIQUE (ref),
    CONSTRAINT uq_groups_legal_entity_group_id UNIQUE (group_id),
    CONSTRAINT fk_groups_legal_entity_group_id FOREIGN KEY(group_id) REFERENCES groups_group (id),
    CONSTRAINT fk_groups_legal_entity_representative_id FOREIGN KEY(representative_id) REFERENCES identity_person
        (id),
    CONSTRAINT uq_groups_legal_entity_stripe_account UNIQUE (stripe_account),
    CONSTRAINT fk_groups_legal_entity_verified_by FOREIGN KEY(verified_by) REFERENCES identity_person (id)
);
CREATE UNIQUE INDEX uq_groups_legal_entity_tax_code ON groups_legal_entity (tax_code) WHERE state = 'verified';
CREATE TABLE groups_member (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    group_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    joined_at TIMESTAMP WITH TIME ZONE NOT NULL,
    left_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_groups_member PRIMARY KEY (id),
    CONSTRAINT ck_groups_member_time_runs_forward CHECK (left_at is null or left_at >= joined_at),
    CONSTRAINT fk_groups_member_group_id FOREIGN KEY(group_id) REFERENCES groups_group (id),
    CONSTRAINT fk_groups_member_person_id FOREIGN KEY(person_id) REFERENCES identity_person (id)
);
CREATE INDEX ix_groups_member_person_id ON groups_member (person_id);
CREATE UNIQUE INDEX uq_groups_member_present ON groups_member (group_id, person_id) WHERE left_at is null;
CREATE TABLE groups_item (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    entity_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    file_id BIGINT,
    sent_at TIMESTAMP WITH TIME ZONE,
    sent_by BIGINT,
    reason TEXT,
    checked_by BIGINT,
    checked_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_groups_item PRIMARY KEY (id),
    CONSTRAINT uq_groups_item_entity_id_kind UNIQUE (entity_id, kind),
    CONSTRAINT ck_groups_item_kind
        CHECK (kind IN ('name', 'deed', 'statute', 'tax_code', 'representative', 'iban', 'account')),
    CONSTRAINT ck_groups_item_state CHECK (state IN ('missing', 'sent', 'accepted', 'returned')),
    CONSTRAINT ck_groups_item_returned_with_reason CHECK (state <> 'returned' or reason is not null),
    CONSTRAINT ck_groups_item_checked_by CHECK (state not in ('accepted', 'returned') or checked_by is not null
        and checked_at is not null),
    CONSTRAINT ck_groups_item_document_has_file CHECK (state = 'missing' or kind not in ('deed', 'statute')
        or file_id is not null),
    CONSTRAINT fk_groups_item_entity_id FOREIGN KEY(entity_id) REFERENCES groups_legal_entity (id),
    CONSTRAINT fk_groups_item_file_id FOREIGN KEY(file_id) REFERENCES files_file (id),
    CONSTRAINT fk_groups_item_sent_by FOREIGN KEY(sent_by) REFERENCES identity_person (id),
    CONSTRAINT fk_groups_item_checked_by FOREIGN KEY(checked_by) REFERENCES identity_person (id)
);
"""

_GUARDS = """
-- The one answer to "may money go to this body now?": the triggers of pledges and grants ask it too.
create function groups_payable(entity bigint) returns boolean language sql stable as $$
    select exists (
        select 1 from groups_legal_entity
        where id = entity and state = 'verified' and account_ready_at is not null
    )
$$;

-- A body becomes verified only with all seven items accepted, an enabled account, a representative who belongs to
-- the group and an officer who does not; what was verified cannot change while it stays verified.
create function groups_entity_verified() returns trigger language plpgsql as $$
begin
    if new.state <> 'verified' then
        return new;
    end if;
    if tg_op = 'UPDATE' and old.state = 'verified' then
        if (new.group_id, new.name, new.form, new.tax_code, new.representative_id, new.iban, new.stripe_account)
            is distinct from
           (old.group_id, old.name, old.form, old.tax_code, old.representative_id, old.iban, old.stripe_account) then
            raise exception 'a verified body does not change: it is opened again first'
                using errcode = '23514', constraint = 'groups_entity_verified_unchanged';
        end if;
        return new;
    end if;
    if (select count(*) from groups_item where entity_id = new.id and state = 'accepted') <> 7 then
        raise exception 'a body is verified when its seven items are accepted'
            using errcode = '23514', constraint = 'groups_entity_items_accepted';
    end if;
    if new.account_ready_at is null then
        raise exception 'a body is verified when its account is enabled'
            using errcode = '23514', constraint = 'groups_entity_account_ready';
    end if;
    if not exists (select 1 from groups_member where group_id = new.group_id and person_id = new.representative_id
                   and left_at is null) then
        raise exception 'the representative must belong to the group'
            using errcode = '23514', constraint = 'groups_entity_representative_is_member';
    end if;
    if exists (select 1 from groups_member where group_id = new.group_id and person_id = new.verified_by
               and left_at is null) then
        raise exception 'nobody verifies the body of her own group'
            using errcode = '23514', constraint = 'groups_entity_verified_by_another';
    end if;
    return new;
end $$;
create trigger groups_entity_verified before insert or update on groups_legal_entity
    for each row execute function groups_entity_verified();

-- At the end of a transaction no verified body has an item that is not accepted.
create function groups_item_of_verified() returns trigger language plpgsql as $$
begin
    if exists (select 1 from groups_legal_entity e where e.id = old.entity_id and e.state = 'verified'
               and (select count(*) from groups_item i where i.entity_id = e.id and i.state = 'accepted') <> 7) then
        raise exception 'a verified body has seven accepted items'
            using errcode = '23514', constraint = 'groups_verified_items_stay_accepted';
    end if;
    return null;
end $$;
create constraint trigger groups_item_of_verified after update or delete on groups_item
    deferrable initially deferred for each row execute function groups_item_of_verified();

-- While a proposal is with the office, nobody joins or leaves its group.
create function groups_member_frozen() returns trigger language plpgsql as $$
begin
    if exists (select 1 from groups_group where id = coalesce(new.group_id, old.group_id)
        and frozen_at is not null) then
        raise exception 'the people of this group are frozen'
            using errcode = '23514', constraint = 'groups_member_frozen';
    end if;
    return coalesce(new, old);
end $$;
create trigger groups_member_frozen before insert or update or delete on groups_member
    for each row execute function groups_member_frozen();
"""


def upgrade() -> None:
    """Make the tables, then the functions and triggers that guard them."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    op.execute(
        "drop table groups_item,"
        " groups_legal_entity,"
        " groups_constitution,"
        " groups_invitation,"
        " groups_member,"
        " groups_group cascade"
    )
