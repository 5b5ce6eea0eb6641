"""All campaigns live under /projects."""

from flask import Blueprint

bp = Blueprint("campaigns", __name__, url_prefix="/projects")
