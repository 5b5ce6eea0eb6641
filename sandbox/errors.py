"""Errors as Stripe answers them: status, type, code and the objects embedded in them."""

from typing import Any

from sandbox.shapes import Obj


class ApiError(Exception):
    """A refusal in Stripe's shape; `keep` says that what was written before it stays (a decline leaves its charge)."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        keep: bool = False,
        **more: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.keep = keep
        self.error: Obj = {"message": message, "type": kind}
        if code:
            self.error |= {"code": code, "doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}"}
        if param:
            self.error["param"] = param
        self.error |= {key: value for key, value in more.items() if value is not None}

    def body(self) -> Obj:
        """The JSON answer."""
        return {"error": self.error}


def invalid(message: str, *, param: str | None = None, code: str | None = None, **more: Any) -> ApiError:
    """400 `invalid_request_error`."""
    return ApiError(400, message, param=param, code=code, **more)


def missing(kind: str, identifier: str, *, param: str = "id", status: int = 404) -> ApiError:
    """`resource_missing`: 404 for the object of the path, 400 for one named in a parameter."""
    return ApiError(status, f"No such {kind}: '{identifier}'", code="resource_missing", param=param)


def unknown_url(method: str, path: str) -> ApiError:
    """404 for a path that Stripe does not have or the sandbox does not speak."""
    return ApiError(
        404, f"Unrecognized request URL ({method}: {path}). The sandbox speaks a part of Stripe's API only."
    )
