"""Whose a token is, which number it may write from, and where that number's news go."""

from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, Connected, HookExpected, HookState, Steps
from messengers.adapters.whatsapp.limits import daily
from messengers.protocols.graph import error, verify_token
from messengers.protocols.meta_messaging.calls import app_call, app_id, call, result
from messengers.protocols.meta_messaging.hooks import NOT_VERIFIED

_Model = TypeVar("_Model", bound=BaseModel)

MESSAGING, MANAGEMENT = "whatsapp_business_messaging", "whatsapp_business_management"
RIGHTS = (MESSAGING, MANAGEMENT)
# What an app is told of all its numbers: only `messages` goes to a number's own address, the rest to the app's.
FIELDS = (
    *("messages", "user_preferences", "message_template_status_update", "template_category_update"),
    *("message_template_quality_update", "phone_number_quality_update", "account_update"),
    *("account_alerts", "business_capability_update"),
)
OBJECT = "whatsapp_business_account"
_NUMBER = "id,verified_name,display_phone_number,quality_rating,throughput,messaging_limit_tier,platform_type,status"
_SILENT = frozenset({"PENDING", "DISCONNECTED", "DELETED", "UNVERIFIED"})


class _Granted(BaseModel):
    scope: str = ""
    target_ids: list[str] = Field(default_factory=list)


class _Token(BaseModel):
    app_id: str = ""
    is_valid: bool = False
    scopes: list[str] = Field(default_factory=list)
    granular_scopes: list[_Granted] = Field(default_factory=list)

    def accounts(self) -> list[str]:
        """Return the business accounts that the token may manage, where it was given for some only."""
        return [one for granted in self.granular_scopes if granted.scope == MANAGEMENT for one in granted.target_ids]


class _Debugged(BaseModel):
    data: _Token


class _Throughput(BaseModel):
    level: str = ""


class _Number(BaseModel):
    id: str
    verified_name: str = ""
    display_phone_number: str = ""
    quality_rating: str = ""
    throughput: _Throughput = Field(default_factory=_Throughput)
    messaging_limit_tier: str = ""
    platform_type: str = ""
    status: str = ""

    def facts(self, waba_id: str) -> dict[str, Any]:
        return {
            "phone_number_id": self.id,
            "waba_id": waba_id,
            "phone": self.display_phone_number,
            "verified_name": self.verified_name,
            "quality": self.quality_rating,
            "throughput": self.throughput.level,
            "limit_tier": self.messaging_limit_tier,
            "daily_limit": daily(self.messaging_limit_tier),
        }


class _Numbers(BaseModel):
    data: list[_Number] = Field(default_factory=list)


class _App(BaseModel):
    id: str = ""


class _Subscribed(BaseModel):
    whatsapp_business_api_data: _App = Field(default_factory=_App)
    override_callback_uri: str = ""


class _Subscriptions(BaseModel):
    data: list[_Subscribed] = Field(default_factory=list)


class _Field(BaseModel):
    name: str = ""


class _AppHook(BaseModel):
    object: str = ""
    callback_url: str = ""
    active: bool = True
    fields: list[_Field] = Field(default_factory=list)


class _AppHooks(BaseModel):
    data: list[_AppHook] = Field(default_factory=list)


def account(channel: ChannelFacts) -> Steps[Connected]:
    """Ask which number the token writes from; ValueError for one that may not do what we need."""
    token = yield from _token(channel)
    waba_id, found = yield from _number(channel, token)
    if found.status in _SILENT or found.platform_type == "NOT_APPLICABLE":
        raise ValueError("number_not_registered")
    name = found.verified_name or found.display_phone_number
    return Connected(name, found.facts(waba_id), account=found.id)


def take_hook(channel: ChannelFacts) -> Steps[None]:
    """Have the number's news delivered to this channel's own address."""
    yield HookExpected(channel)
    yield from _ask_for_messages(channel)
    reply = yield call(
        channel, "POST", f"{_waba(channel)}/subscribed_apps",
        override_callback_uri=channel.hook_url, verify_token=verify_token(channel),
    )  # fmt: skip
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and (refusal.code == NOT_VERIFIED or "callback" in refusal.words.lower()):
        raise ValueError("hook_refused")
    result(reply)


def look(channel: ChannelFacts) -> Steps[HookState]:
    """Ask where the number's news go; numbers of one business account share the address of one of them."""
    told = yield from _subscribed(channel)
    if told is None:
        return HookState("", is_ours=False)
    url = told.override_callback_uri
    ours = bool(channel.hook_url) and url.rpartition("/")[0] == channel.hook_url.rpartition("/")[0]
    return HookState(url, is_ours=ours)


def let_go(channel: ChannelFacts) -> Steps[None]:
    """Have the number's news delivered no more, if they came to this channel's address."""
    try:
        told = yield from _subscribed(channel)
    except ValueError:
        return
    if told is not None and told.override_callback_uri == channel.hook_url:
        yield call(channel, "DELETE", f"{_waba(channel)}/subscribed_apps")


def _token(channel: ChannelFacts) -> Steps[_Token]:
    reply = yield app_call(channel, "GET", "debug_token", input_token=channel.secrets["token"])
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and refusal.code in (101, 190):
        raise ValueError("wrong_app_secret")
    token = read(_Debugged, result(reply)).data
    if not token.is_valid:
        raise ValueError("wrong_token")
    if token.app_id != app_id(channel):
        raise ValueError("token_of_another_app")
    for right in RIGHTS:
        if right not in token.scopes:
            raise ValueError(f"missing_{right}")
    return token


def _number(channel: ChannelFacts, token: _Token) -> Steps[tuple[str, _Number]]:
    """Find the number among those of the business accounts that the token may manage."""
    wanted = str(channel.settings.get("phone_number_id", ""))
    given = _waba(channel)
    accounts: Sequence[str] = [given] if given else token.accounts()
    if not accounts:
        raise ValueError("account_unknown")
    found: list[tuple[str, _Number]] = []
    for waba_id in accounts:
        told = result((yield call(channel, "GET", f"{waba_id}/phone_numbers", fields=_NUMBER, limit=100)))
        found += [(waba_id, one) for one in read(_Numbers, told).data if wanted in ("", one.id)]
    if not found:
        raise ValueError("number_unknown" if wanted else "no_number")
    if len(found) > 1:
        raise ValueError("several_numbers")
    return found[0]


def _ask_for_messages(channel: ChannelFacts) -> Steps[None]:
    """See to it that the app is told of messages at all: the address of a number changes but where they go."""
    told = result((yield app_call(channel, "GET", f"{app_id(channel)}/subscriptions")))
    held = next((one for one in read(_AppHooks, told).data if one.object == OBJECT and one.active), None)
    names = {field.name for field in held.fields} if held is not None else set()
    ours = held is not None and held.callback_url.rpartition("/")[0] == channel.hook_url.rpartition("/")[0]
    if names.issuperset(FIELDS) or ("messages" in names and not ours):
        return
    if held is not None and held.callback_url and not ours:
        raise ValueError("messages_not_subscribed")  # another program's address: it stays as it is
    reply = yield app_call(
        channel, "POST", f"{app_id(channel)}/subscriptions",
        object=OBJECT, callback_url=channel.hook_url, verify_token=verify_token(channel), fields=",".join(FIELDS),
    )  # fmt: skip
    refusal = error(reply) if reply.status != 200 else None
    if refusal is not None and refusal.code == NOT_VERIFIED:
        raise ValueError("hook_refused")
    result(reply)


def _subscribed(channel: ChannelFacts) -> Steps[_Subscribed | None]:
    told = result((yield call(channel, "GET", f"{_waba(channel)}/subscribed_apps")))
    mine = (one for one in read(_Subscriptions, told).data if one.whatsapp_business_api_data.id == app_id(channel))
    return next(mine, None)


def read(model: type[_Model], body: bytes) -> _Model:
    """Return what was answered; ValueError where it is not in the words that we know."""
    try:
        return model.model_validate_json(body)
    except ValidationError:
        raise ValueError("no_answer") from None


def _waba(channel: ChannelFacts) -> str:
    return str(channel.settings.get("waba_id", ""))
