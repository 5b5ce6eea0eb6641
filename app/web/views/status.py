"""What runs and what does not, for everybody."""

from __future__ import annotations

from flask import current_app, g, render_template
from flask.typing import ResponseReturnValue

from app.core import clock
from app.outbox import queries as outbox
from app.web import gates, health
from app.web.views.home import bp


@bp.get("/status")
@gates.public
def status() -> ResponseReturnValue:
    """The same checks as /readyz, in words; it answers even where the database does not."""
    found = health.readiness()
    g.offline = not found["database"]
    now = None if g.offline else clock.now()
    return render_template(
        "web/status.html",
        parts=found,
        # Without a mail server (development) letters wait on purpose.
        late_mail=outbox.overdue(now) if now and current_app.config["MAIL_URL"] else None,
        schema=health.schema() if now else "",
        deployed_at=health.deployed_at(),
        now=now,
    )
