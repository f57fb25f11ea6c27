"""Methods that tell what was said before: the talks, the latest first, and the messages of one."""

from typing import Any

from lab.platforms.vk.calls import Call, method

USUAL, MOST = 20, 200


@method("messages.getConversations")
async def conversations(call: Call) -> Any:
    """Tell the talks, each with its last message."""
    talks = [talk for talk in call.bot.talks.values() if talk.messages]
    talks.sort(key=lambda talk: next(reversed(talk.messages)), reverse=True)
    items = [
        {
            "conversation": {"peer": {"id": talk.person.id, "type": "user", "local_id": talk.person.id}},
            "last_message": next(reversed(talk.messages.values())).told,
        }
        for talk in _page(call, talks)
    ]
    return {"count": len(talks), "items": items}


@method("messages.getHistory")
async def history(call: Call) -> Any:
    """Tell a talk's messages, the latest first unless it is asked otherwise."""
    said = [standing.told for standing in call.talk().messages.values()]
    if not call.given.get("rev"):
        said.reverse()
    return {"count": len(said), "items": _page(call, said)}


def _page(call: Call, whole: list[Any]) -> list[Any]:
    first = call.given.get("offset", 0)
    return whole[first : first + min(MOST, call.given.get("count", USUAL))]
