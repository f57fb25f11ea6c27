"""The Graph API's errors, in its own shape."""

import json
import secrets
from typing import Any

from aiohttp import web


class RefusalError(Exception):
    """A call is refused. `after` is told as the seconds to wait."""

    def __init__(self, code: int, message: str, subcode: int = 0, status: int = 400, after: float = 0) -> None:
        super().__init__(message)
        self.code, self.subcode, self.status, self.after = code, subcode, status, after
        self.words = ""  # for whoever made the call, where Meta has more of them

    def response(self, page: str = "") -> web.Response:
        """Return it as Meta would."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": secrets.token_urlsafe(8),
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.words:
            error |= {"error_user_title": str(self), "error_user_msg": self.words}
        headers = {}
        if self.after:
            headers["Retry-After"] = str(int(-(-self.after // 1)))
        if self.code in (4, 613, 80006):
            usage = {"type": "messenger", "call_count": 100, "total_cputime": 1, "total_time": 1}
            headers["X-Business-Use-Case-Usage"] = json.dumps({page: [usage]})
        return web.json_response({"error": error}, status=self.status, headers=headers)


def bad_token(why: str = "Invalid OAuth access token.") -> RefusalError:
    """Refuse a token."""
    return RefusalError(190, why)


def bad_parameter(why: str, subcode: int = 0) -> RefusalError:
    """Refuse something in a call."""
    return RefusalError(100, why, subcode)


def not_there(method: str, path: str) -> RefusalError:
    """Refuse what nobody has."""
    return bad_parameter(f"Unsupported {method.lower()} request. Object with ID '{path}' does not exist", 33)
