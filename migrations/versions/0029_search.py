"""Search and lists that stay quick at any number of campaigns: stored words, a vocabulary, a tally."""

from alembic import op

revision = "0029_search"
down_revision = "0028_letters_to_the_office"
branch_labels = None
depends_on = None

_TABLES = """
alter table campaigns_campaign add column search tsvector not null default ''::tsvector;

-- Each word that stands in a public campaign, as a reader would type it and as the search knows it.
create table campaigns_word (
    word text not null constraint pk_campaigns_word primary key,
    lexeme text not null
);
create index ix_campaigns_word_lexeme on campaigns_word (lexeme);
create index ix_campaigns_word_near on campaigns_word using gin (word gin_trgm_ops);

-- How many public campaigns there are of each zone, theme and call: kept by a trigger, proved by `ledger verify`.
create table campaigns_tally (
    kind text not null constraint ck_campaigns_tally_kind check (kind in ('zone', 'theme', 'call')),
    value text not null,
    state text not null,
    count bigint not null constraint ck_campaigns_tally_not_negative check (count >= 0),
    constraint pk_campaigns_tally primary key (kind, value, state)
);
"""

_TRIGGERS = """
create function campaigns_words() returns trigger language plpgsql as $$
declare
    people text;
begin
    select z.name || ' ' || g.name into people
        from territory_zone z, groups_group g where z.id = new.zone_id and g.id = new.group_id;
    new.search := setweight(to_tsvector('it', new.title), 'A')
        || setweight(to_tsvector('it', coalesce(people, '')), 'B')
        || setweight(to_tsvector('it', new.summary), 'C');
    return new;
end $$;
create trigger campaigns_words before insert or update of title, summary, zone_id, group_id on campaigns_campaign
    for each row execute function campaigns_words();

-- Only words that everybody may read: a draft's words must not come out as a suggestion. In order of the words, so that
-- two who open campaigns at once do not wait for each other in a ring.
create function campaigns_learn(words text) returns void language sql as $$
    insert into campaigns_word (word, lexeme)
    select found.word, (tsvector_to_array(to_tsvector('it', found.word)))[1]
    from (select distinct each as word from regexp_split_to_table(sort_key(words), '[^[:alnum:]]+') each) found
    where length(found.word) between 3 and 40 and to_tsvector('it', found.word) <> ''::tsvector
    order by found.word
    on conflict (word) do nothing
$$;
create function campaigns_learned() returns trigger language plpgsql as $$
begin
    perform campaigns_learn(new.title || ' ' || new.summary || ' '
        || (select z.name || ' ' || g.name from territory_zone z, groups_group g
            where z.id = new.zone_id and g.id = new.group_id));
    return null;
end $$;
create trigger campaigns_learned after insert or update of title, summary, state on campaigns_campaign
    for each row when (new.state in ('live', 'closed')) execute function campaigns_learned();

-- Always in the order call, theme, zone, and out before in, so that two who move campaigns at once do not deadlock.
create function campaigns_tallied() returns trigger language plpgsql as $$
begin
    if tg_op <> 'INSERT' and old.state in ('live', 'closed') then
        update campaigns_tally set count = count - 1
            where state = old.state and kind = 'call' and value = old.call_id::text;
        update campaigns_tally set count = count - 1 where state = old.state and kind = 'theme' and value = old.theme;
        update campaigns_tally set count = count - 1
            where state = old.state and kind = 'zone' and value = old.zone_id::text;
    end if;
    if tg_op <> 'DELETE' and new.state in ('live', 'closed') then
        insert into campaigns_tally (kind, value, state, count)
            values ('call', new.call_id::text, new.state, 1), ('theme', new.theme, new.state, 1),
                ('zone', new.zone_id::text, new.state, 1)
            on conflict (kind, value, state) do update set count = campaigns_tally.count + 1;
    end if;
    return null;
end $$;
create trigger campaigns_tallied after insert or delete or update of state, theme, zone_id, call_id
    on campaigns_campaign for each row execute function campaigns_tallied();
"""

# What is there already; the guard of public campaigns allows it, as none of the frozen columns changes.
_FILL = """
update campaigns_campaign set title = title;
insert into campaigns_tally (kind, value, state, count)
    select v.kind, v.value, c.state, count(*) from campaigns_campaign c
    cross join lateral (values ('zone', c.zone_id::text), ('theme', c.theme), ('call', c.call_id::text)) v(kind, value)
    where c.state in ('live', 'closed') group by v.kind, v.value, c.state;
"""

_INDICES = """
drop index ix_campaigns_campaign_state;
drop index ix_campaigns_campaign_zone_id;
drop index ix_campaigns_campaign_call_id;
create index ix_campaigns_campaign_state on campaigns_campaign (state, closes_at, id);
create index ix_campaigns_campaign_zone_id on campaigns_campaign (zone_id, state, closes_at, id);
create index ix_campaigns_campaign_call_id on campaigns_campaign (call_id, state, closes_at, id);
create index ix_campaigns_campaign_newest on campaigns_campaign (opens_at, id);
create index ix_campaigns_campaign_title on campaigns_campaign (sort_key(title), id);
create index ix_campaigns_campaign_search on campaigns_campaign using gin (search);
create index ix_campaigns_update_posted_at on campaigns_update (posted_at, id);
"""


def upgrade() -> None:
    """Add the columns and tables, let the triggers fill them, then build the indices."""
    op.execute(_TABLES)
    op.execute(_TRIGGERS)
    op.execute(_FILL)
    op.execute(_INDICES)


def downgrade() -> None:
    """Remove them."""
    op.execute("drop index ix_campaigns_update_posted_at")
    for column in ("state", "zone_id", "call_id", "newest", "title"):
        op.execute(f"drop index ix_campaigns_campaign_{column}")
    op.execute("create index ix_campaigns_campaign_state on campaigns_campaign (state, closes_at)")
    op.execute("create index ix_campaigns_campaign_zone_id on campaigns_campaign (zone_id)")
    op.execute("create index ix_campaigns_campaign_call_id on campaigns_campaign (call_id)")
    for name in ("words", "learned", "tallied"):
        op.execute(f"drop trigger campaigns_{name} on campaigns_campaign")
        op.execute(f"drop function campaigns_{name}()")
    op.execute("drop function campaigns_learn(text)")
    op.execute("drop table campaigns_tally")
    op.execute("drop table campaigns_word")
    op.execute("alter table campaigns_campaign drop column search")
