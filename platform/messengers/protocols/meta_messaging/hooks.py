"""Where Meta delivers news: one address for each app, whatever number of Pages; and proof that it is Meta who calls.

Channels of one app share the address of the first of them: `account_of` says whose an update is. So what answers
Meta's check of the address is the same for all: it is made of the app's secret alone.
"""

import hashlib
import hmac
from collections.abc import Sequence

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, HookExpected, HookState, IncomingRequest, RefusedError, Steps
from messengers.protocols.graph import error
from messengers.protocols.meta_messaging.calls import app_call, app_id, call, result

# What a Page is subscribed to, whether for Messenger or for its Instagram account: there is but one list for both.
PAGE_FIELDS = (
    *("messages", "messaging_postbacks", "messaging_optins", "messaging_referrals"),
    *("message_deliveries", "message_reads", "message_echoes", "message_edits"),
)
INSTAGRAM_FIELDS = ("messages", "messaging_postbacks", "messaging_seen", "messaging_referral")
FIELDS = {"page": PAGE_FIELDS, "instagram": INSTAGRAM_FIELDS}
NOT_VERIFIED = 2200  # Meta asked our address and got no good answer
BAD_PARAMETER = 100


class _Field(BaseModel):
    name: str = ""


class _Subscription(BaseModel):
    object: str
    callback_url: str = ""
    active: bool = True
    fields: list[_Field | str] = Field(default_factory=list)

    def names(self) -> set[str]:
        return {one if isinstance(one, str) else one.name for one in self.fields}


class _Subscriptions(BaseModel):
    data: list[_Subscription] = Field(default_factory=list)


class _App(BaseModel):
    id: str
    subscribed_fields: list[str] = Field(default_factory=list)


class _Apps(BaseModel):
    data: list[_App] = Field(default_factory=list)


def verify(channel: ChannelFacts, request: IncomingRequest) -> None:
    """Refuse what the app's secret did not sign."""
    given = {name.lower(): value for name, value in request.headers.items()}.get("x-hub-signature-256", "")
    made = hmac.new(channel.secrets["app_secret"].encode(), request.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(given.encode(), f"sha256={made}".encode()):
        raise RefusedError("wrong_signature")


def handshake(channel: ChannelFacts, request: IncomingRequest) -> tuple[int, bytes, str] | None:
    """Answer Meta's question whether the address is ours."""
    if request.method != "GET" or "hub.mode" not in request.query:
        return None
    given = request.query.get("hub.verify_token", "")
    if request.query["hub.mode"] != "subscribe" or not hmac.compare_digest(given.encode(), word(channel).encode()):
        raise RefusedError("wrong_verify_token")
    return 200, request.query.get("hub.challenge", "").encode(), "text/plain"


def word(channel: ChannelFacts) -> str:
    """Return the word by which Meta's check of the address is known."""
    return hmac.new(channel.secrets["app_secret"].encode(), b"kaskad/hook", hashlib.sha256).hexdigest()


def take(channel: ChannelFacts, thing: str) -> Steps[None]:
    """Have the app's news of `thing` delivered to this installation, and this Page's among them."""
    fields = FIELDS[thing]
    held = yield from _held(channel, thing)
    if not (held and held.active and is_ours(channel, held.callback_url) and held.names() >= set(fields)):
        yield HookExpected(channel)
        addresses = [channel.hook_url]
        if held and is_ours(channel, held.callback_url) and held.callback_url != channel.hook_url:
            addresses.insert(0, held.callback_url)  # unless the channel that it was is there no more
        yield from _set(channel, thing, fields, addresses)
    known = yield from _subscribed(channel)
    if known is None or not set(PAGE_FIELDS) <= set(known.subscribed_fields):
        wanted = {*PAGE_FIELDS, *(known.subscribed_fields if known else ())}  # others may use the app, too
        path = f"{_page(channel)}/subscribed_apps"
        result((yield call(channel, "POST", path, subscribed_fields=",".join(sorted(wanted)))))


def look(channel: ChannelFacts, thing: str) -> Steps[HookState]:
    """Ask where the app's news go, and whether this Page's are among them."""
    held = yield from _held(channel, thing)
    if held is None or not held.active or not held.callback_url:
        return HookState("", is_ours=False)
    if not is_ours(channel, held.callback_url):
        return HookState(held.callback_url, is_ours=False)
    subscribed = yield from _subscribed(channel)
    if subscribed is None or not held.names() >= set(FIELDS[thing]):
        return HookState("", is_ours=False)
    return HookState(held.callback_url, is_ours=True)


def let_go(channel: ChannelFacts, thing: str) -> Steps[None]:
    """Have this Page's news delivered no more; the app's address stays for its other Pages unless it was this one.

    A Page and its Instagram account share what the Page is subscribed to: the other one keeps it.
    """
    try:
        told = _subscriptions(result((yield app_call(channel, "GET", f"{app_id(channel)}/subscriptions"))))
    except ValueError:
        return  # a secret that is worth nothing any more holds nothing
    if any(one.object == thing and one.callback_url == channel.hook_url for one in told):
        yield app_call(channel, "DELETE", f"{app_id(channel)}/subscriptions", object=thing)
    if not any(one.object != thing and one.object in ("page", "instagram") and one.active for one in told):
        yield call(channel, "DELETE", f"{_page(channel)}/subscribed_apps")


def is_ours(channel: ChannelFacts, address: str) -> bool:
    """Say whether an address leads to a channel of this kind in this installation."""
    return bool(channel.hook_url) and address.rpartition("/")[0] == channel.hook_url.rpartition("/")[0]


def _set(channel: ChannelFacts, thing: str, fields: Sequence[str], addresses: Sequence[str]) -> Steps[None]:
    for address in addresses:
        reply = yield app_call(
            channel, "POST", f"{app_id(channel)}/subscriptions",
            object=thing, callback_url=address, verify_token=word(channel), fields=",".join(fields),
        )  # fmt: skip
        refusal = error(reply) if reply.status != 200 else None
        if refusal is not None and refusal.code == BAD_PARAMETER and thing == "instagram":
            return  # some apps have this set in their dashboard only: `look` tells that nothing is delivered yet
        if refusal is None or refusal.code != NOT_VERIFIED:
            result(reply)
            return
    raise ValueError("hook_refused")


def _held(channel: ChannelFacts, thing: str) -> Steps[_Subscription | None]:
    told = _subscriptions(result((yield app_call(channel, "GET", f"{app_id(channel)}/subscriptions"))))
    return next((one for one in told if one.object == thing), None)


def _subscriptions(body: bytes) -> list[_Subscription]:
    try:
        return _Subscriptions.model_validate_json(body).data
    except ValidationError:
        raise ValueError("no_answer") from None


def _subscribed(channel: ChannelFacts) -> Steps[_App | None]:
    body = result((yield call(channel, "GET", f"{_page(channel)}/subscribed_apps")))
    try:
        return next((one for one in _Apps.model_validate_json(body).data if one.id == app_id(channel)), None)
    except ValidationError:
        raise ValueError("no_answer") from None


def _page(channel: ChannelFacts) -> str:
    return str(channel.settings.get("page_id", ""))
