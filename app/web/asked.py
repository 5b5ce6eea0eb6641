"""Requests as the house reads them: signs that nobody sees never come in with a form."""

from __future__ import annotations

import re

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

# Controls (but tab and line ends), direction overrides that make words read backwards, spaces without width. What
# joins the parts of an emoji stays.
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u2069\ufeff]")


def seen(words: str) -> str:
    """The words without the signs that nobody sees."""
    return _UNSEEN.sub("", words)


class Asked(Request):
    """A request whose form holds what its sender could see."""

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        super()._load_form_data()
        typed = ImmutableMultiDict((name, seen(words)) for name, words in self.form.items(multi=True))
        self.__dict__["form"] = typed
