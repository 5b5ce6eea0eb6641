"""Accounts, sessions, roles and codes."""

from tests.make.identity import person


def test_a_person_is_made_by_registering_and_confirming(app):
    made = person("Ada Alberti", roles=["officer"])
    assert made.id
