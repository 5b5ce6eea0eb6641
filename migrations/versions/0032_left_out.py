"""Gifts that an officer leaves out of threshold and match, with the reason and the group's appeal."""

from alembic import op

revision = "0032_left_out"
down_revision = "0031_match_modes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        alter table pledges_pledge
            add column left_out text,
            add column left_out_why text,
            add column left_out_by bigint constraint fk_pledges_pledge_left_out_by references identity_person,
            add column left_out_at timestamptz,
            add column appeal text,
            add constraint ck_pledges_pledge_left_out
                check (left_out in ('own', 'public_body', 'same_person', 'other')),
            add constraint ck_pledges_pledge_left_out_whole check (
                (left_out is null) = (left_out_at is null) and (left_out is null) = (left_out_why is null)
                and (left_out is null) = (left_out_by is null) and (left_out is null or not counts)
                and (appeal is null or left_out is not null)
            );
        create index ix_pledges_pledge_appeal on pledges_pledge (left_out_at) where appeal is not null;
    """)


def downgrade() -> None:
    op.execute("""
        drop index ix_pledges_pledge_appeal;
        alter table pledges_pledge
            drop constraint ck_pledges_pledge_left_out_whole,
            drop constraint ck_pledges_pledge_left_out,
            drop column appeal,
            drop column left_out_at,
            drop column left_out_by,
            drop column left_out_why,
            drop column left_out;
    """)
