"""The methods of the bot API, each of which answers with `status`."""

from typing import Any

from lab.account import Arrival
from lab.platforms.viber.bots import Bot
from lab.platforms.viber.messages import checked
from lab.platforms.viber.refusals import RefusalError
from lab.platforms.viber.talks import Talk

WANTED = ("delivered", "seen", "failed", "subscribed", "unsubscribed", "conversation_started")
METHODS = frozenset(
    {"send_message", "broadcast_message", "set_webhook", "get_account_info", "get_user_details", "get_online"}
)
_TOGETHER = 300
_PER_PERSON = 2  # in twelve hours, of which the lab does not live so long


async def answer(bot: Bot, method: str, given: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """Do what is asked; return the facts of the answer."""
    if method not in METHODS:
        raise RefusalError(3, f"unknown method {method}")
    if bot.blocked:
        raise RefusalError(7)
    if method in ("send_message", "broadcast_message"):
        if not bot.hook:
            raise RefusalError(10)
        if not bot.balance:
            raise RefusalError(24)
        bot.spend(broadcast=method == "broadcast_message")
        return (_broadcast if method == "broadcast_message" else _send)(bot, given, arrival)
    if method == "set_webhook":
        return await _set_webhook(bot, given)
    if method == "get_user_details":
        return _details(bot, given)
    if method == "get_online":
        return _online(bot, given)
    _known(given, {"auth_token"})
    return bot.told()


def _send(bot: Bot, given: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    if not isinstance(given.get("receiver"), str):
        raise RefusalError(4, "missing receiver")
    checked({name: value for name, value in given.items() if name != "broadcast_list"})
    talk = _is_met(bot.find(given["receiver"]))
    talk.may_get(given)
    token = bot.token_number()
    _arrives(bot, talk, given, token, arrival)
    return {"message_token": token, "billing_status": 1}


def _broadcast(bot: Bot, given: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    if not bot.broadcasts:
        raise RefusalError(20)
    people = given.get("broadcast_list")
    if not isinstance(people, list) or not 0 < len(people) <= _TOGETHER or len(set(people)) != len(people):
        raise RefusalError(3, "broadcast_list is not valid")
    checked({name: value for name, value in given.items() if name != "receiver"})
    token, failed = bot.token_number(), []
    for one in people:
        talk = bot.find(one)
        try:
            _is_met(talk).may_get(given)
        except RefusalError as error:
            failed.append({"receiver": one, "status": error.status, "status_message": error.words})
            continue
        here = bot.ground.account.arrived("viber", bot.key, "broadcast")
        here.status, here.fate, here.ended = 200, "answered", here.began
        _arrives(bot, _is_met(talk), given, token, here)
    return {"message_token": token, "failed_list": failed}


def _arrives(bot: Bot, talk: Talk, given: dict[str, Any], token: int, arrival: Arrival) -> None:
    arrival.to = talk.person.key
    arrival.sent, arrival.text = True, given.get("text") or given.get("alt_text") or given["type"]
    hidden = ("receiver", "broadcast_list", "auth_token", "sender")
    bot.says(talk, {name: value for name, value in given.items() if name not in hidden}, token)


async def _set_webhook(bot: Bot, given: dict[str, Any]) -> dict[str, Any]:
    _known(given, {"auth_token", "url", "event_types", "send_name", "send_photo", "is_inline"})
    url, events = given.get("url"), given.get("event_types")
    if not isinstance(url, str):
        raise RefusalError(4, "missing url")
    if events is not None and (not isinstance(events, list) or not {*events} <= {*WANTED, "message"}):
        raise RefusalError(3, "event_types is not valid")
    if url:
        if not url.startswith(("http://", "https://")):
            raise RefusalError(1)
        if not await bot.posts.tries(url):
            raise RefusalError(1, f"failed with status: {bot.posts.last_error}")
    bot.hook, bot.sends_name = url, given.get("send_name", False) is True
    bot.events = [event for event in (WANTED if events is None else events) if event != "message"] if url else []
    bot.ground.changed()
    return {"event_types": bot.told()["event_types"]}


def _details(bot: Bot, given: dict[str, Any]) -> dict[str, Any]:
    _known(given, {"auth_token", "id"})
    talk = _is_met(bot.find(given.get("id")))
    if not talk.subscribed:
        raise RefusalError(6)
    if talk.asked >= _PER_PERSON:
        raise RefusalError(12)
    talk.asked += 1
    more = {"primary_device_os": "android 14", "viber_version": "22.1.0", "mcc": 250, "mnc": 1, "device_type": "Pixel"}
    return {"message_token": bot.token_number(), "user": bot.user(talk) | more}


def _online(bot: Bot, given: dict[str, Any]) -> dict[str, Any]:
    _known(given, {"auth_token", "ids"})
    ids = given.get("ids")
    if not isinstance(ids, list) or not 0 < len(ids) <= 100:
        raise RefusalError(3, "ids is not valid")
    return {"users": [{"id": one, "online_status": 0, "online_status_message": "online"} for one in ids]}


def _is_met(talk: Talk | None) -> Talk:
    if talk is None:
        raise RefusalError(5)
    return talk


def _known(given: dict[str, Any], names: set[str]) -> None:
    if unknown := sorted(given.keys() - names):
        raise RefusalError(3, f"unknown fields: {', '.join(unknown)}")
