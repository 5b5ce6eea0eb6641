"""Proposals: text, budget, places in the call, signatures, decisions, and the guards that hold what was sent."""

from alembic import op

revision = "0014_proposals"
down_revision = "0013_spaces"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE proposals_numbering (
    prefix TEXT NOT NULL,
    year BIGINT NOT NULL,
    last BIGINT NOT NULL,
    CONSTRAINT pk_proposals_numbering PRIMARY KEY (prefix, year)
);
CREATE TABLE proposals_proposal (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    call_id BIGINT NOT NULL,
    terms_id BIGINT NOT NULL,
    group_id BIGINT NOT NULL,
    slug TEXT,
    title TEXT NOT NULL,
    summary TEXT NOT NULL,
    theme TEXT,
    zone_id BIGINT,
    place TEXT NOT NULL,
    need TEXT NOT NULL,
    story TEXT NOT NULL,
    picture_id BIGINT,
    picture_alt TEXT NOT NULL,
    impact TEXT NOT NULL,
    total BIGINT NOT NULL,
    state TEXT NOT NULL,
    reference TEXT,
    text_sha256 TEXT,
    created_at TIMESTAMP WITH TIME ZONE NOT NULL,
    created_by BIGINT NOT NULL,
    changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    changed_by BIGINT NOT NULL,
    submitted_at TIMESTAMP WITH TIME ZONE,
    withdrawn_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_proposals_proposal PRIMARY KEY (id),
    CONSTRAINT ck_proposals_proposal_state
        CHECK (state IN ('draft', 'signing', 'submitted', 'admissible', 'inadmissible', 'withdrawn')),
    CONSTRAINT ck_proposals_proposal_theme
        CHECK (theme in ('fare', 'verde', 'cultura', 'cibo', 'gioco', 'sapere', 'muoversi', 'cura')),
    CONSTRAINT ck_proposals_proposal_total_not_negative CHECK (total >= 0),
    CONSTRAINT ck_proposals_proposal_submitted_whole CHECK (state in ('draft', 'signing', 'withdrawn')
        or reference is not null and slug is not null and submitted_at is not null and text_sha256 is not null),
    CONSTRAINT uq_proposals_proposal_ref UNIQUE (ref),
    CONSTRAINT fk_proposals_proposal_call_id FOREIGN KEY(call_id) REFERENCES calls_call (id),
    CONSTRAINT fk_proposals_proposal_terms_id FOREIGN KEY(terms_id) REFERENCES calls_terms (id),
    CONSTRAINT fk_proposals_proposal_group_id FOREIGN KEY(group_id) REFERENCES groups_group (id),
    CONSTRAINT uq_proposals_proposal_slug UNIQUE (slug),
    CONSTRAINT fk_proposals_proposal_zone_id FOREIGN KEY(zone_id) REFERENCES territory_zone (id),
    CONSTRAINT fk_proposals_proposal_picture_id FOREIGN KEY(picture_id) REFERENCES files_file (id),
    CONSTRAINT uq_proposals_proposal_reference UNIQUE (reference),
    CONSTRAINT fk_proposals_proposal_created_by FOREIGN KEY(created_by) REFERENCES identity_person (id),
    CONSTRAINT fk_proposals_proposal_changed_by FOREIGN KEY(changed_by) REFERENCES identity_person (id)
);
CREATE INDEX ix_proposals_proposal_group_id ON proposals_proposal (group_id);
CREATE UNIQUE INDEX uq_proposals_proposal_one_per_call ON proposals_proposal (call_id, group_id)
        WHERE state <> 'withdrawn';
CREATE TABLE proposals_check (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proposal_id BIGINT NOT NULL,
    officer_id BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    reasons TEXT NOT NULL,
    found JSONB NOT NULL,
    checked_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_proposals_check PRIMARY KEY (id),
    CONSTRAINT ck_proposals_check_outcome CHECK (outcome IN ('admissible', 'inadmissible')),
    CONSTRAINT ck_proposals_check_refused_with_reasons CHECK (outcome = 'admissible' or length(reasons) >= 10),
    CONSTRAINT uq_proposals_check_proposal_id UNIQUE (proposal_id),
    CONSTRAINT fk_proposals_check_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id),
    CONSTRAINT fk_proposals_check_officer_id FOREIGN KEY(officer_id) REFERENCES identity_person (id)
);
CREATE TABLE proposals_commitment (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proposal_id BIGINT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    text TEXT NOT NULL,
    text_version TEXT NOT NULL,
    text_sha256 TEXT NOT NULL,
    proposal_sha256 TEXT NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    voided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_proposals_commitment PRIMARY KEY (id),
    CONSTRAINT fk_proposals_commitment_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id),
    CONSTRAINT fk_proposals_commitment_person_id FOREIGN KEY(person_id) REFERENCES identity_person (id)
);
CREATE UNIQUE INDEX uq_proposals_commitment_holding ON proposals_commitment (proposal_id, person_id)
        WHERE voided_at is null;
CREATE TABLE proposals_line (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proposal_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    amount BIGINT NOT NULL,
    CONSTRAINT pk_proposals_line PRIMARY KEY (id),
    CONSTRAINT uq_proposals_line_proposal_id_position UNIQUE (proposal_id, position),
    CONSTRAINT ck_proposals_line_amount_positive CHECK (amount > 0),
    CONSTRAINT fk_proposals_line_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id)
);
CREATE TABLE proposals_milestone (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proposal_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    title TEXT NOT NULL,
    due_on DATE NOT NULL,
    CONSTRAINT pk_proposals_milestone PRIMARY KEY (id),
    CONSTRAINT uq_proposals_milestone_proposal_id_position UNIQUE (proposal_id, position),
    CONSTRAINT fk_proposals_milestone_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id)
);
CREATE TABLE proposals_participant (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    call_id BIGINT NOT NULL,
    tax_code_hash BYTEA NOT NULL,
    person_id BIGINT NOT NULL,
    proposal_id BIGINT NOT NULL,
    CONSTRAINT pk_proposals_participant PRIMARY KEY (id),
    CONSTRAINT uq_proposals_participant_call_id_tax_code_hash UNIQUE (call_id, tax_code_hash),
    CONSTRAINT uq_proposals_participant_proposal_id_person_id UNIQUE (proposal_id, person_id),
    CONSTRAINT fk_proposals_participant_call_id FOREIGN KEY(call_id) REFERENCES calls_call (id),
    CONSTRAINT fk_proposals_participant_person_id FOREIGN KEY(person_id) REFERENCES identity_person (id),
    CONSTRAINT fk_proposals_participant_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id)
);
CREATE INDEX ix_proposals_participant_person_id ON proposals_participant (person_id);
"""

_GUARDS = """
-- A proposal is sent only whole: the budget adds up, three milestones, every member of the group has a place in the
-- call and has signed this very text; afterwards nothing of it changes.
create function proposals_proposal_guard() returns trigger language plpgsql as $$
declare
    people bigint;
begin
    if old.state in ('submitted', 'admissible', 'inadmissible', 'withdrawn') then
        if (new.call_id, new.terms_id, new.group_id, new.slug, new.title, new.summary, new.theme, new.zone_id,
        new.place,
            new.need, new.story, new.picture_id, new.picture_alt, new.impact, new.total, new.reference,
        new.text_sha256,
            new.submitted_at)
            is distinct from
           (old.call_id, old.terms_id, old.group_id, old.slug, old.title, old.summary, old.theme, old.zone_id,
        old.place,
            old.need, old.story, old.picture_id, old.picture_alt, old.impact, old.total, old.reference,
        old.text_sha256,
            old.submitted_at) then
            raise exception 'a proposal that was sent does not change'
                using errcode = '23514', constraint = 'proposals_sent_unchanged';
        end if;
    end if;
    if new.state = 'submitted' and old.state <> 'submitted' then
        if (select coalesce(sum(amount), 0) from proposals_line where proposal_id = new.id) <> new.total then
            raise exception 'the lines of the budget do not make its total'
                using errcode = '23514', constraint = 'proposals_budget_adds_up';
        end if;
        if (select count(*) from proposals_milestone where proposal_id = new.id) < 3 then
            raise exception 'a proposal has three milestones at least'
                using errcode = '23514', constraint = 'proposals_milestones';
        end if;
        select count(*) into people from groups_member where group_id = new.group_id and left_at is null;
        if people = 0 or people <> (select count(*) from proposals_participant where proposal_id = new.id)
           or people <> (select count(*) from proposals_commitment c
                         join groups_member m on m.person_id = c.person_id and m.group_id = new.group_id
                                                 and m.left_at is null
                         where c.proposal_id = new.id and c.voided_at is null
                           and c.proposal_sha256 = new.text_sha256) then
            raise exception 'every member signs the text that is sent'
                using errcode = '23514', constraint = 'proposals_all_signed';
        end if;
    end if;
    return new;
end $$;
create trigger proposals_proposal_guard before update on proposals_proposal
    for each row execute function proposals_proposal_guard();

create function proposals_part_guard() returns trigger language plpgsql as $$
begin
    if exists (select 1 from proposals_proposal where id = coalesce(new.proposal_id, old.proposal_id)
               and state not in ('draft', 'signing')) then
        raise exception 'a proposal that was sent does not change'
            using errcode = '23514', constraint = 'proposals_sent_unchanged';
    end if;
    return coalesce(new, old);
end $$;
create trigger proposals_line_guard before insert or update or delete on proposals_line
    for each row execute function proposals_part_guard();
create trigger proposals_milestone_guard before insert or update or delete on proposals_milestone
    for each row execute function proposals_part_guard();

-- A signature is kept for ever; it can only be voided, once.
create function proposals_commitment_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or old.voided_at is not null or new.voided_at is null
       or (new.proposal_id, new.person_id, new.name, new.text, new.text_version, new.text_sha256, new.proposal_sha256,
           new.signed_at) is distinct from
          (old.proposal_id, old.person_id, old.name, old.text, old.text_version, old.text_sha256, old.proposal_sha256,
           old.signed_at) then
        raise exception 'a signature is never changed, only voided'
            using errcode = '23514', constraint = 'proposals_signature_kept';
    end if;
    return new;
end $$;
create trigger proposals_commitment_guard before update or delete on proposals_commitment
    for each row execute function proposals_commitment_guard();

-- Nobody decides on a proposal of which she is part, and a decision is not rewritten.
create function proposals_check_guard() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' then
        raise exception 'a decision is not rewritten' using errcode = '23514', constraint = 'proposals_check_kept';
    end if;
    if exists (select 1 from proposals_participant where proposal_id = new.proposal_id
        and person_id = new.officer_id) then
        raise exception 'nobody checks her own proposal'
            using errcode = '23514', constraint = 'proposals_checked_by_another';
    end if;
    return new;
end $$;
create trigger proposals_check_guard before insert or update or delete on proposals_check
    for each row execute function proposals_check_guard();

-- People keep their place in the call while the office has their proposal.
create function proposals_participant_guard() returns trigger language plpgsql as $$
begin
    if exists (select 1 from proposals_proposal where id = coalesce(old.proposal_id, new.proposal_id)
               and state in ('submitted', 'admissible', 'inadmissible')) then
        raise exception 'the people of a proposal that was sent do not change'
            using errcode = '23514', constraint = 'proposals_people_frozen';
    end if;
    return coalesce(new, old);
end $$;
create trigger proposals_participant_guard before insert or update or delete on proposals_participant
    for each row execute function proposals_participant_guard();
"""


def upgrade() -> None:
    """Make the tables, then the functions and triggers that guard them."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    op.execute(
        "drop table proposals_check,"
        " proposals_commitment,"
        " proposals_participant,"
        " proposals_milestone,"
        " proposals_line,"
        " proposals_proposal,"
        " proposals_numbering cascade"
    )
