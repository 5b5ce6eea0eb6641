"""One table: every route of the house, who may enter, and what stands at its address in the city."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Flask
from werkzeug.routing import Rule

from tests.house.city import City

VISITOR = "visitor"
STAFF = ("officer", "evaluator", "responsible", "finance", "administrator")
ACTORS = (VISITOR, "stranger", "free_member", *STAFF)
OFFICE = ("officer", "responsible", "finance", "administrator")


@dataclass(frozen=True)
class Place:
    """One route's entry: who may enter, where the thing is, and how a refusal looks to those who may not."""

    enter: frozenset[str]
    at: Mapping[str, str] = field(default_factory=dict)
    hidden: bool = False  # the thing does not exist for others (404); otherwise the page is closed to them (403)


def everyone(**at: str) -> Place:
    """A public page, or one that opens with a secret in its address."""
    return Place(frozenset(ACTORS), at)


def anyone_signed_in(**at: str) -> Place:
    """A page for every account."""
    return Place(frozenset(ACTORS) - {VISITOR}, at)


def only(*people: str, **at: str) -> Place:
    """Somebody's own thing: for everybody else it does not exist."""
    return Place(frozenset(people), at, hidden=True)


def staff(*roles: str, **at: str) -> Place:
    """A page of the office: others are told that they lack the role."""
    return Place(frozenset(roles), at)


ADMIN, OFFICER = staff("administrator"), staff("officer")
PLACES: dict[str, Place] = {
    "front_door": everyone(),
    "machines.healthz": everyone(),
    "machines.readyz": everyone(),
    "theme.sheet": everyone(code="=5a2a82"),
    "files.picture": everyone(ref="picture", width="=640"),
    "files.variant": everyone(ref="picture", width="=1280", form="=avif"),
    # --- what leaves the site
    "cards.site": everyone(),
    "cards.project": everyone(slug="live_slug"),
    "cards.call": everyone(slug="open_call"),
    "cards.badge": everyone(slug="live_slug", form="=svg"),
    "cards.qr": everyone(slug="live_slug", form="=svg"),
    "cards.poster": everyone(slug="live_slug"),
    "icons.icon": everyone(size="=180"),
    "icons.apple": everyone(),
    "icons.favicon": everyone(),
    "icons.manifest": everyone(),
    "embeds.widget": everyone(slug="live_slug"),
    "embeds.snippet": everyone(slug="live_slug"),
    "oembed.short": everyone(slug="live_slug"),
    "oembed.oembed": everyone(),
    "feeds.news": everyone(form="=atom"),
    "feeds.project": everyone(slug="live_slug", form="=atom"),
    "feeds.board": everyone(form="=json"),
    "crawlers.robots": everyone(),
    "crawlers.index": everyone(),
    "crawlers.pages": everyone(),
    "crawlers.projects": everyone(part="=1"),
    "web.home": everyone(),
    "web.page": everyone(name="=privacy"),
    "web.write": everyone(),
    "web.take_letter": everyone(),
    "web.written": everyone(),
    "web.status": everyone(),
    "web.city_settings": ADMIN,
    "web.save_city": ADMIN,
    "web.desk": anyone_signed_in(),
    "web.act_on_desk": anyone_signed_in(),
    "web.save_view": staff("officer", of="=proposals.queue"),
    "web.remove_view": only("officer", ref="saved_view"),
    "web.funds": staff(*OFFICE),
    "web.projects": staff(*OFFICE),
    "web.project": only("paid_member", "paid_second", *OFFICE, ref="paid_proposal"),
    "web.calendar": everyone(),
    "web.public_dates": everyone(),
    "web.own_dates": everyone(token="feed_token"),
    "web.calendar_address": anyone_signed_in(),
    "web.renew_address": anyone_signed_in(),
    "web.works": staff("finance", "administrator"),
    "web.begin_work": staff("finance", "administrator"),
    "web.work": Place(frozenset({"administrator"}), {"ref": "work"}, hidden=True),
    "web.stop_work": Place(frozenset({"administrator"}), {"ref": "work"}, hidden=True),
    "web.work_file": Place(frozenset({"administrator"}), {"ref": "work"}, hidden=True),
    "web.machinery": ADMIN,
    "web.act_on_machinery": ADMIN,
    "journal.index": ADMIN,
    "outbox.index": ADMIN,
    "outbox.mine": anyone_signed_in(),
    "outbox.show": staff("administrator", ref="letter"),
    "outbox.drawn": staff("administrator", ref="letter"),
    "outbox.ask_again": staff("administrator", ref="letter"),
    "outbox.again": staff("administrator", ref="letter"),
    # --- accounts
    "identity.register": everyone(),
    "identity.take_registration": everyone(),
    "identity.registered": everyone(),
    "identity.confirm": everyone(token="confirm_token"),
    "identity.confirm_now": everyone(token="confirm_token"),
    "identity.sign_in": everyone(),
    "identity.enter": everyone(),
    "identity.sign_out": everyone(),
    "identity.ask_reset": everyone(),
    "identity.send_reset": everyone(),
    "identity.reset_sent": everyone(),
    "identity.reset": everyone(token="reset_token"),
    "identity.reset_now": everyone(token="reset_token"),
    "identity.account": anyone_signed_in(),
    "identity.change_details": anyone_signed_in(),
    "identity.password": anyone_signed_in(),
    "identity.change_password": anyone_signed_in(),
    "identity.end_other_sessions": anyone_signed_in(),
    "identity.end_session": only("paid_member", ref="session"),
    "identity.people": ADMIN,
    "identity.act_on_people": ADMIN,
    "identity.person": staff("administrator", ref="@stranger"),
    "identity.grant": staff("administrator", ref="@stranger"),
    "identity.end_role": staff("administrator", ref="@officer"),
    # --- programmes and calls
    "programmes.index": everyone(),
    "programmes.show": everyone(code="programme_code"),
    "programmes.manage": staff("officer", "responsible"),
    "programmes.dossier": staff("officer", "responsible", ref="programme"),
    "programmes.new": OFFICER,
    "programmes.create": OFFICER,
    "programmes.edit": staff("officer", ref="programme"),
    "programmes.change": staff("officer", ref="programme"),
    "programmes.source": staff("officer", ref="programme"),
    "programmes.add_source": staff("officer", ref="programme"),
    "programmes.release": staff("officer", "responsible", ref="source"),
    "programmes.unblock": staff("officer", "responsible", ref="source"),
    "programmes.progress": staff("officer", ref="programme"),
    "programmes.record_progress": staff("officer", ref="programme"),
    "spaces.index": everyone(),
    "calls.index": everyone(),
    "calls.show": everyone(slug="open_call"),
    "calls.manage": staff("officer", "responsible"),
    "calls.new": OFFICER,
    "calls.begin": OFFICER,
    "calls.edit": staff("officer", "responsible", ref="draft_call"),
    "calls.basics": staff("officer", ref="draft_call"),
    "calls.save_basics": staff("officer", ref="draft_call"),
    "calls.section": staff("officer", ref="draft_call", name="=match"),
    "calls.save_section": staff("officer", ref="draft_call", name="=match"),
    "calls.simulator": staff("officer", "responsible", ref="draft_call"),
    "calls.preview": staff("officer", "responsible", ref="draft_call"),
    "calls.publish": staff("officer", ref="draft_call"),
    "calls.freeze": staff("officer", ref="draft_call"),
    "calls.discard": staff("officer", ref="draft_call"),
    "calls.throw_away": staff("officer", ref="draft_call"),
    "calls.corrigendum": staff("officer", ref="open_call_ref"),
    "calls.correct": staff("officer", ref="open_call_ref"),
    # --- groups
    "groups.public": everyone(slug="live_group_slug"),
    "groups.mine": anyone_signed_in(),
    "groups.new": anyone_signed_in(),
    "groups.form": anyone_signed_in(),
    "groups.show": only("live_member", "live_second", ref="live_group"),
    "groups.invite": only("written_member", ref="written_group"),
    "groups.withdraw_invitation": only("free_member", "free_second", ref="free_group", invitation="invitation"),
    "groups.constitution": only("live_member", ref="live_group"),
    "groups.begin": only("live_member", ref="live_group"),
    "groups.item": only("live_member", ref="live_group", kind="=iban"),
    "groups.send_item": only("live_member", ref="live_group", kind="=iban"),
    "groups.document": only("live_member", ref="live_group", kind="=deed"),
    "groups.onboard": only("live_member", ref="live_group"),
    "groups.leave_for_account": only("live_member", ref="live_group"),
    "groups.onboarded": only("live_member", ref="live_group"),
    "groups.to_verify": OFFICER,
    "groups.verify": staff("officer", ref="live_entity"),
    "groups.declare": staff("officer", ref="live_entity"),
    "groups.decide": staff("officer", ref="live_entity", kind="=iban"),
    "groups.paper": staff("officer", ref="live_entity", kind="=deed"),
    "groups.extend": staff("officer", ref="paid_entity"),
    # --- proposals
    "proposals.mine": anyone_signed_in(),
    "proposals.start": anyone_signed_in(slug="open_call"),
    "proposals.begin": anyone_signed_in(slug="open_call"),
    "proposals.tasks": only("written_member", ref="written_proposal"),
    "proposals.part": only("written_member", "written_second", ref="written_proposal", part="=budget"),
    "proposals.save_part": only("written_member", ref="written_proposal", part="=budget"),
    "proposals.drop_picture": only("written_member", ref="written_proposal"),
    "proposals.invite": only("written_member", ref="written_proposal"),
    "proposals.sign": only("written_member", ref="written_proposal"),
    "proposals.ask_code": only("written_member", ref="written_proposal"),
    "proposals.put_signature": only("written_member", ref="written_proposal"),
    "proposals.review": only("written_member", ref="written_proposal"),
    "proposals.submit": only("written_member", ref="written_proposal"),
    "proposals.done": only("sent_member", ref="sent_proposal"),
    "proposals.withdraw": only("written_member", ref="written_proposal"),
    "proposals.take_back": only("written_member", ref="written_proposal"),
    "proposals.download": only("sent_member", ref="sent_proposal"),
    "proposals.join": everyone(token="join_token"),
    "proposals.accept_link": staff("stranger", token="own_join_token"),
    "proposals.accept": only("stranger", ref="own_invitation"),
    "proposals.leave": only("free_member", "free_second", ref="free_group"),
    "proposals.queue": OFFICER,
    "proposals.act_on_queue": OFFICER,
    "proposals.dossier": staff("officer", "responsible", ref="sent_proposal"),
    "proposals.decide": staff("officer", ref="sent_proposal"),
    "proposals.paper": staff("officer", "responsible", ref="paid_proposal", kind="=deed"),
    # --- evaluation
    "evaluation.assignments": staff("evaluator"),
    "evaluation.assess": only("panelist", ref="scored_proposal"),
    "evaluation.declare": only("panelist", ref="scored_proposal"),
    "evaluation.score": only("panelist_2", ref="scored_proposal"),
    "evaluation.rankings": staff("officer", "responsible"),
    "evaluation.manage": staff("officer", "responsible", slug="scored_call"),
    "evaluation.appoint": staff("officer", slug="scored_call"),
    "evaluation.draw": staff("officer", slug="scored_call"),
    "evaluation.undraw": staff("officer", slug="ranked_call"),
    "evaluation.ranking": everyone(slug="ranked_call"),
    "evaluation.approve": staff("responsible", slug="ranked_call"),
    "evaluation.call_up": staff("responsible", slug="ranked_call"),
    # --- campaigns
    "campaigns.index": everyone(),
    "campaigns.show": everyone(slug="live_slug"),
    "campaigns.donors": everyone(slug="live_slug"),
    "campaigns.versions": everyone(slug="live_slug"),
    "campaigns.all_news": everyone(slug="live_slug"),
    "campaigns.one_news": everyone(slug="live_slug", ref="news"),
    "campaigns.all_answers": everyone(slug="live_slug"),
    "campaigns.document": everyone(slug="live_slug", ref="document"),
    "campaigns.ask": anyone_signed_in(slug="live_slug"),
    "campaigns.ask_question": anyone_signed_in(slug="live_slug"),
    "campaigns.asked": anyone_signed_in(slug="live_slug"),
    "campaigns.prepare": only("live_member", ref="live_campaign"),
    "campaigns.write": only("live_member", ref="live_campaign"),
    "campaigns.launch": only("preparing_member", ref="preparing_campaign"),
    "campaigns.preview": only("preparing_member", "officer", ref="preparing_campaign"),
    "campaigns.gallery": only("live_member", ref="live_campaign"),
    "campaigns.hang": only("live_member", ref="live_campaign"),
    "campaigns.change_item": only("live_member", ref="live_campaign", item="hung"),
    "campaigns.taking_down": only("live_member", ref="live_campaign", item="hung"),
    "campaigns.take_down": only("live_member", ref="live_campaign", item="hung"),
    "campaigns.papers": only("live_member", ref="live_campaign"),
    "campaigns.add_paper": only("live_member", ref="live_campaign"),
    "campaigns.removing_paper": only("live_member", ref="live_campaign", document="document"),
    "campaigns.remove_paper": only("live_member", ref="live_campaign", document="document"),
    "campaigns.news": only("live_member", ref="live_campaign"),
    "campaigns.rewrite": only("live_member", ref="live_campaign", update="news"),
    "campaigns.rewrite_update": only("live_member", ref="live_campaign", update="news"),
    "campaigns.post_update": only("live_member", ref="live_campaign"),
    "campaigns.answer": only("live_member", ref="live_campaign", question="question"),
    "campaigns.readiness": staff("officer", ref="asked_campaign"),
    "campaigns.decide": staff("officer", ref="asked_campaign"),
    # --- pledges
    "pledges.give": everyone(slug="live_slug"),
    "pledges.promise": everyone(slug="live_slug"),
    "pledges.gap": everyone(slug="paid_slug"),
    "pledges.fill_gap": everyone(slug="paid_slug"),
    "pledges.returned": everyone(ref="pledge"),
    "pledges.go_on": everyone(ref="pledge"),
    "pledges.mine": everyone(token="pledge_token"),
    "pledges.paper": everyone(token="pledge_token"),
    "pledges.tax_code": everyone(token="pledge_token"),
    "pledges.give_tax_code": everyone(token="pledge_token"),
    "pledges.acknowledgment": everyone(token="pledge_token"),
    "pledges.visibility": everyone(token="pledge_token"),
    "pledges.cancelling": everyone(token="pledge_token"),
    "pledges.cancel": everyone(token="pledge_token"),
    "pledges.card": everyone(token="pledge_token"),
    "pledges.ask_link": everyone(),
    "pledges.send_link": everyone(),
    "pledges.large": OFFICER,
    "pledges.counting": staff("officer", slug="live_slug"),
    "pledges.counting_one": staff("officer", slug="live_slug", ref="pledge"),
    "pledges.decide_counting": staff("officer", slug="live_slug", ref="pledge"),
    "pledges.left_out": only("live_member", "live_second", slug="live_slug"),
    "pledges.appeal": only("live_member", "live_second", slug="live_slug"),
    "pledges.act_on_large": OFFICER,
    "pledges.returns": staff("officer", "responsible", slug="live_slug"),
    "pledges.returns_one": staff("officer", "responsible", slug="live_slug", ref="pledge"),
    "pledges.ask_refund": staff("officer", slug="live_slug", ref="pledge"),
    "pledges.decide_refund": staff("officer", "responsible", slug="live_slug", ref="pledge"),
    "pledges.large_one": staff("officer", ref="held"),
    "pledges.check_large": staff("officer", ref="held"),
    # --- after the close
    "finance.index": staff("finance", "administrator"),
    "finance.check_now": staff("finance", "administrator"),
    "finance.resume": staff("finance"),
    "finance.show": staff("finance", ref="finding"),
    "finance.explain": staff("finance", ref="finding"),
    "settlement.index": staff(*OFFICE),
    "settlement.show": staff(*OFFICE, slug="paid_slug"),
    "grants.agreements": staff(*OFFICE),
    "grants.act_on_agreements": staff(*OFFICE),
    "grants.prepare": staff("officer", slug="paid_slug"),
    "grants.show": only("paid_member", "paid_second", *OFFICE, ref="agreement"),
    "grants.text": only("paid_member", *OFFICE, ref="agreement"),
    "grants.signed": only("paid_member", *OFFICE, ref="agreement"),
    "grants.ask_code": only("paid_member", *OFFICE, ref="agreement"),
    "grants.sign": only("paid_member", *OFFICE, ref="agreement"),
    "grants.publish": staff("officer", "responsible", ref="agreement"),
    "grants.orders": staff(*OFFICE),
    "grants.act_on_orders": staff(*OFFICE),
    "grants.order": staff(*OFFICE, ref="order"),
    "grants.prepare_order": staff("officer", ref="agreement", kind="=advance"),
    "grants.approve": staff("officer", "responsible", ref="order"),
    "grants.refuse": staff("officer", "responsible", "finance", ref="order"),
    "grants.paid": staff("finance", ref="order"),
    "grants.batch": staff(*OFFICE, ref="batch"),
    "grants.batch_xml": staff("finance", "administrator", ref="batch"),
    "grants.batch_csv": staff("finance", "administrator", ref="batch"),
    "grants.report": only("paid_member", *OFFICE, ref="agreement"),
    "grants.add_expense": only("paid_member", *OFFICE, ref="agreement"),
    "grants.send_report": only("paid_member", *OFFICE, ref="agreement"),
    "grants.reopen_report": staff("officer", ref="agreement"),
    "grants.receipt_file": only("paid_member", "paid_second", *OFFICE, ref="receipt"),
    "grants.decide": staff("officer", ref="receipt"),
    "grants.closing": staff("officer", ref="agreement"),
    "grants.repaid": staff("finance", ref="agreement"),
    "grants.close_account": staff("officer", ref="agreement"),
    "followers.follow": everyone(subject="=project", slug="live_slug"),
    "followers.ask": everyone(subject="=project", slug="live_slug"),
    "followers.asked": everyone(subject="=project", slug="live_slug"),
    "followers.confirm": everyone(token="follow_token"),
    "followers.confirm_now": everyone(token="follow_token"),
    "followers.stop": everyone(token="stop_token"),
    "followers.stop_now": everyone(token="stop_token"),
    "transparency.index": everyone(),
    "transparency.project": everyone(slug="live_slug"),
    "transparency.movements": everyone(slug="live_slug"),
    "transparency.match_json": everyone(slug="live_slug"),
    "transparency.register": everyone(),
    "transparency.register_csv": everyone(),
    "transparency.register_json": everyone(),
}
# Machines sign their requests and development's pages do not exist here: other tests try these.
ELSEWHERE = ("webhook", "dev_only")
# Pages that answer something else where they are open: nothing to do here now, the worker or the provider is away.
ANSWERS = {
    "pledges.gap": {410},
    "pledges.acknowledgment": {404},  # nothing is paid yet
    "machines.readyz": {503},
    "oembed.oembed": {404},
    "groups.leave_for_account": {409, 503},
    "groups.onboarded": {409, 503},
}


def routes(app: Flask) -> dict[str, list[Rule]]:
    """Every route by its endpoint, but those tried elsewhere."""
    found: dict[str, list[Rule]] = {}
    for rule in app.url_map.iter_rules():
        gate = getattr(app.view_functions[rule.endpoint], "gate", "")
        if rule.endpoint != "static" and gate not in ELSEWHERE:
            found.setdefault(rule.endpoint, []).append(rule)
    return found


def methods(rule: Rule) -> list[str]:
    """The methods of a route that do something of their own."""
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def address(city: City, rule: Rule, at: Mapping[str, str]) -> str:
    """The path of the thing: `=word` is that word, `@name` a person, anything else a thing of the city."""
    path = rule.rule.replace("<any(it, en):lang>", "it")
    for name in rule._converters:
        if name == "lang":
            continue
        wanted = at[name]
        value = wanted[1:] if wanted[0] == "=" else city.people[wanted[1:]] if wanted[0] == "@" else city.refs[wanted]
        path, put = re.subn(rf"<(?:[^<>]*:)?{name}>", lambda _, value=value: value, path)
        assert put == 1, (name, rule.rule)
    return path
