"""Calls and their frozen terms."""
