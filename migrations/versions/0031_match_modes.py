"""A match in every mode: how many people a close counted, and the figures on which a match was decided."""

from alembic import op

revision = "0031_match_modes"
down_revision = "0030_desk"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        alter table settlement_close
            add column people bigint not null default 0,
            add column people_min bigint not null default 0,
            drop constraint ck_settlement_close_decided_to_the_cent,
            add constraint ck_settlement_close_decided_to_the_cent
                check ((outcome = 'won') = (counted >= threshold and people >= people_min));
        alter table settlement_case add column arithmetic jsonb;
    """)


def downgrade() -> None:
    op.execute("""
        alter table settlement_case drop column arithmetic;
        alter table settlement_close
            drop constraint ck_settlement_close_decided_to_the_cent,
            add constraint ck_settlement_close_decided_to_the_cent check ((outcome = 'won') = (counted >= threshold)),
            drop column people,
            drop column people_min;
    """)
