"""Every route has exactly one gate; unsafe routes want a CSRF token; nothing of development shows in production."""

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
EXPECTED = ("public", "signed_in", "by_token", "one_click", "webhook", "dev_only", "role:")


def some(converter: BaseConverter) -> object:
    """A value that the address takes: one of the listed words, a number, or any word."""
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    return 1 if isinstance(converter, IntegerConverter) else "x"


def test_every_route_has_a_gate(app):
    open_doors = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static"
        and not str(getattr(app.view_functions[rule.endpoint], "gate", "")).startswith(EXPECTED)
    ]
    assert open_doors == []


def test_a_view_without_a_gate_stays_closed(app):
    app.view_functions["web.page"], kept = (lambda **_: "open"), app.view_functions["web.page"]
    try:
        assert app.test_client().get("/it/pages/how").status_code == 403
    finally:
        app.view_functions["web.page"] = kept


def test_every_unsafe_route_refuses_a_request_without_a_token(app):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        client = app.test_client()
        tried = 0
        for rule in app.url_map.iter_rules():
            if not UNSAFE & (rule.methods or set()) or app.view_functions[rule.endpoint].gate in (
                "webhook",
                "one_click",
                "dev_only",
            ):
                continue
            values = {name: some(converter) for name, converter in rule._converters.items()}
            with app.test_request_context():
                address = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
            assert client.post(address).status_code == 400, f"{rule.endpoint} took a POST without a token"
            tried += 1
        assert tried > 0
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


@pytest.mark.parametrize("path", ["/dev/mail", "/dev/clock", "/dev/accounts"])
def test_development_pages_do_not_exist_elsewhere(app, path):
    assert app.config["DEV_PAGES"] is False
    assert app.test_client().get(path).status_code == 404


def test_no_page_is_open_to_frames_or_scripts_of_others(client):
    answer = client.get("/it/", follow_redirects=True)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
