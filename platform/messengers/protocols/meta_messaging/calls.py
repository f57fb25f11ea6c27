"""Calls of the Graph API in a Page's or its app's name, and what their answers say. https://developers.facebook.com"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from messengers.adapter import ChannelFacts, HttpCall, Reply, StoredFile
from messengers.protocols.graph import error

ROOT = "https://graph.facebook.com"
VERSION = "v23.0"
UPLOAD_TIMEOUT = 120.0  # seconds


def call(channel: ChannelFacts, method: str, path: str, *, patience: float = 15.0, **said: Any) -> HttpCall:
    """Return a call with the Page's token; what is `said` is the query of a GET or DELETE, else the JSON."""
    query = {"appsecret_proof": proof(channel)}
    asked = method in ("GET", "DELETE")
    url = _url(channel, path, query | (said if asked else {}))
    headers = {"Authorization": f"Bearer {channel.secrets['token']}"}
    return HttpCall(method, url, json=None if asked else said, headers=headers, timeout=patience)


def app_call(channel: ChannelFacts, method: str, path: str, **said: Any) -> HttpCall:
    """Return a call in the name of the app itself."""
    headers = {"Authorization": f"Bearer {app_id(channel)}|{channel.secrets['app_secret']}"}
    url = _url(channel, path, said if method == "GET" else {})
    return HttpCall(method, url, json=None if method == "GET" else said, headers=headers, timeout=10)


def upload(channel: ChannelFacts, path: str, form: Mapping[str, str], files: Mapping[str, StoredFile]) -> HttpCall:
    """Return a call that carries files."""
    url = _url(channel, path, {"appsecret_proof": proof(channel)})
    headers = {"Authorization": f"Bearer {channel.secrets['token']}"}
    return HttpCall("POST", url, form=form, files=files, headers=headers, timeout=UPLOAD_TIMEOUT)


def app_id(channel: ChannelFacts) -> str:
    """Return the app in whose name Kaskad speaks."""
    return str(channel.settings.get("app_id", ""))


def proof(channel: ChannelFacts) -> str:
    """Return the proof that whoever has the token has the app's secret, too: apps may ask for it with each call."""
    return hmac.new(
        channel.secrets["app_secret"].encode(), channel.secrets["token"].encode(), hashlib.sha256
    ).hexdigest()


def result(reply: Reply) -> bytes:
    """Return the body of an answer; ValueError with a reason code where there is none."""
    if reply.status == 200:
        return reply.body
    refusal = error(reply)
    if reply.status == 0 or refusal is None:
        raise ValueError("no_answer")
    if refusal.code in (190, 102):
        raise ValueError("wrong_token")
    if refusal.code in (4, 17, 32, 613):
        raise ValueError("too_many_requests")
    if refusal.code in (3, 10, 200) or 200 < refusal.code < 300:
        raise ValueError("rights_missing")
    raise ValueError("no_answer" if refusal.code in (1, 2) else refusal.message or "no_answer")


def _url(channel: ChannelFacts, path: str, query: Mapping[str, Any]) -> str:
    asked = f"?{urlencode(query)}" if query else ""
    return f"{channel.api or ROOT}/{VERSION}/{path}{asked}"
