"""How bodies are signed that bear a signature of their own: each has other headers."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from messengers.adapter import ChannelFacts
from messengers.adapters.sms import twilio
from messengers.adapters.vk.account import secret
from messengers.protocols.smsc_hook import hook_key


def by_meta(facts: ChannelFacts, body: bytes) -> Mapping[str, str]:
    """Sign as Meta does, with the app's secret."""
    return {"X-Hub-Signature-256": f"sha256={_made(facts.secrets['app_secret'], body)}"}


def by_viber(facts: ChannelFacts, body: bytes) -> Mapping[str, str]:
    """Sign as Viber does, with the bot's token."""
    return {"X-Viber-Content-Signature": _made(facts.secrets["token"], body)}


def by_vk(facts: ChannelFacts, body: bytes) -> bytes | None:
    """Put the word into a body that VK would show there; None where it is no object, and holds none."""
    word = secret(facts)
    sealed = body.rstrip()[:-1] + f', "secret": "{word}"}}'.encode()
    try:
        told = json.loads(sealed)
    except (ValueError, RecursionError):
        return None
    return sealed if isinstance(told, dict) and told.get("secret") == word else None


def by_twilio(facts: ChannelFacts, body: bytes) -> Mapping[str, str]:
    """Sign as Twilio does, with the account's token: whatever it is, it is signed as a form."""
    fields = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return {"X-Twilio-Signature": twilio.signature(facts.secrets["password"], facts.hook_url, fields).decode()}


def by_address(facts: ChannelFacts) -> Mapping[str, str]:
    """Return the secret that SMSC.ru was given with the address."""
    return {"key": hook_key(facts)}


def _made(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
