"""The address that SMSC.ru is given for its news. Adapters check it, the wizards show it."""

import hashlib
import hmac

from messengers.adapter import ChannelFacts, IncomingRequest, RefusedError


def hook_address(channel: ChannelFacts) -> str:
    """Return the address to paste there."""
    return f"{channel.hook_url}?key={hook_key(channel)}"


def hook_key(channel: ChannelFacts) -> str:
    """Return the secret in the address: made of the account's own, so a new password makes a new one."""
    secret = channel.secrets.get("apikey") or channel.secrets.get("password") or ""
    return hmac.new(secret.encode(), f"hook/{channel.key}".encode(), hashlib.sha256).hexdigest()[:32]


def verify_key(channel: ChannelFacts, request: IncomingRequest) -> None:
    """Refuse what does not know the address's secret."""
    given = request.query.get("key", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, hook_key(channel).encode()):
        raise RefusedError("wrong_secret")
