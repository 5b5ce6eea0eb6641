"""Web: what readers write to the office."""

from alembic import op

revision = "0028_letters_to_the_office"
down_revision = "0027_followers"
branch_labels = None
depends_on = None

_UP = """
create table web_feedback (
    id bigint generated always as identity constraint pk_web_feedback primary key,
    ref text not null constraint uq_web_feedback_ref unique,
    about text not null constraint ck_web_feedback_about check (about in ('accessibility', 'complaint', 'question')),
    page text not null,
    words text not null constraint ck_web_feedback_words check (length(words) between 10 and 4000),
    email text not null,
    language text not null,
    written_at timestamptz not null,
    person_id bigint constraint fk_web_feedback_person_id references identity_person
);
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it."""
    op.execute("drop table web_feedback")
