"""Response headers: strict CSP, HSTS, no sniffing, no referrer leaks."""

from __future__ import annotations

from flask import current_app, g, request
from werkzeug.wrappers import Response


def harden(response: Response) -> Response:
    """Put the security headers on every answer."""
    targets = ["'self'"]
    if getattr(g, "form_action_checkout", False):
        # Chromium applies form-action to the redirect after a POST too.
        targets.append(current_app.config["CHECKOUT_ORIGIN"])
    ancestors = "*" if getattr(g, "may_be_framed", False) else "'none'"
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": "'self'",
        "form-action": " ".join(targets),
        "base-uri": "'none'",
        "frame-ancestors": ancestors,
        "manifest-src": "'self'",
    }
    if getattr(g, "frames_own_page", False):
        policy["frame-src"] = "'self'"
    response.headers.setdefault(
        "Content-Security-Policy", "; ".join(f"{name} {value}" for name, value in policy.items())
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
    if current_app.config["ENV_NAME"] == "production":
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if "Cache-Control" not in response.headers and not request.path.startswith("/static/"):
        response.headers["Cache-Control"] = "no-store"
    return response
