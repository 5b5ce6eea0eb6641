"""The launcher: it starts, watches and stops what a development machine needs; the application never imports it."""
