"""A community: whose a token is and what it may do, where its events go, and how they are fetched."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, Connected, HookExpected, HookState, HttpCall, News, Steps
from messengers.adapters.vk.calls import VERSION, call, failed_with, result
from messengers.adapters.vk.updates import ALLOWED
from messengers.content import AttachmentKind
from messengers.updates import RemoteFile

RIGHTS = ("messages", "manage", "photos", "docs")
TITLE = "Kaskad"
_POSTED_TO = ("ok", "wait")  # what VK says of an address that has passed its check, or is about to be checked
LOOKS = 5  # at how the check of our address went, which is VK's to begin

_NO_COMMUNITY = (100, 27, 15)  # what a person's own token gets for questions about "its" community


_Told = TypeVar("_Told", bound=BaseModel)


class _Group(BaseModel):
    id: int
    name: str = ""
    screen_name: str = ""
    photo_200: str = ""


class _Groups(BaseModel):
    groups: list[_Group]


class _Right(BaseModel):
    name: str


class _Rights(BaseModel):
    permissions: list[_Right]


class _Server(BaseModel):
    id: int
    url: str = ""
    status: str = ""


class _Servers(BaseModel):
    items: list[_Server]


class _Code(BaseModel):
    code: str


class _Added(BaseModel):
    server_id: int


class _LongPollSettings(BaseModel):
    is_enabled: bool = False


class _Fetched(BaseModel):
    ts: int | str = ""
    failed: int = 0
    updates: list[dict[str, Any]] = Field(default_factory=list)


class _LongPoll(BaseModel):
    server: str
    key: str
    ts: int | str


def secret(channel: ChannelFacts) -> str:
    """Return the word that VK shows with each event: made of the token, so a new token makes a new one."""
    key = channel.secrets["token"].encode()
    return hmac.new(key, f"hook/{channel.key}".encode(), hashlib.sha256).hexdigest()[:50]


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask whose the token is, and whether it may do what we need."""
    group = yield from _group(channel)
    reply = yield call(channel, "groups.getTokenPermissions", patience=10)
    if failed_with(reply, *_NO_COMMUNITY):
        raise ValueError("not_a_community")
    given = {right.name for right in _read(_Rights, result(reply)).permissions}
    missing = next((right for right in RIGHTS if right not in given), None)
    if missing:
        raise ValueError(f"no_right_{missing}")
    picture = RemoteFile(AttachmentKind.IMAGE, group.photo_200) if group.photo_200 else None
    facts = {"group_id": group.id, "screen_name": group.screen_name, "group_name": group.name}
    return Connected(group.name, facts, picture, str(group.id))


def connect(channel: ChannelFacts) -> Steps[Connected]:
    """Have events posted to our address, or kept for us where they are fetched."""
    told = yield from account(channel)
    group = int(told.account)
    reply = yield call(channel, "groups.setSettings", group_id=group, messages=True, bots_capabilities=True)
    if failed_with(reply, 912):
        raise ValueError("bot_features_off")  # anything else shows itself with the first message
    if channel.polls:
        yield from _forget_server(channel, group)
        events = dict.fromkeys(ALLOWED, True)
        result((yield call(
            channel, "groups.setLongPollSettings", group_id=group, enabled=True, api_version=VERSION, **events
        )))  # fmt: skip
        return told
    code = yield from _be_posted_to(channel, told, group)
    return replace(told, facts={**told.facts, "confirmation_code": code})


def disconnect(channel: ChannelFacts) -> Steps[None]:
    """Take our address down. A token that is dead cannot."""
    try:
        group = int(channel.account) if channel.account else (yield from _group(channel)).id
        yield from _forget_server(channel, group)
    except ValueError:
        return


def hook(channel: ChannelFacts) -> Steps[HookState | None]:
    """Ask whether events come to us. Other programs have addresses of their own there, and take nothing away."""
    group = int(channel.account) if channel.account else (yield from _group(channel)).id
    if channel.polls:
        reply = yield call(channel, "groups.getLongPollSettings", patience=10, group_id=group)
        return HookState("", _read(_LongPollSettings, result(reply)).is_enabled)
    ours = yield from _our_server(channel, group)
    if ours is None:
        return HookState("", is_ours=False)
    if ours.status not in _POSTED_TO:
        return HookState("", is_ours=False, last_error=ours.status)
    return HookState(ours.url, is_ours=True)


def _be_posted_to(channel: ChannelFacts, told: Connected, group: int) -> Steps[str]:
    """Have VK check our address and post to it; return the code by which it knows us."""
    ours = yield from _our_server(channel, group)
    asked = yield call(channel, "groups.getCallbackConfirmationCode", patience=10, group_id=group)
    code = _read(_Code, result(asked)).code
    settings = {**channel.settings, **told.facts, "confirmation_code": code}
    yield HookExpected(replace(channel, settings=settings, account=told.account))
    given: dict[str, Any] = {"group_id": group, "url": channel.hook_url, "title": TITLE, "secret_key": secret(channel)}
    if ours:
        reply = yield call(channel, "groups.editCallbackServer", server_id=ours.id, **given)
    else:
        reply = yield call(channel, "groups.addCallbackServer", **given)
    if failed_with(reply, 100):
        raise ValueError("hook_refused")
    number = ours.id if ours else _read(_Added, result(reply)).server_id
    result(reply)
    events = dict.fromkeys(ALLOWED, True)
    result((yield call(
        channel, "groups.setCallbackSettings", group_id=group, server_id=number, api_version=VERSION, **events
    )))  # fmt: skip
    for _ in range(LOOKS):
        state = yield from _our_server(channel, group)
        if state is not None and state.status == "ok":
            return code
        if state is None or state.status == "failed":
            yield call(channel, "groups.deleteCallbackServer", group_id=group, server_id=number)
            raise ValueError("hook_refused")
    return code  # it has not been checked yet: the channel's page will tell


def _our_server(channel: ChannelFacts, group: int) -> Steps[_Server | None]:
    reply = yield call(channel, "groups.getCallbackServers", patience=10, group_id=group)
    servers = _read(_Servers, result(reply)).items
    return next((one for one in servers if one.url == channel.hook_url), None)


def _forget_server(channel: ChannelFacts, group: int) -> Steps[None]:
    ours = yield from _our_server(channel, group)
    if ours is not None:
        yield call(channel, "groups.deleteCallbackServer", group_id=group, server_id=ours.id)


def _group(channel: ChannelFacts) -> Steps[_Group]:
    reply = yield call(channel, "groups.getById", patience=10)
    if failed_with(reply, *_NO_COMMUNITY):
        raise ValueError("not_a_community")
    groups = _read(_Groups, result(reply)).groups
    if not groups:
        raise ValueError("not_a_community")
    return groups[0]


# ---- fetching


@dataclass(frozen=True, slots=True)
class _Cursor:
    """Where the next events are asked for."""

    server: str
    key: str
    ts: str

    @classmethod
    def of(cls, written: str) -> "_Cursor | None":
        try:
            told = json.loads(written)
            return cls(str(told["server"]), str(told["key"]), str(told["ts"]))
        except (ValueError, KeyError, TypeError):
            return None

    def __str__(self) -> str:
        return json.dumps({"server": self.server, "key": self.key, "ts": self.ts})

    def check(self, seconds: float) -> HttpCall:
        asked = {"act": "a_check", "key": self.key, "ts": self.ts, "wait": int(seconds)}
        return HttpCall("GET", f"{self.server}?{urlencode(asked)}", timeout=seconds + 10)


def poll(channel: ChannelFacts, cursor: str, seconds: float) -> Steps[News]:
    """Fetch events, from the next one on where the cursor is empty.

    VK answers 1 when it has forgotten the older events, 2 when the key is too old, 3 when it has lost its place.
    """
    place = _Cursor.of(cursor)
    if place is None:
        return News([], str((yield from _place(channel))))
    for _ in range(2):
        reply = yield place.check(seconds)
        try:
            told = _Fetched.model_validate_json(reply.body)
        except ValidationError:
            told = _Fetched(failed=2)  # another server may be there by now
        if told.failed in (0, 1) and told.ts != "":
            return News(told.updates, str(replace(place, ts=str(told.ts))))
        fresh = yield from _place(channel)
        place = replace(fresh, ts=place.ts) if told.failed == 2 else fresh
    raise ValueError("no_answer")


def _place(channel: ChannelFacts) -> Steps[_Cursor]:
    group = int(channel.account) if channel.account else (yield from _group(channel)).id
    reply = yield call(channel, "groups.getLongPollServer", patience=10, group_id=group)
    if failed_with(reply, 100):
        raise ValueError("long_poll_off")
    told = _read(_LongPoll, result(reply))
    return _Cursor(told.server, told.key, str(told.ts))


def _read(model: type[_Told], told: Any) -> _Told:
    """Return what was told; ValueError with a reason code where it is not as VK describes it."""
    try:
        return model.model_validate(told)
    except ValidationError as error:
        raise ValueError("no_answer") from error
