"""Home, the desk, health, pages of plain words, development's mail and clock."""

from app.web.views import desk, health, home

bp = home.bp
blueprints = [home.bp, health.bp]
__all__ = ["blueprints", "bp", "desk", "health", "home"]
