"""Serves static/dist by its manifest: hashed names that live a year, compressed at build, never compressed twice."""

import json
import mimetypes
import threading
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, request, send_from_directory, url_for

MISSING = "The style sheets are not built yet: run `make setup`, which writes static/dist/manifest.json."
YEAR = "public, max-age=31536000, immutable"
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))

mimetypes.add_type("font/woff2", ".woff2")
mimetypes.add_type("application/manifest+json", ".webmanifest")


class AssetsMissing(RuntimeError):
    """Nothing was built: the sentence says what to run."""


class Manifest:
    """The names of the built files, read again when the build has written new ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._stamp = -1
        self._files: dict[str, str] = {}
        self._lock = threading.Lock()

    def files(self) -> dict[str, str]:
        """Plain name -> hashed name."""
        try:
            stamp = (self.folder / "manifest.json").stat().st_mtime_ns
        except FileNotFoundError:
            raise AssetsMissing(MISSING) from None
        if stamp != self._stamp:
            with self._lock:
                self._files = json.loads((self.folder / "manifest.json").read_text("utf-8"))["files"]
                self._stamp = stamp
        return self._files


def _manifest() -> Manifest:
    found: Manifest = current_app.extensions["assets"]
    return found


def asset(name: str) -> str:
    """The address of a built file: asset("site.css")."""
    files = _manifest().files()
    if name not in files:
        raise AssetsMissing(f"{name} is not in static/dist/manifest.json: run `make setup`.")
    return url_for("static", filename=files[name])


def read_built(name: str) -> bytes:
    """The content of a built file, for pictures that hold it."""
    found = _manifest()
    return (found.folder / found.files()[name]).read_bytes()


def serve(filename: str) -> Response:
    """One built file, in the smallest form the browser takes."""
    folder = _manifest().folder
    accepted = request.accept_encodings
    kind = mimetypes.guess_type(filename)[0] or "application/octet-stream"
    for coding, suffix in ENCODINGS:
        if accepted[coding] > 0 and "*" not in filename and (folder / f"{filename}{suffix}").is_file():
            answer = send_from_directory(folder, f"{filename}{suffix}", mimetype=kind)
            answer.headers["Content-Encoding"] = coding
            break
    else:
        if filename.endswith((".json", ".br", ".gz")):
            abort(404)
        answer = send_from_directory(folder, filename, mimetype=kind)
    answer.headers["Cache-Control"] = YEAR
    answer.headers["Vary"] = "Accept-Encoding"
    return answer


def init_assets(app: Flask) -> None:
    """Registers asset() and the address /static/; create the app with static_folder=None."""
    folder = Path(app.config.get("ASSETS_FOLDER") or Path(app.root_path).parent / "static" / "dist")
    app.extensions["assets"] = Manifest(folder)
    if "static" not in app.view_functions:
        app.add_url_rule("/static/<path:filename>", endpoint="static", view_func=serve)
    else:
        app.view_functions["static"] = serve
    asset_global: Any = asset
    app.jinja_env.globals["asset"] = asset_global


def check_assets(app: Flask) -> None:
    """Refuses to start without a build, with a sentence that says what to run."""
    manifest: Manifest = app.extensions["assets"]
    manifest.files()
