"""The application as production serves it, but without the flood brake, which would end the measuring."""

import config
from app.factory import create_app, refuse_wrong_role

settings = config.load()
settings.FLOOD_LIMIT = 10**9
app = create_app(settings)
refuse_wrong_role(app)
