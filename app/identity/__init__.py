"""Accounts, sign-in, sessions, roles, one-time codes."""
