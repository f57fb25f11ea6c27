"""What a messenger told us, in the form in which it is kept: JSON that PostgreSQL can hold. The door in calls this.

Whatever the messenger really said is kept: what nobody can read is kept as the text that came, with the reason.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from urllib.parse import parse_qsl

from messengers.adapter import ChannelFacts, IncomingRequest, Messenger

FETCHED_BACK = "fetched_back"  # what `missed` fetched bears this name, which no messenger uses
DEPTH = 100  # of nesting: far more than any messenger has, far less than the readers of JSON can take
_NAME_LENGTH = 200
_FIELDS = 1000  # of a form
_SURROGATE = re.compile("[\ud800-\udfff]")  # half a character: JSON may name one, text cannot hold it


@dataclass(frozen=True, slots=True)
class Arrival:
    """An update that is to be kept. With `error` nobody can read it."""

    channel_id: int
    external_id: str
    sender_key: str
    body: str
    error: str = ""
    account: str = ""  # whose it is, where that is not the channel's own


def read(adapter: Messenger, channel: ChannelFacts, channel_id: int, request: IncomingRequest) -> list[Arrival]:
    """Read a request's body: the updates in it, in order."""
    raw = request.body
    try:
        body = adapter.read_request(channel, request, datetime.now(UTC))
        if body is None:
            body = _form(adapter, channel, raw) if _is_form(request) else _decoded(raw)
        return [arrival(adapter, channel_id, update) for update in unpacked(adapter, body)]
    except (ValueError, RecursionError) as error:
        return [unreadable(channel_id, raw, f"{type(error).__name__}: {error}")]


def unpacked(adapter: Messenger, body: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Divide a body into updates; one whose envelope is not as it should be is kept whole."""
    try:
        return adapter.unpack(body) or [body]
    except Exception:
        return [body]


def arrival(
    adapter: Messenger, channel_id: int, body: Mapping[str, Any], external_id: str = "", sender_key: str = ""
) -> Arrival:
    """Take a body that is read already. Ids default to the adapter's; one that has none is known by what it says."""
    text = _json(body)
    name = external_id or _glance(adapter.update_id, body) or f"digest:{_digest(text)}"
    whose = _clean(_glance(adapter.account_of, body))
    return Arrival(channel_id, _key(name), _key(sender_key or _glance(adapter.sender_key, body)), text, account=whose)


def unreadable(channel_id: int, raw: bytes, error: str) -> Arrival:
    """Keep the text of a body that nobody can read."""
    text = raw.decode("utf-8", "replace")
    return Arrival(channel_id, f"unreadable:{_digest(text)}", "", _json({"unreadable": text}), _clean(error)[:2000])


def reread(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is in a text that was kept because nobody could read it; ValueError when that is still so."""
    return _decoded(body["unreadable"].encode()) if set(body) == {"unreadable"} else body


def as_unreadable(told: Arrival, error: Exception) -> Arrival:
    """Turn an update that PostgreSQL would not take into one that nobody can read."""
    return unreadable(told.channel_id, told.body.encode(), f"{type(error).__name__}: {error}")


def _is_form(request: IncomingRequest) -> bool:
    named = next((value for name, value in request.headers.items() if name.lower() == "content-type"), "")
    said = named.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"
    return said and not request.body.lstrip().startswith(b"{")  # some say that it is a form, and send JSON


def _form(adapter: Messenger, channel: ChannelFacts, raw: bytes) -> Mapping[str, Any]:
    fields = dict(parse_qsl(raw.decode("utf-8-sig"), keep_blank_values=True, max_num_fields=_FIELDS))
    if not fields:
        raise ValueError("it is an empty form")
    return adapter.read_form(channel, fields, datetime.now(UTC))


def _decoded(raw: bytes) -> dict[str, Any]:
    body = _DECODER.decode(raw.decode("utf-8-sig"))
    if not isinstance(body, dict):
        raise ValueError("it is JSON, but no object")  # noqa: TRY004 - of what came in, not of the program
    if raw.count(b"{") + raw.count(b"[") > DEPTH and _depth(body) > DEPTH:
        raise ValueError("it is nested too deeply")
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _glance(ask: Any, body: Mapping[str, Any]) -> str:
    """Ask the adapter for an id; what it cannot find at a glance, `parse` will complain of where it can be shown."""
    try:
        return str(ask(body))
    except Exception:
        return ""


def _json(body: Any) -> str:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False)
    # PostgreSQL's jsonb cannot hold a NUL, and nobody means one.
    if "\\u0000" in text or _SURROGATE.search(text):
        text = json.dumps(_clean(body), ensure_ascii=False, allow_nan=False)
    return text


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value.replace("\x00", ""))
    if isinstance(value, Mapping):
        return {_clean(name): _clean(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_clean(inner) for inner in value]
    return value


def _depth(value: Any) -> int:
    """Return how deeply it is nested, without going in so deeply."""
    depth, level = 0, [value]
    while level := [inner for outer in level for inner in _inside(outer)]:
        depth += 1
    return depth


def _inside(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _key(name: str) -> str:
    """Return a name that fits its column: a long one keeps its beginning and a digest of the whole."""
    name = str(_clean(name))
    return name if len(name) <= _NAME_LENGTH else f"{name[:160]}#{_digest(name)}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "replace"), digest_size=16).hexdigest()
