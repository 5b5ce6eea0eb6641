"""Evaluation: panels, declarations, scores, the ranking and its awards."""

import sqlalchemy as sa
from alembic import op

revision = "0015_evaluation"
down_revision = "0014_proposals"
branch_labels = None
depends_on = None

TRIGGERS = (
    # A sheet exists only for an appointed evaluator who declared no conflict, and rests once the ranking is drawn.
    """
    CREATE FUNCTION evaluation_scored_by_the_declared() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (
            SELECT FROM evaluation_conflict c JOIN proposals_proposal p ON p.id = c.proposal_id
            JOIN evaluation_panelist m ON m.call_id = p.call_id AND m.person_id = c.person_id
            WHERE c.proposal_id = NEW.proposal_id AND c.person_id = NEW.person_id AND NOT c.conflicted
            AND NOT EXISTS (
                SELECT FROM proposals_check k JOIN proposals_proposal q ON q.id = k.proposal_id
                WHERE q.call_id = p.call_id AND k.officer_id = NEW.person_id
            )
        ) THEN
            RAISE EXCEPTION 'only an appointed evaluator without conflict, who checked none, scores a proposal'
                USING ERRCODE = '23514', CONSTRAINT = 'evaluation_scored_by_the_declared';
        END IF;
        IF EXISTS (
            SELECT FROM evaluation_ranking r JOIN proposals_proposal p ON p.call_id = r.call_id
            WHERE p.id = NEW.proposal_id
        ) THEN
            RAISE EXCEPTION 'the ranking is drawn' USING ERRCODE = '23514', CONSTRAINT = 'evaluation_scores_rest';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER evaluation_scored_by_the_declared BEFORE INSERT OR UPDATE ON evaluation_sheet"
    " FOR EACH ROW EXECUTE FUNCTION evaluation_scored_by_the_declared()",
    """
    CREATE FUNCTION evaluation_scores_rest() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (
            SELECT FROM evaluation_sheet s JOIN proposals_proposal p ON p.id = s.proposal_id
            JOIN evaluation_ranking r ON r.call_id = p.call_id WHERE s.id = coalesce(NEW.sheet_id, OLD.sheet_id)
        ) THEN
            RAISE EXCEPTION 'the ranking is drawn' USING ERRCODE = '23514', CONSTRAINT = 'evaluation_scores_rest';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$
    """,
    "CREATE TRIGGER evaluation_scores_rest BEFORE INSERT OR UPDATE OR DELETE ON evaluation_score"
    " FOR EACH ROW EXECUTE FUNCTION evaluation_scores_rest()",
    # A conflict once declared is never taken back; one found later may still be declared.
    """
    CREATE FUNCTION evaluation_declaration_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' OR OLD.conflicted
            OR (NEW.proposal_id, NEW.person_id) IS DISTINCT FROM (OLD.proposal_id, OLD.person_id) THEN
            RAISE EXCEPTION 'a declaration is not taken back'
                USING ERRCODE = '23514', CONSTRAINT = 'evaluation_declaration_stays';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER evaluation_declaration_stays BEFORE UPDATE OR DELETE ON evaluation_conflict"
    " FOR EACH ROW EXECUTE FUNCTION evaluation_declaration_stays()",
    # Whoever approves neither checked nor scored a proposal of the call; what is approved stays.
    """
    CREATE FUNCTION evaluation_ranking_approved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP <> 'INSERT' AND OLD.state = 'approved' THEN
            RAISE EXCEPTION 'an approved ranking stays'
                USING ERRCODE = '23514', CONSTRAINT = 'evaluation_ranking_stays';
        END IF;
        IF TG_OP = 'DELETE' THEN
            RETURN OLD;
        END IF;
        IF NEW.state = 'approved' AND (
            EXISTS (
                SELECT FROM evaluation_sheet s JOIN proposals_proposal p ON p.id = s.proposal_id
                WHERE p.call_id = NEW.call_id AND s.person_id = NEW.approved_by
            ) OR EXISTS (
                SELECT FROM proposals_check c JOIN proposals_proposal p ON p.id = c.proposal_id
                WHERE p.call_id = NEW.call_id AND c.officer_id = NEW.approved_by
            )
        ) THEN
            RAISE EXCEPTION 'whoever approves a ranking neither checked nor scored'
                USING ERRCODE = '23514', CONSTRAINT = 'evaluation_ranking_other_hand';
        END IF;
        RETURN NEW;
    END $$
    """,
    "CREATE TRIGGER evaluation_ranking_approved BEFORE INSERT OR UPDATE OR DELETE ON evaluation_ranking"
    " FOR EACH ROW EXECUTE FUNCTION evaluation_ranking_approved()",
    # Under an approved ranking an award may only come up from the reserve.
    """
    CREATE FUNCTION evaluation_award_stays() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM evaluation_ranking r WHERE r.id = OLD.ranking_id AND r.state = 'approved')
            AND (TG_OP = 'DELETE' OR OLD.outcome <> 'reserve' OR NEW.outcome <> 'funded'
                OR (NEW.ref, NEW.ranking_id, NEW.proposal_id, NEW.position, NEW.score_milli, NEW.budget, NEW.ceiling)
                IS DISTINCT FROM
                (OLD.ref, OLD.ranking_id, OLD.proposal_id, OLD.position, OLD.score_milli, OLD.budget, OLD.ceiling)) THEN
            RAISE EXCEPTION 'an approved award stays'
                USING ERRCODE = '23514', CONSTRAINT = 'evaluation_award_stays';
        END IF;
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END $$
    """,
    "CREATE TRIGGER evaluation_award_stays BEFORE UPDATE OR DELETE ON evaluation_award"
    " FOR EACH ROW EXECUTE FUNCTION evaluation_award_stays()",
)


def upgrade() -> None:
    """Make the room's tables."""
    op.create_table(
        "evaluation_panelist",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("appointed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("appointed_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["appointed_by"], ["identity_person.id"], name=op.f("fk_evaluation_panelist_appointed_by")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls_call.id"], name=op.f("fk_evaluation_panelist_call_id")),
        sa.ForeignKeyConstraint(["person_id"], ["identity_person.id"], name=op.f("fk_evaluation_panelist_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_panelist")),
        sa.UniqueConstraint("call_id", "person_id", name=op.f("uq_evaluation_panelist_call_id_person_id")),
    )
    op.create_index(op.f("ix_evaluation_panelist_person_id"), "evaluation_panelist", ["person_id"], unique=False)
    op.create_table(
        "evaluation_conflict",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("conflicted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "NOT conflicted OR length(reason) > 0", name=op.f("ck_evaluation_conflict_conflict_says_why")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["identity_person.id"], name=op.f("fk_evaluation_conflict_person_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_evaluation_conflict_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_conflict")),
        sa.UniqueConstraint("proposal_id", "person_id", name=op.f("uq_evaluation_conflict_proposal_id_person_id")),
    )
    op.create_table(
        "evaluation_sheet",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["identity_person.id"], name=op.f("fk_evaluation_sheet_person_id")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_evaluation_sheet_proposal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_sheet")),
        sa.UniqueConstraint("proposal_id", "person_id", name=op.f("uq_evaluation_sheet_proposal_id_person_id")),
    )
    op.create_table(
        "evaluation_score",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("sheet_id", sa.BigInteger(), nullable=False),
        sa.Column("criterion", sa.Text(), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.CheckConstraint("points BETWEEN 0 AND 10", name=op.f("ck_evaluation_score_points")),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["evaluation_sheet.id"], name=op.f("fk_evaluation_score_sheet_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_score")),
        sa.UniqueConstraint("sheet_id", "criterion", name=op.f("uq_evaluation_score_sheet_id_criterion")),
    )
    op.create_table(
        "evaluation_ranking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=False),
        sa.Column("terms_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.BigInteger(), nullable=True),
        sa.Column("act_number", sa.Text(), nullable=True),
        sa.Column("act_on", sa.Date(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'approved') = (approved_by IS NOT NULL AND approved_at IS NOT NULL"
            " AND act_number IS NOT NULL AND act_on IS NOT NULL)",
            name=op.f("ck_evaluation_ranking_approved_by_an_act"),
        ),
        sa.CheckConstraint("state IN ('drawn', 'approved')", name=op.f("ck_evaluation_ranking_state")),
        sa.ForeignKeyConstraint(
            ["approved_by"], ["identity_person.id"], name=op.f("fk_evaluation_ranking_approved_by")
        ),
        sa.ForeignKeyConstraint(["call_id"], ["calls_call.id"], name=op.f("fk_evaluation_ranking_call_id")),
        sa.ForeignKeyConstraint(["drawn_by"], ["identity_person.id"], name=op.f("fk_evaluation_ranking_drawn_by")),
        sa.ForeignKeyConstraint(["terms_id"], ["calls_terms.id"], name=op.f("fk_evaluation_ranking_terms_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_ranking")),
        sa.UniqueConstraint("call_id", name=op.f("uq_evaluation_ranking_call_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_evaluation_ranking_ref")),
    )
    op.create_table(
        "evaluation_award",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("ranking_id", sa.BigInteger(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("score_milli", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("budget", sa.BigInteger(), nullable=False),
        sa.Column("ceiling", sa.BigInteger(), nullable=False),
        sa.Column("fund_after", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("(outcome = 'excluded') = (position IS NULL)", name=op.f("ck_evaluation_award_place")),
        sa.CheckConstraint(
            "outcome IN ('funded', 'reserve', 'below', 'excluded')", name=op.f("ck_evaluation_award_outcome")
        ),
        sa.CheckConstraint("budget > 0 AND ceiling >= 0 AND fund_after >= 0", name=op.f("ck_evaluation_award_amounts")),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals_proposal.id"], name=op.f("fk_evaluation_award_proposal_id")
        ),
        sa.ForeignKeyConstraint(["ranking_id"], ["evaluation_ranking.id"], name=op.f("fk_evaluation_award_ranking_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_award")),
        sa.UniqueConstraint("proposal_id", name=op.f("uq_evaluation_award_proposal_id")),
        sa.UniqueConstraint("ref", name=op.f("uq_evaluation_award_ref")),
    )
    op.create_index(
        "uq_evaluation_award_place",
        "evaluation_award",
        ["ranking_id", "position"],
        unique=True,
        postgresql_where=sa.text("position is not null"),
    )
    for statement in TRIGGERS:
        op.execute(statement)


def downgrade() -> None:
    """Remove them."""
    op.drop_table("evaluation_award")
    op.drop_table("evaluation_ranking")
    op.drop_table("evaluation_score")
    op.drop_table("evaluation_sheet")
    op.drop_table("evaluation_conflict")
    op.drop_table("evaluation_panelist")
    for name in ("scored_by_the_declared", "scores_rest", "declaration_stays", "ranking_approved", "award_stays"):
        op.execute(f"DROP FUNCTION evaluation_{name}")
