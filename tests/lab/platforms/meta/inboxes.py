"""What an account's inbox tells: its chats, the latest first, each with its last messages."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lab.platforms.meta.accounts import Bot
from lab.platforms.meta.chats import Chat, Standing
from lab.platforms.meta.refusals import bad_parameter

_ASKED = re.compile(r"updated_time,messages\.limit\((\d+)\)\{([a-z_,]+)\}")
_FIELDS = {"id", "created_time", "from", "to", "message", "attachments", "shares"}
MOST = 20  # messages of a chat of which Instagram tells more than that they are there


def conversations(bot: Bot, given: Mapping[str, Any]) -> dict[str, Any]:
    """Tell a page of chats."""
    if given.keys() - {"platform", "fields", "limit", "after"} or given.get("platform") != bot.platform:
        raise bad_parameter("Invalid parameter")
    asked = _ASKED.fullmatch(str(given.get("fields", "")))
    if asked is None or not set(asked[2].split(",")) <= _FIELDS:
        raise bad_parameter("Tried accessing nonexisting field on node type (UnifiedThread)")
    chats = [chat for chat in bot.chats.values() if chat.messages]
    chats.sort(key=lambda chat: next(reversed(chat.messages.values())).at, reverse=True)
    first, limit = int(given.get("after", 0)), int(given.get("limit", 25))
    further = first + limit
    paging: dict[str, Any] = {"cursors": {"before": str(first), "after": str(further)}}
    if further < len(chats):
        paging["next"] = f"{bot.ground.url}/next"
    most = min(MOST, int(asked[1]))
    return {"data": [_chat(bot, one, most) for one in chats[first:further]], "paging": paging}


def _chat(bot: Bot, chat: Chat, most: int) -> dict[str, Any]:
    latest = list(reversed(chat.messages.values()))[:most]
    told = [_message(bot, chat, one) for one in latest]
    return {"id": f"t_{chat.person.id}", "updated_time": _moment(latest[0].at), "messages": {"data": told}}


def _message(bot: Bot, chat: Chat, one: Standing) -> dict[str, Any]:
    account = {"id": bot.id if bot.is_instagram else bot.page_id, "name": bot.name}
    person = {"id": chat.person.key, "name": chat.person.name}
    told: dict[str, Any] = {"id": one.mid, "created_time": _moment(one.at), "message": one.text}
    told["from"] = person if one.mine else account
    told["to"] = {"data": [account if one.mine else person]}
    if one.file:
        url = bot.ground.url + bot.files.path(one.file)
        stored = bot.files.by_number[one.file]
        held = {"photo": {"image_data": {"url": url}}, "video": {"video_data": {"url": url}}}
        file = held.get(one.kind, {"file_url": url}) | {"id": str(one.file), "mime_type": stored.content_type}
        told["attachments"] = {"data": [file]}
    return told


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
