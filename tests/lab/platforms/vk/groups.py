"""Methods of a community's own affairs: what it is, where its events go; and who people are."""

from typing import Any

from lab.platforms.vk.calls import Call, method
from lab.platforms.vk.methods import EVENTS
from lab.platforms.vk.refusals import NO_BOTS, RefusalError, invalid

_BIT = {"photos": 4, "docs": 131072, "messages": 4096, "manage": 262144}


@method("groups.getById")
async def get_by_id(call: Call) -> Any:
    """Tell of the community whose token it is."""
    return {"groups": [call.bot.told()], "profiles": []}


@method("groups.getTokenPermissions")
async def get_token_permissions(call: Call) -> Any:
    """Tell what the token may do."""
    rights = [{"name": name, "setting": _BIT.get(name, 1)} for name in call.bot.rights]
    return {"mask": sum(one["setting"] for one in rights), "permissions": rights}


@method("groups.setSettings")
async def set_settings(call: Call) -> Any:
    """Switch a bot's features on."""
    call.own_group()
    if call.given.get("bots_capabilities"):
        if call.bot.features_locked:
            raise RefusalError(*NO_BOTS)
        call.bot.bot_features = True
    return 1


@method("groups.getCallbackConfirmationCode")
async def get_callback_confirmation_code(call: Call) -> Any:
    """Tell what an address must answer."""
    call.own_group()
    return {"code": call.bot.events.code}


@method("groups.getCallbackServers")
async def get_callback_servers(call: Call) -> Any:
    """Tell all addresses, other programs' too."""
    call.own_group()
    asked = call.given.get("server_ids")
    items = [one.told() for one in call.bot.events.servers.values() if asked is None or one.id in asked]
    return {"count": len(items), "items": items}


@method("groups.addCallbackServer")
async def add_callback_server(call: Call) -> Any:
    """Add an address and check it."""
    call.own_group()
    _check_server(call)
    server = await call.bot.events.add_server(call.given["url"], call.given["title"], call.given.get("secret_key", ""))
    return {"server_id": server.id}


@method("groups.editCallbackServer")
async def edit_callback_server(call: Call) -> Any:
    """Change an address and check it again."""
    call.own_group()
    _check_server(call)
    given = call.given
    await call.bot.events.change_server(given["server_id"], given["url"], given["title"], given.get("secret_key", ""))
    return 1


@method("groups.deleteCallbackServer")
async def delete_callback_server(call: Call) -> Any:
    """Forget an address."""
    call.own_group()
    call.bot.events.drop_server(call.given["server_id"])
    return 1


@method("groups.setCallbackSettings")
async def set_callback_settings(call: Call) -> Any:
    """Choose what is posted to an address; what is not named stays."""
    call.own_group()
    server = call.bot.events.server(call.given.get("server_id", 0))
    server.wanted = _chosen(call.given, server.wanted)
    server.version = call.given.get("api_version", server.version)
    call.ground.changed()
    return 1


@method("groups.getCallbackSettings")
async def get_callback_settings(call: Call) -> Any:
    """Tell what is posted to an address."""
    call.own_group()
    server = call.bot.events.server(call.given.get("server_id", 0))
    return {"api_version": server.version, "events": {kind: int(kind in server.wanted) for kind in EVENTS}}


@method("groups.setLongPollSettings")
async def set_long_poll_settings(call: Call) -> Any:
    """Choose what is kept for the Long Poll."""
    call.own_group()
    poll = call.bot.events.long_poll
    poll.enabled = call.given.get("enabled", poll.enabled)
    poll.wanted = _chosen(call.given, poll.wanted)
    poll.version = call.given.get("api_version", poll.version)
    call.ground.changed()
    return 1


@method("groups.getLongPollSettings")
async def get_long_poll_settings(call: Call) -> Any:
    """Tell what is kept for the Long Poll."""
    call.own_group()
    poll = call.bot.events.long_poll
    events = {kind: int(kind in poll.wanted) for kind in EVENTS}
    return {"is_enabled": poll.enabled, "api_version": poll.version, "events": events}


@method("groups.getLongPollServer")
async def get_long_poll_server(call: Call) -> Any:
    """Tell where events are fetched."""
    call.own_group()
    poll = call.bot.events.long_poll
    if not poll.enabled:
        raise invalid("longpoll for this group is not enabled")
    poll.lost = False
    return {"key": poll.key, "server": f"{call.ground.url}/vk/whp/{call.bot.id}", "ts": str(poll.next)}


@method("users.get")
async def get_users(call: Call) -> Any:
    """Tell who people are; nothing of those who do not exist."""
    fields = {*call.given.get("fields", ())}
    people = [call.ground.people.find(one) for one in call.given.get("user_ids", ())]
    return [_person(call, person, fields) for person in people if person is not None]


def _person(call: Call, person: Any, fields: set[str]) -> dict[str, Any]:
    known = {
        "sex": 1 if person.first_name.endswith(("а", "я")) else 2,
        "domain": person.username,
        "city": {"id": 1, "title": "Москва"},
        "country": {"id": 1, "title": "Россия"},
        "bdate": "1.2.1990",
        "relation": 0,
        "photo_200": f"{call.ground.url}/vk/face/{person.id}.jpg",
    }
    names = {"id": person.id, "first_name": person.first_name, "last_name": person.last_name}
    shown = {name: value for name, value in known.items() if name in fields}
    return {**names, "can_access_closed": True, "is_closed": False, **shown}


def _chosen(given: dict[str, Any], before: set[str]) -> set[str]:
    return {kind for kind in EVENTS if given.get(kind, kind in before)}


def _check_server(call: Call) -> None:
    given = call.given
    if not given["url"].startswith(("http://", "https://")):
        raise invalid("url is invalid")
    if len(given["title"]) > 14:
        raise invalid("title is longer than 14 characters")
    secret = given.get("secret_key", "")
    if len(secret) > 50 or not secret.isalnum():
        raise invalid("secret_key must have up to 50 letters and digits")
