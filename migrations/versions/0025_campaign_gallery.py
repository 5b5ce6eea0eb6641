"""Campaigns show photographs, videos and documents; a piece of news has a picture and keeps its earlier words."""

from alembic import op

revision = "0025_campaign_gallery"
down_revision = "0024_milestones"
branch_labels = None
depends_on = None

_TABLES = """
alter table campaigns_update
    add column picture_id bigint constraint fk_campaigns_update_picture_id references files_file,
    add column picture_alt text not null default '',
    add column changed_at timestamptz;

create table campaigns_update_version (
    id bigint generated always as identity constraint pk_campaigns_update_version primary key,
    update_id bigint not null constraint fk_campaigns_update_version_update_id references campaigns_update,
    version bigint not null,
    title text not null,
    body text not null,
    picture_id bigint constraint fk_campaigns_update_version_picture_id references files_file,
    picture_alt text not null default '',
    written_at timestamptz not null,
    constraint uq_campaigns_update_version_update_id_version unique (update_id, version)
);

create table campaigns_gallery_item (
    id bigint generated always as identity constraint pk_campaigns_gallery_item primary key,
    ref text not null constraint uq_campaigns_gallery_item_ref unique,
    campaign_id bigint not null constraint fk_campaigns_gallery_item_campaign_id references campaigns_campaign,
    kind text not null constraint ck_campaigns_gallery_item_kind check (kind in ('photo', 'video')),
    position bigint not null,
    words text not null constraint ck_campaigns_gallery_item_described check (words <> ''),
    file_id bigint constraint fk_campaigns_gallery_item_file_id references files_file,
    address text,
    added_at timestamptz not null,
    added_by bigint constraint fk_campaigns_gallery_item_added_by references identity_person,
    constraint ck_campaigns_gallery_item_photo_is_a_file check (
        kind <> 'photo' or (file_id is not null and address is null)),
    constraint ck_campaigns_gallery_item_video_is_a_link check (kind <> 'video' or address like 'https://%')
);
create index ix_campaigns_gallery_item_campaign on campaigns_gallery_item (campaign_id, position);

create table campaigns_document (
    id bigint generated always as identity constraint pk_campaigns_document primary key,
    ref text not null constraint uq_campaigns_document_ref unique,
    campaign_id bigint not null constraint fk_campaigns_document_campaign_id references campaigns_campaign,
    kind text not null constraint ck_campaigns_document_kind
        check (kind in ('brochure', 'statute', 'report', 'estimate', 'permit', 'drawing', 'press', 'other')),
    title text not null constraint ck_campaigns_document_titled check (title <> ''),
    file_id bigint not null constraint fk_campaigns_document_file_id references files_file,
    added_at timestamptz not null,
    added_by bigint constraint fk_campaigns_document_added_by references identity_person
);
create index ix_campaigns_document_campaign on campaigns_document (campaign_id, added_at);
"""

_GUARDS = """
create function campaigns_update_version_kept() returns trigger language plpgsql as $$
begin
    raise exception 'campaigns_update_version: words that were public stay as they were'
        using errcode = 'integrity_constraint_violation';
end $$;
create trigger campaigns_update_version_kept before update or delete on campaigns_update_version
    for each row execute function campaigns_update_version_kept();
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_TABLES)
    op.execute(_GUARDS)


def downgrade() -> None:
    """Remove them."""
    for table in ("document", "gallery_item", "update_version"):
        op.execute(f"drop table campaigns_{table}")
    op.execute("drop function campaigns_update_version_kept()")
    for column in ("changed_at", "picture_alt", "picture_id"):
        op.execute(f"alter table campaigns_update drop column {column}")
