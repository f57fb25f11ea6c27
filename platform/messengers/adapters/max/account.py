"""A bot: whose a token is, where its news go, and how they are fetched."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from messengers.adapter import ChannelFacts, Connected, HookState, News, Steps
from messengers.adapters.max.calls import Done, call, read, result
from messengers.adapters.max.updates import ALLOWED, Text
from messengers.content import AttachmentKind
from messengers.updates import RemoteFile

AT_ONCE = 100  # updates that are fetched
LONGEST_WAIT = 30  # seconds for which MAX lets us wait for them


class _Bot(BaseModel):
    user_id: int
    first_name: Text = ""
    username: Text = ""
    full_avatar_url: Text = ""
    avatar_url: Text = ""


class _Subscription(BaseModel):
    url: Text = ""


class _Subscriptions(BaseModel):
    subscriptions: list[_Subscription]


class _Updates(BaseModel):
    updates: list[dict[str, Any]] = Field(default_factory=list)
    marker: int | None = None


def secret(channel: ChannelFacts) -> str:
    """Return the word that MAX shows with each webhook: made of the token, so a new token makes a new one."""
    key = channel.secrets["token"].encode()
    return hmac.new(key, f"hook/{channel.key}".encode(), hashlib.sha256).hexdigest()


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask whose the token is."""
    bot = result(_Bot, (yield call(channel, "GET", "/me", patience=10)))
    address = bot.full_avatar_url or bot.avatar_url
    picture = RemoteFile(AttachmentKind.IMAGE, address) if address else None
    facts = {"bot_id": bot.user_id, "username": bot.username, "bot_name": bot.first_name}
    return Connected(bot.first_name, facts, picture, str(bot.user_id))


def connect(channel: ChannelFacts) -> Steps[Connected]:
    """Have news posted to our address; nobody's address may stand there where they are fetched."""
    told = yield from account(channel)
    if channel.polls:
        for url in (yield from _addresses(channel)):
            yield from _forget(channel, url)
        return told
    wanted = {"url": channel.hook_url, "update_types": list(ALLOWED), "secret": secret(channel)}
    reply = yield call(channel, "POST", "/subscriptions", json=wanted)
    done = read(Done, reply)
    if reply.status in (400, 405) or (reply.status == 200 and done is not None and not done.success):
        raise ValueError("hook_refused")
    result(Done, reply)
    return told


def disconnect(channel: ChannelFacts) -> Steps[None]:
    """Take our address down, and no other. A token that is dead has none."""
    try:
        if channel.hook_url in (yield from _addresses(channel)):
            yield from _forget(channel, channel.hook_url)
    except ValueError:
        return


def hook(channel: ChannelFacts) -> Steps[HookState | None]:
    """Ask where news are posted. After eight hours of failures MAX drops an address without a word: none is left."""
    addresses = yield from _addresses(channel)
    if channel.polls:
        return HookState(addresses[0] if addresses else "", is_ours=not addresses)
    if channel.hook_url in addresses:
        return HookState(channel.hook_url, is_ours=True)
    # Others may listen beside us and take nothing away from us, so theirs is no reason not to set ours again.
    return HookState("", is_ours=False)


def poll(channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
    """Fetch news. `cursor` is the marker that came with the last ones; showing it confirms them."""
    query: Mapping[str, Any] = {
        "marker": cursor or None,
        "timeout": max(0, min(LONGEST_WAIT, int(seconds))),
        "limit": AT_ONCE,
        "types": ",".join(ALLOWED),
    }
    reply = yield call(channel, "GET", "/updates", query=query, patience=seconds + 10)
    if reply.status == 405:
        raise ValueError("hook_set")
    told = result(_Updates, reply)
    return News(told.updates, cursor if told.marker is None else str(told.marker))


def _addresses(channel: ChannelFacts) -> Steps[list[str]]:
    told = result(_Subscriptions, (yield call(channel, "GET", "/subscriptions", patience=10)))
    return [one.url for one in told.subscriptions if one.url]


def _forget(channel: ChannelFacts, url: str) -> Steps[None]:
    result(Done, (yield call(channel, "DELETE", "/subscriptions", query={"url": url}, patience=10)))
