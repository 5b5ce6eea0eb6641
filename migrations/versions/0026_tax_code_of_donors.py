"""Pledges: the tax code of a donor who wants a receipt, encrypted; asked only where a receipt is possible."""

from alembic import op

revision = "0026_tax_code_of_donors"
down_revision = "0025_campaign_gallery"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Empty for everybody so far."""
    op.execute("alter table pledges_pledge add column tax_code bytea")


def downgrade() -> None:
    """Remove it."""
    op.execute("alter table pledges_pledge drop column tax_code")
