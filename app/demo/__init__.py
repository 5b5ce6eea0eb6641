"""The demo city: invented groups and projects under real programmes and rules, made through the same verbs."""
