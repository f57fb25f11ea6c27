"""The methods that the fake VK knows, and what their parameters are. What is not here is refused, as is what is wrong.

VK itself passes over parameters that it does not know: here a mistake of that kind is seen.
"""

import json
from collections.abc import Mapping
from typing import Any

from lab.platforms.vk.refusals import invalid

_MESSAGE = {
    "message": "text", "attachment": "text", "lat": "number", "long": "number", "keyboard": "json",
    "template": "json", "dont_parse_links": "flag", "disable_mentions": "flag", "group_id": "whole",
}  # fmt: skip
_SERVER = {"group_id!": "whole", "url!": "text", "title!": "text", "secret_key": "text"}
EVENTS = (
    *("message_new", "message_reply", "message_edit", "message_allow", "message_deny", "message_read"),
    *("message_event", "message_typing_state", "group_join", "group_leave"),
)
_EVENTS = dict.fromkeys(EVENTS, "flag")

# Method -> parameter (those with "!" must be there) -> type.
METHODS: Mapping[str, Mapping[str, str]] = {
    "messages.send": {
        **_MESSAGE, "peer_id": "whole", "user_id": "whole", "peer_ids": "list", "random_id!": "whole",
        "payload": "json", "reply_to": "whole", "forward": "json", "sticker_id": "whole", "intent": "text",
    },
    "messages.edit": {
        **_MESSAGE, "peer_id!": "whole", "message_id": "whole", "cmid": "whole", "keep_forward_messages": "flag",
        "keep_snippets": "flag",
    },
    "messages.delete": {
        "message_ids": "list", "cmids": "list", "peer_id": "whole", "delete_for_all": "flag", "group_id": "whole",
    },
    "messages.getConversations": {
        "offset": "whole", "count": "whole", "filter": "text", "extended": "flag", "group_id": "whole",
    },
    "messages.getHistory": {"peer_id": "whole", "user_id": "whole", "offset": "whole", "count": "whole", "rev": "flag"},
    "messages.sendMessageEventAnswer": {
        "event_id!": "text", "user_id!": "whole", "peer_id!": "whole", "event_data": "json",
    },
    "messages.setActivity": {"user_id": "whole", "peer_id": "whole", "type": "text", "group_id": "whole"},
    "messages.markAsRead": {"peer_id!": "whole", "start_message_id": "whole", "group_id": "whole"},
    "execute": {"code!": "text"},
    "users.get": {"user_ids": "names", "fields": "names", "name_case": "text"},
    "groups.getById": {"group_ids": "names", "group_id": "text", "fields": "names"},
    "groups.getTokenPermissions": {},
    "groups.setSettings": {
        "group_id!": "whole", "messages": "flag", "bots_capabilities": "flag", "bots_start_button": "flag",
        "bots_add_to_chat": "flag",
    },
    "groups.getCallbackConfirmationCode": {"group_id!": "whole"},
    "groups.getCallbackServers": {"group_id!": "whole", "server_ids": "list"},
    "groups.addCallbackServer": _SERVER,
    "groups.editCallbackServer": {**_SERVER, "server_id!": "whole"},
    "groups.deleteCallbackServer": {"group_id!": "whole", "server_id!": "whole"},
    "groups.setCallbackSettings": {"group_id!": "whole", "server_id": "whole", "api_version": "text", **_EVENTS},
    "groups.getCallbackSettings": {"group_id!": "whole", "server_id": "whole"},
    "groups.setLongPollSettings": {"group_id!": "whole", "enabled": "flag", "api_version": "text", **_EVENTS},
    "groups.getLongPollSettings": {"group_id!": "whole"},
    "groups.getLongPollServer": {"group_id!": "whole"},
    "photos.getMessagesUploadServer": {"peer_id": "whole"},
    "photos.saveMessagesPhoto": {"photo!": "text", "server": "whole", "hash": "text"},
    "docs.getMessagesUploadServer": {"type": "text", "peer_id": "whole"},
    "docs.save": {"file!": "text", "title": "text", "tags": "text"},
}  # fmt: skip

# The right that a token needs for a method; the others need none.
RIGHTS = {"messages": "messages", "photos": "photos", "docs": "docs"}
MANAGES = ("Callback", "LongPoll", "setSettings")


def right_for(method: str) -> str:
    """Return the right that a method asks for."""
    if any(word in method for word in MANAGES):
        return "manage"
    return RIGHTS.get(method.partition(".")[0], "")


def checked(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as their types want them."""
    described = {name.rstrip("!"): kind for name, kind in METHODS[method].items()}
    unknown = sorted(given.keys() - described.keys())
    if unknown:
        raise invalid(f"{', '.join(unknown)} is unknown to {method}")
    missing = [name[:-1] for name in METHODS[method] if name.endswith("!") and str(given.get(name[:-1], "")) == ""]
    if missing:
        raise invalid(f"{missing[0]} is undefined")
    return {name: _typed(name, described[name], value) for name, value in given.items() if value != ""}


def _typed(name: str, kind: str, value: Any) -> Any:
    try:
        match kind:
            case "whole":
                return int(str(value))
            case "number":
                return float(value)
            case "flag":
                return {"1": True, "0": False, "true": True, "false": False}[str(value).lower()]
            case "list":
                return [int(one) for one in str(value).split(",")]
            case "names":
                return str(value).split(",")
            case "json":
                return json.loads(value) if isinstance(value, str) else value
    except (ValueError, KeyError):
        raise invalid(f"{name} is no {kind}") from None
    return str(value)
