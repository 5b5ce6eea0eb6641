"""The site's own pages: home, desk, plain words, letters to the office, settings, health, what leaves the site."""

from app.web.views import cards, city, crawlers, desk, dev, embeds, feeds, health, home, status, theme, write

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
__all__ = [
    "blueprints",
    "bp",
    "cards",
    "city",
    "crawlers",
    "desk",
    "dev",
    "embeds",
    "feeds",
    "health",
    "home",
    "status",
    "theme",
    "write",
]
