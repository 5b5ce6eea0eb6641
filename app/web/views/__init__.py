"""Home, the desk, health, pages of plain words, development's mail and clock."""

from app.web.views import cards, crawlers, desk, dev, embeds, feeds, health, home, theme

bp = home.bp
blueprints = [
    home.bp,
    health.bp,
    theme.bp,
    dev.bp,
    cards.bp,
    cards.icons,
    embeds.bp,
    embeds.plain,
    feeds.bp,
    crawlers.bp,
]
__all__ = ["blueprints", "bp", "cards", "crawlers", "desk", "dev", "embeds", "feeds", "health", "home", "theme"]
