"""Home, the desk, health, pages of plain words, development's mail and clock."""

from app.web.views import desk, dev, health, home, theme

bp = home.bp
blueprints = [home.bp, health.bp, theme.bp, dev.bp]
__all__ = ["blueprints", "bp", "desk", "dev", "health", "home", "theme"]
