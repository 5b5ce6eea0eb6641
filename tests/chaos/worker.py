"""The worker of a build whose idempotency keys are broken on purpose: each request to charge has a key of its own."""

from __future__ import annotations

import secrets
import sys

from app.pledges.service.collecting import Claim

if __name__ == "__main__":
    kept = Claim.provider_key
    Claim.provider_key = lambda claim, act: f"{kept(claim, act)}:{secrets.token_hex(4)}"  # type: ignore[method-assign]
    from flask.cli import main

    sys.argv = ["flask", "--app", "wsgi", "worker"]
    main()
