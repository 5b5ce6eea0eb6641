"""Grants: agreements, orders and receipts, with the guards that refuse a payment before its time."""

from alembic import op

revision = "0019_grants"
down_revision = "0018_settlement"
branch_labels = None
depends_on = None

_TABLES = """
CREATE TABLE grants_batch (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    message_id TEXT NOT NULL,
    xml TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    lines BIGINT NOT NULL,
    total BIGINT NOT NULL,
    execute_on DATE NOT NULL,
    made_by BIGINT NOT NULL,
    made_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_grants_batch PRIMARY KEY (id),
    CONSTRAINT ck_grants_batch_amount CHECK (lines > 0 and total > 0),
    CONSTRAINT uq_grants_batch_ref UNIQUE (ref),
    CONSTRAINT uq_grants_batch_message_id UNIQUE (message_id),
    CONSTRAINT fk_grants_batch_made_by FOREIGN KEY(made_by) REFERENCES identity_person (id)
);
CREATE TABLE grants_agreement (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    proposal_id BIGINT NOT NULL,
    campaign_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    responsible_id BIGINT NOT NULL,
    representative_id BIGINT NOT NULL,
    cup TEXT NOT NULL,
    amount BIGINT NOT NULL,
    share_bp BIGINT NOT NULL,
    state TEXT NOT NULL,
    pdf_file_id BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    signed_pdf_id BIGINT,
    prepared_by BIGINT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_grants_agreement PRIMARY KEY (id),
    CONSTRAINT uq_grants_agreement_year_number UNIQUE (year, number),
    CONSTRAINT ck_grants_agreement_state CHECK (state IN ('sent', 'signed')),
    CONSTRAINT ck_grants_agreement_amount CHECK (amount > 0),
    CONSTRAINT ck_grants_agreement_cup CHECK (cup ~ '^[A-Z][0-9]{2}[A-Z][0-9]{11}$'),
    CONSTRAINT ck_grants_agreement_signed
        CHECK ((state = 'signed') = (signed_at is not null) and (signed_at is null) = (signed_pdf_id is null)),
    CONSTRAINT uq_grants_agreement_ref UNIQUE (ref),
    CONSTRAINT uq_grants_agreement_proposal_id UNIQUE (proposal_id),
    CONSTRAINT fk_grants_agreement_proposal_id FOREIGN KEY(proposal_id) REFERENCES proposals_proposal (id),
    CONSTRAINT uq_grants_agreement_campaign_id UNIQUE (campaign_id),
    CONSTRAINT fk_grants_agreement_campaign_id FOREIGN KEY(campaign_id) REFERENCES campaigns_campaign (id),
    CONSTRAINT fk_grants_agreement_entity_id FOREIGN KEY(entity_id) REFERENCES groups_legal_entity (id),
    CONSTRAINT fk_grants_agreement_responsible_id FOREIGN KEY(responsible_id) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_agreement_representative_id FOREIGN KEY(representative_id) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_agreement_pdf_file_id FOREIGN KEY(pdf_file_id) REFERENCES files_file (id),
    CONSTRAINT fk_grants_agreement_signed_pdf_id FOREIGN KEY(signed_pdf_id) REFERENCES files_file (id),
    CONSTRAINT fk_grants_agreement_prepared_by FOREIGN KEY(prepared_by) REFERENCES identity_person (id)
);
CREATE TABLE grants_account (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    agreement_id BIGINT NOT NULL,
    confirmed BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    gifts BIGINT NOT NULL,
    by_share BIGINT NOT NULL,
    by_gifts BIGINT NOT NULL,
    final_grant BIGINT NOT NULL,
    paid_before BIGINT NOT NULL,
    balance BIGINT NOT NULL,
    economy BIGINT NOT NULL,
    recovery BIGINT NOT NULL,
    limited_by TEXT NOT NULL,
    closed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    closed_by BIGINT NOT NULL,
    CONSTRAINT pk_grants_account PRIMARY KEY (id),
    CONSTRAINT ck_grants_account_smallest CHECK (final_grant = least(confirmed, by_share, by_gifts)),
    CONSTRAINT ck_grants_account_adds_up
        CHECK (balance = greatest(0, final_grant - paid_before)
            and recovery = greatest(0, paid_before - final_grant)
            and economy = confirmed - greatest(final_grant, paid_before)),
    CONSTRAINT ck_grants_account_limited_by CHECK (limited_by IN ('confirmed', 'share', 'gifts')),
    CONSTRAINT uq_grants_account_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_grants_account_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id),
    CONSTRAINT fk_grants_account_closed_by FOREIGN KEY(closed_by) REFERENCES identity_person (id)
);
CREATE TABLE grants_award_record (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    agreement_id BIGINT NOT NULL,
    act TEXT NOT NULL,
    beneficiary TEXT NOT NULL,
    tax_code TEXT NOT NULL,
    amount BIGINT NOT NULL,
    cup TEXT NOT NULL,
    rule TEXT NOT NULL,
    office TEXT NOT NULL,
    responsible TEXT NOT NULL,
    method TEXT NOT NULL,
    project TEXT NOT NULL,
    slug TEXT NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE NOT NULL,
    published_by BIGINT NOT NULL,
    CONSTRAINT pk_grants_award_record PRIMARY KEY (id),
    CONSTRAINT ck_grants_award_record_amount CHECK (amount > 0),
    CONSTRAINT uq_grants_award_record_ref UNIQUE (ref),
    CONSTRAINT uq_grants_award_record_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_grants_award_record_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id),
    CONSTRAINT fk_grants_award_record_published_by FOREIGN KEY(published_by) REFERENCES identity_person (id)
);
CREATE TABLE grants_report (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    agreement_id BIGINT NOT NULL,
    state TEXT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE,
    sent_by BIGINT,
    CONSTRAINT pk_grants_report PRIMARY KEY (id),
    CONSTRAINT ck_grants_report_state CHECK (state IN ('open', 'sent', 'closed')),
    CONSTRAINT uq_grants_report_agreement_id UNIQUE (agreement_id),
    CONSTRAINT fk_grants_report_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id),
    CONSTRAINT fk_grants_report_sent_by FOREIGN KEY(sent_by) REFERENCES identity_person (id)
);
CREATE TABLE grants_signature (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    agreement_id BIGINT NOT NULL,
    role TEXT NOT NULL,
    person_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    signed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT pk_grants_signature PRIMARY KEY (id),
    CONSTRAINT uq_grants_signature_agreement_id_role UNIQUE (agreement_id, role),
    CONSTRAINT uq_grants_signature_agreement_id_person_id UNIQUE (agreement_id, person_id),
    CONSTRAINT ck_grants_signature_role CHECK (role IN ('responsible', 'representative')),
    CONSTRAINT fk_grants_signature_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id),
    CONSTRAINT fk_grants_signature_person_id FOREIGN KEY(person_id) REFERENCES identity_person (id)
);
CREATE TABLE grants_tranche (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    agreement_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    bp BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL,
    CONSTRAINT pk_grants_tranche PRIMARY KEY (id),
    CONSTRAINT uq_grants_tranche_agreement_id_kind UNIQUE (agreement_id, kind),
    CONSTRAINT ck_grants_tranche_kind CHECK (kind IN ('advance', 'balance')),
    CONSTRAINT ck_grants_tranche_state CHECK (state IN ('waiting', 'due', 'paid', 'nothing')),
    CONSTRAINT ck_grants_tranche_amount CHECK (amount >= 0 and (state <> 'due' or amount > 0)),
    CONSTRAINT fk_grants_tranche_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id)
);
CREATE TABLE grants_expense (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    report_id BIGINT NOT NULL,
    line_id BIGINT NOT NULL,
    supplier TEXT NOT NULL,
    supplier_code TEXT NOT NULL,
    document_number TEXT NOT NULL,
    document_on DATE NOT NULL,
    amount BIGINT NOT NULL,
    file_id BIGINT NOT NULL,
    file_sha256 TEXT NOT NULL,
    supplier_key TEXT NOT NULL,
    document_key TEXT NOT NULL,
    state TEXT NOT NULL,
    accepted_amount BIGINT,
    reason TEXT,
    sent_by BIGINT NOT NULL,
    sent_at TIMESTAMP WITH TIME ZONE NOT NULL,
    decided_by BIGINT,
    decided_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_grants_expense PRIMARY KEY (id),
    CONSTRAINT ck_grants_expense_state CHECK (state IN ('sent', 'accepted', 'rejected')),
    CONSTRAINT ck_grants_expense_amount CHECK (amount > 0),
    CONSTRAINT ck_grants_expense_accepted_within_the_receipt
        CHECK ((state = 'accepted') = (accepted_amount is not null)
            and (accepted_amount is null or (accepted_amount > 0 and accepted_amount <= amount))),
    CONSTRAINT ck_grants_expense_decided
        CHECK ((state = 'sent') = (decided_by is null) and (decided_by is null) = (decided_at is null)),
    CONSTRAINT ck_grants_expense_reason_for_less
        CHECK ((state <> 'rejected'
            and (accepted_amount is null or accepted_amount = amount)) or reason is not null),
    CONSTRAINT uq_grants_expense_ref UNIQUE (ref),
    CONSTRAINT fk_grants_expense_report_id FOREIGN KEY(report_id) REFERENCES grants_report (id),
    CONSTRAINT fk_grants_expense_line_id FOREIGN KEY(line_id) REFERENCES proposals_line (id),
    CONSTRAINT fk_grants_expense_file_id FOREIGN KEY(file_id) REFERENCES files_file (id),
    CONSTRAINT fk_grants_expense_sent_by FOREIGN KEY(sent_by) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_expense_decided_by FOREIGN KEY(decided_by) REFERENCES identity_person (id)
);
CREATE INDEX ix_grants_expense_report_id ON grants_expense (report_id);
CREATE UNIQUE INDEX uq_grants_expense_same_document ON grants_expense (supplier_key, document_key)
    WHERE state <> 'rejected';
CREATE UNIQUE INDEX uq_grants_expense_same_file ON grants_expense (file_sha256) WHERE state <> 'rejected';
CREATE TABLE grants_payment_order (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    ref TEXT NOT NULL,
    year BIGINT NOT NULL,
    number BIGINT NOT NULL,
    tranche_id BIGINT NOT NULL,
    agreement_id BIGINT NOT NULL,
    entity_id BIGINT NOT NULL,
    beneficiary TEXT NOT NULL,
    amount BIGINT NOT NULL,
    iban TEXT NOT NULL,
    cup TEXT NOT NULL,
    state TEXT NOT NULL,
    prepared_by BIGINT NOT NULL,
    prepared_at TIMESTAMP WITH TIME ZONE NOT NULL,
    approved_by BIGINT,
    approved_at TIMESTAMP WITH TIME ZONE,
    batch_id BIGINT,
    exported_at TIMESTAMP WITH TIME ZONE,
    paid_by BIGINT,
    paid_at TIMESTAMP WITH TIME ZONE,
    paid_on DATE,
    refused_by BIGINT,
    reason TEXT,
    CONSTRAINT pk_grants_payment_order PRIMARY KEY (id),
    CONSTRAINT uq_grants_payment_order_year_number UNIQUE (year, number),
    CONSTRAINT ck_grants_payment_order_state CHECK (state IN ('prepared', 'approved', 'exported', 'paid', 'refused')),
    CONSTRAINT ck_grants_payment_order_amount CHECK (amount > 0),
    CONSTRAINT ck_grants_payment_order_cup CHECK (cup ~ '^[A-Z][0-9]{2}[A-Z][0-9]{11}$'),
    CONSTRAINT ck_grants_payment_order_approver_is_another CHECK (approved_by <> prepared_by),
    CONSTRAINT ck_grants_payment_order_payer_is_another CHECK (paid_by <> approved_by),
    CONSTRAINT ck_grants_payment_order_approved
        CHECK (state in ('prepared', 'refused') or (approved_by is not null and approved_at is not null)),
    CONSTRAINT ck_grants_payment_order_exported
        CHECK (state not in ('exported', 'paid') or (batch_id is not null and exported_at is not null)),
    CONSTRAINT ck_grants_payment_order_paid
        CHECK ((state = 'paid') = (paid_by is not null and paid_at is not null and paid_on is not null)),
    CONSTRAINT ck_grants_payment_order_refused
        CHECK ((state = 'refused') = (refused_by is not null and reason is not null)),
    CONSTRAINT uq_grants_payment_order_ref UNIQUE (ref),
    CONSTRAINT fk_grants_payment_order_tranche_id FOREIGN KEY(tranche_id) REFERENCES grants_tranche (id),
    CONSTRAINT fk_grants_payment_order_agreement_id FOREIGN KEY(agreement_id) REFERENCES grants_agreement (id),
    CONSTRAINT fk_grants_payment_order_entity_id FOREIGN KEY(entity_id) REFERENCES groups_legal_entity (id),
    CONSTRAINT fk_grants_payment_order_prepared_by FOREIGN KEY(prepared_by) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_payment_order_approved_by FOREIGN KEY(approved_by) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_payment_order_batch_id FOREIGN KEY(batch_id) REFERENCES grants_batch (id),
    CONSTRAINT fk_grants_payment_order_paid_by FOREIGN KEY(paid_by) REFERENCES identity_person (id),
    CONSTRAINT fk_grants_payment_order_refused_by FOREIGN KEY(refused_by) REFERENCES identity_person (id)
);
CREATE UNIQUE INDEX uq_grants_payment_order_one_live ON grants_payment_order (tranche_id) WHERE state <> 'refused';
"""

_GUARDS = """
create trigger append_only before update or delete or truncate on grants_signature
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on grants_award_record
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on grants_batch
    for each statement execute function append_only();
create trigger append_only before update or delete or truncate on grants_account
    for each statement execute function append_only();

-- The text of an agreement never changes; it is signed only when both parties signed this very text.
create function grants_agreement_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        raise exception 'an agreement is never deleted' using errcode = '23514', constraint = 'grants_agreement_kept';
    end if;
    if tg_op = 'UPDATE' and ((new.proposal_id, new.campaign_id, new.entity_id, new.responsible_id,
            new.representative_id, new.cup, new.amount, new.share_bp, new.pdf_file_id, new.sha256, new.year, new.number)
        is distinct from (old.proposal_id, old.campaign_id, old.entity_id, old.responsible_id, old.representative_id,
            old.cup, old.amount, old.share_bp, old.pdf_file_id, old.sha256, old.year, old.number)
        or old.state = 'signed') then
        raise exception 'the text of an agreement never changes'
            using errcode = '23514', constraint = 'grants_agreement_kept';
    end if;
    if new.state = 'signed' and (select count(*) from grants_signature s
            where s.agreement_id = new.id and s.sha256 = new.sha256) <> 2 then
        raise exception 'an agreement needs both signatures on this text'
            using errcode = '23514', constraint = 'grants_agreement_both_signed';
    end if;
    return new;
end $$;
create trigger grants_agreement_guard before insert or update or delete on grants_agreement
    for each row execute function grants_agreement_guard();

create function grants_signature_guard() returns trigger language plpgsql as $$
declare
    held grants_agreement;
begin
    select * into held from grants_agreement where id = new.agreement_id for share;
    if held.sha256 <> new.sha256 then
        raise exception 'this is not the text of the agreement'
            using errcode = '23514', constraint = 'grants_signature_on_this_text';
    end if;
    if new.person_id <> (
        case new.role when 'responsible' then held.responsible_id else held.representative_id end
    ) then
        raise exception 'somebody else signs for this party'
            using errcode = '23514', constraint = 'grants_signature_by_the_party';
    end if;
    return new;
end $$;
create trigger grants_signature_guard before insert on grants_signature
    for each row execute function grants_signature_guard();

-- No public money leaves without signed agreement, public record, verified payee, and closed accounts for the balance.
create function grants_payment_order_guard() returns trigger language plpgsql as $$
declare
    held grants_agreement;
    part grants_tranche;
begin
    if tg_op = 'DELETE' then
        raise exception 'a payment order is never deleted'
            using errcode = '23514', constraint = 'grants_payment_order_kept';
    end if;
    if tg_op = 'UPDATE' then
        if (new.tranche_id, new.agreement_id, new.entity_id, new.beneficiary, new.amount, new.iban, new.cup,
                new.prepared_by, new.prepared_at, new.year, new.number)
            is distinct from (old.tranche_id, old.agreement_id, old.entity_id, old.beneficiary, old.amount, old.iban,
                old.cup, old.prepared_by, old.prepared_at, old.year, old.number) then
            raise exception 'a payment order keeps its words'
                using errcode = '23514', constraint = 'grants_payment_order_kept';
        end if;
        if old.state <> new.state and (old.state, new.state) not in (('prepared', 'approved'), ('prepared', 'refused'),
                ('approved', 'exported'), ('approved', 'refused'), ('exported', 'paid')) then
            raise exception 'a payment order goes from hand to hand'
                using errcode = '23514', constraint = 'grants_payment_order_moves';
        end if;
        if new.state in ('paid', 'refused') then
            return new;
        end if;
    elsif new.state <> 'prepared' then
        raise exception 'a payment order begins prepared'
            using errcode = '23514', constraint = 'grants_payment_order_moves';
    end if;
    select * into held from grants_agreement where id = new.agreement_id for share;
    select * into part from grants_tranche where id = new.tranche_id for share;
    if part.agreement_id <> held.id or new.entity_id <> held.entity_id or new.cup <> held.cup
        or new.amount <> part.amount then
        raise exception 'a payment order says what its agreement says'
            using errcode = '23514', constraint = 'grants_payment_order_as_agreed';
    end if;
    if held.state <> 'signed' then
        raise exception 'the agreement is not signed'
            using errcode = '23514', constraint = 'grants_payment_order_agreement_signed';
    end if;
    if not exists (select 1 from grants_award_record where agreement_id = held.id) then
        raise exception 'the award is not published (D.Lgs. 33/2013, art. 26)'
            using errcode = '23514', constraint = 'grants_payment_order_award_published';
    end if;
    perform 1 from groups_legal_entity
        where id = new.entity_id and state = 'verified' and iban = new.iban for share;
    if not found then
        raise exception 'the payee is not verified, or its account changed'
            using errcode = '23514', constraint = 'grants_payment_order_entity_verified';
    end if;
    if part.kind = 'balance' and not exists (select 1 from grants_account where agreement_id = held.id) then
        raise exception 'the accounts are not closed'
            using errcode = '23514', constraint = 'grants_payment_order_accounts_closed';
    end if;
    if (select coalesce(sum(amount), 0) from grants_payment_order
            where agreement_id = held.id and state <> 'refused' and id <> new.id) + new.amount > held.amount then
        raise exception 'more than the grant' using errcode = '23514', constraint = 'grants_payment_order_within_grant';
    end if;
    return new;
end $$;
create trigger grants_payment_order_guard before insert or update or delete on grants_payment_order
    for each row execute function grants_payment_order_guard();

-- A decided receipt is decided; a closed account takes no more receipts.
create function grants_expense_guard() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' or (tg_op = 'UPDATE' and old.state <> 'sent') then
        raise exception 'a decided receipt never changes' using errcode = '23514', constraint = 'grants_expense_kept';
    end if;
    perform 1 from grants_report where id = new.report_id and state <> 'closed' for share;
    if not found then
        raise exception 'the accounts are closed' using errcode = '23514', constraint = 'grants_expense_accounts_open';
    end if;
    return new;
end $$;
create trigger grants_expense_guard before insert or update or delete on grants_expense
    for each row execute function grants_expense_guard();
"""


def upgrade() -> None:
    """Make the tables and what guards them."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    op.execute("DROP TABLE grants_payment_order")
    op.execute("DROP TABLE grants_expense")
    op.execute("DROP TABLE grants_tranche")
    op.execute("DROP TABLE grants_signature")
    op.execute("DROP TABLE grants_report")
    op.execute("DROP TABLE grants_award_record")
    op.execute("DROP TABLE grants_account")
    op.execute("DROP TABLE grants_agreement")
    op.execute("DROP TABLE grants_batch")
    op.execute("DROP FUNCTION grants_agreement_guard")
    op.execute("DROP FUNCTION grants_signature_guard")
    op.execute("DROP FUNCTION grants_payment_order_guard")
    op.execute("DROP FUNCTION grants_expense_guard")
