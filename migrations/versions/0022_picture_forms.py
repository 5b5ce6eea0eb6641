"""Files: since when a picture has its AVIF forms."""

from alembic import op

revision = "0022_picture_forms"
down_revision = "0021_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Pictures from before get theirs from the job that looks for them."""
    op.execute("alter table files_file add column varied_at timestamptz")
    op.execute("create index ix_files_file_unvaried on files_file (id) where kind = 'picture' and varied_at is null")


def downgrade() -> None:
    """Remove it."""
    op.execute("alter table files_file drop column varied_at")
