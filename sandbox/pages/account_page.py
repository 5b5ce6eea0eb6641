"""Onboarding of a connected account: what Stripe would ask of the organisation."""

from flask import Response, request

from sandbox import onboarding
from sandbox.pages.shell import Shell, see
from sandbox.shapes import Obj
from sandbox.work import Work


class AccountPages(Shell):
    """GET and POST of `/setup/s/<account>/<link>`."""

    def _link(self, account_id: str, key: str) -> tuple[Obj | None, Obj]:
        account = self.read("account", account_id)
        link = self.read("account_link", key)
        if account is None or link is None or link["account"] != account_id:
            return None, {}
        return account, self.private(key)

    def onboarding(self, account_id: str, key: str) -> Response:
        """What Stripe would ask of the organisation; a used or old link goes back for a new one."""
        account, link = self._link(account_id, key)
        if account is None:
            return self.nothing()
        if link.get("used") or link["expires_at"] < self.sandbox.clock.now():
            return see(link["refresh_url"])
        due = dict.fromkeys(item.partition(".")[0] for item in account["requirements"]["currently_due"])
        return self.page(
            "onboarding.html",
            self.language(),
            ways_out=(link["return_url"], link["refresh_url"]),
            account=account,
            name=account["company"].get("name") or account["business_profile"].get("name"),
            bank=next(iter(account["external_accounts"]["data"]), None),
            due=list(due),
        )

    def onboard(self, account_id: str, key: str) -> Response:
        """Confirm, or leave it incomplete; both go back to the application."""
        account, link = self._link(account_id, key)
        if account is None:
            return self.nothing()
        if link.get("used") or link["expires_at"] < self.sandbox.clock.now():
            return see(link["refresh_url"])
        confirmed = request.form.get("decision") == "confirm"

        def task(work: Work) -> Obj:
            work.store.remember(key, used=True)
            found = work.get("account", account_id)
            return onboarding.onboard(work, found) if confirmed else found

        self.sandbox.run(task)
        return see(link["return_url"])
