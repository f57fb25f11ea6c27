"""Which calls a message needs; up to 25 of a mailing in one; and how one that was sent is changed or taken back.

Each message keeps a `random_id` of its own, also where many leave together: whatever is tried again, in whatever
company, arrives once. That is why `peer_ids`, whose people share one number, are not used.
"""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ValidationError

from messengers.adapter import ChannelFacts, Outcome, Outgoing, Rejected, RetryAt, Sent, Steps
from messengers.adapters.vk import writing
from messengers.adapters.vk.calls import Error, call, failed_with, read, written
from messengers.adapters.vk.outcomes import TROUBLED, outcome, refused
from messengers.adapters.vk.uploads import put
from messengers.content import Attachment, Content

TOGETHER = 25  # calls inside of one `execute`
SHORT = 2_000  # characters of a message that may share one: the script has a limit, too
_NAMELESS = "unknown_message"  # VK never told us its number
_NO_SCRIPT = (12, 13)  # the script as a whole was refused
_BAD_PARAMETER = 100  # a file, perhaps, that VK does not have any more


class _Deleted(BaseModel):
    response: int = 0
    error: "_DeletionError | None" = None


class _DeletionError(BaseModel):
    code: int
    description: str = ""


def send(channel: ChannelFacts, message: Outgoing) -> Steps[Outcome]:
    """Deliver one part."""
    names = yield from put(channel, int(message.to), _files(message.content), message.file_ids)
    if not isinstance(names, dict):
        return names
    reply = yield call(channel, "messages.send", **_parameters(channel, message, names))
    if failed_with(reply, _BAD_PARAMETER) and names.keys() & message.file_ids.keys():
        return (yield from send(channel, replace(message, file_ids={})))
    return _with_files(outcome(reply), names, message)


def together(message: Outgoing) -> Hashable | None:
    """Let all messages share a call that are short and whose files are up."""
    content = message.content
    up = all(file.media in message.file_ids for file in _files(content))
    return "execute" if up and len(content.text) <= SHORT and not content.cards else None


def send_many(channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
    """Deliver up to 25 messages with one call."""
    reply = yield call(channel, "execute", code=_script(channel, messages), patience=30)
    if failed_with(reply, *_NO_SCRIPT):
        return (yield from _one_by_one(channel, messages))
    answer = read(reply)
    if answer is None or answer.error is not None:
        return [outcome(reply)] * len(messages)
    told = answer.response if isinstance(answer.response, list) else []
    errors = iter(answer.execute_errors)
    outcomes: list[Outcome] = []
    for number, message in enumerate(messages):
        sent = told[number] if number < len(told) else None
        if isinstance(sent, int) and sent > 0:
            outcomes.append(Sent(str(sent)))
            continue
        error = next(errors, None) or Error(error_code=0)
        if error.error_code == _BAD_PARAMETER and message.content.attachments:
            outcomes.append((yield from send(channel, replace(message, file_ids={}))))
        else:
            outcomes.append(refused(error) if error.error_code else RetryAt(TROUBLED, "unreadable_answer"))
    return outcomes


def edit(channel: ChannelFacts, message: Outgoing, external_id: str) -> Steps[Outcome]:
    """Change a message; VK allows that for a day."""
    if not external_id:
        return Rejected(_NAMELESS)
    names = yield from put(channel, int(message.to), _files(message.content), message.file_ids)
    if not isinstance(names, dict):
        return names
    parameters = _parameters(channel, message, names)
    del parameters["random_id"]
    reply = yield call(channel, "messages.edit", message_id=int(external_id), **parameters)
    told = _with_files(outcome(reply), names, message)
    return replace(told, external_id=external_id) if isinstance(told, Sent) else told


def delete(channel: ChannelFacts, to: str, external_id: str) -> Steps[Outcome]:
    """Take a message back; VK allows that for a day."""
    if not external_id:
        return Rejected(_NAMELESS)
    reply = yield call(channel, "messages.delete", peer_id=int(to), message_ids=[int(external_id)], delete_for_all=True)
    told = outcome(reply)
    if not isinstance(told, Sent):
        return told
    answer = read(reply)
    try:
        items = [_Deleted.model_validate(one) for one in answer.response] if answer else []
    except (TypeError, ValidationError):
        items = []
    error = next((one.error for one in items if one.error), None)
    if error is not None:
        return refused(Error(error_code=error.code, error_msg=error.description))
    return Sent(external_id)


def _parameters(channel: ChannelFacts, message: Outgoing, names: Mapping[int, str]) -> dict[str, Any]:
    content = message.content
    given: dict[str, Any] = {
        "peer_id": int(message.to),
        "random_id": writing.random_id(channel.key, message.idempotency_key),
        "message": content.text or None,
        "attachment": ",".join(names[file.media] for file in content.attachments) or None,
        "keyboard": writing.keyboard(content.buttons, message.id),
        "dont_parse_links": None if channel.settings.get("link_previews", True) else True,
    }
    if content.location:
        given |= {"lat": content.location.latitude, "long": content.location.longitude}
        given["message"] = content.location.title or content.text or None
    if content.cards:
        given |= {"message": writing.BEARER, "template": writing.carousel(content.cards, names, message.id)}
    return {name: value for name, value in given.items() if value is not None}


def _files(content: Content) -> list[Attachment]:
    return [*content.attachments, *(card.image for card in content.cards if card.image)]


def _with_files(told: Outcome, names: Mapping[int, str], message: Outgoing) -> Outcome:
    new = {media: name for media, name in names.items() if message.file_ids.get(media) != name}
    return replace(told, file_ids=new) if isinstance(told, Sent) else told


def _script(channel: ChannelFacts, messages: Sequence[Outgoing]) -> str:
    """Return the program that sends them all. Its words are JSON's; what is no line to it is escaped."""
    given = [written(_parameters(channel, message, message.file_ids)) for message in messages]
    sends = [f"API.messages.send({json.dumps(one, ensure_ascii=False)})" for one in given]
    return f"return [{','.join(sends)}];".replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _one_by_one(channel: ChannelFacts, messages: Sequence[Outgoing]) -> Steps[Sequence[Outcome]]:
    outcomes: list[Outcome] = []
    for message in messages:
        outcomes.append((yield from send(channel, message)))  # noqa: PERF401 - no comprehension can yield
    return outcomes
