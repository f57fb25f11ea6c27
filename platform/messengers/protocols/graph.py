"""What all of Meta's channels share: how the Graph API says that something went wrong; and an address of one's own.

Messenger and Instagram have one address for each app and answer Meta's check by `meta_messaging.hooks`; a WhatsApp
number has its own, so what answers the check there is made of the channel's key, too. Calls are made by
`meta_messaging.calls`, in the token's name or in the app's.
"""

import hashlib
import hmac
from typing import Any

from pydantic import BaseModel, ValidationError

from messengers.adapter import ChannelFacts, IncomingRequest, RefusedError, Reply


class GraphError(BaseModel):
    """What an answer, or a status, says went wrong. `words` is the fullest of what it says."""

    code: int = 0
    title: str = ""
    message: str = ""
    error_subcode: int = 0
    is_transient: bool = False
    error_user_msg: str | None = None
    error_data: Any = None

    @property
    def words(self) -> str:
        """Return the most exact words there are."""
        told = self.error_data.get("details") if isinstance(self.error_data, dict) else self.error_data
        details = told if isinstance(told, str) else ""
        return self.error_user_msg or details or self.message or self.title or f"error_{self.code}"


class _Refusal(BaseModel):
    error: GraphError


def error(reply: Reply) -> GraphError | None:
    """Return what went wrong; None where that is not said in the Graph API's language."""
    try:
        return _Refusal.model_validate_json(reply.body).error
    except ValidationError:
        return None


def verify_token(channel: ChannelFacts) -> str:
    """Return the word by which Meta's check of this channel's own address is known."""
    key = channel.secrets["app_secret"].encode()
    return hmac.new(key, f"kaskad/hook/{channel.key}".encode(), hashlib.sha256).hexdigest()


def handshake(channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
    """Answer Meta's question whether the address is this channel's; None for what asks nothing of the kind."""
    if request.method != "GET" or "hub.mode" not in request.query:
        return None
    given = request.query.get("hub.verify_token", "").encode()
    if request.query["hub.mode"] != "subscribe" or not hmac.compare_digest(given, verify_token(channel).encode()):
        raise RefusedError("wrong_verify_token")
    return 200, request.query.get("hub.challenge", "").encode(), "text/plain"
