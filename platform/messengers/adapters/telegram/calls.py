"""Calls of the Bot API and what their answers say. https://core.telegram.org/bots/api"""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, HttpCall, Reply, StoredFile

ROOT = "https://api.telegram.org"
UPLOAD_TIMEOUT = 120.0  # seconds


class _Parameters(BaseModel):
    retry_after: float | None = None
    migrate_to_chat_id: int | None = None


class Answer(BaseModel):
    """What every method answers."""

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""
    parameters: _Parameters = Field(default_factory=_Parameters)


def call(channel: ChannelFacts, method: str, *, patience: float = 15.0, **parameters: Any) -> HttpCall:
    """Return the call of a method, which may take `patience` seconds; parameters that are None are left out."""
    given = {name: value for name, value in parameters.items() if value is not None}
    return HttpCall("POST", f"{_bot(channel)}/{method}", json=given, timeout=patience)


def upload(
    channel: ChannelFacts, method: str, files: Mapping[str, StoredFile], parameters: Mapping[str, Any]
) -> HttpCall:
    """Return the call of a method that carries files: a form, in which everything but text is JSON."""
    form = {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for name, value in parameters.items()
        if value is not None
    }
    return HttpCall("POST", f"{_bot(channel)}/{method}", form=form, files=files, timeout=UPLOAD_TIMEOUT)


def download(channel: ChannelFacts, path: str) -> HttpCall:
    """Return the call that fetches a file by the path that `getFile` told."""
    return HttpCall("GET", f"{channel.api or ROOT}/file/bot{channel.secrets['token']}/{path}", timeout=60)


def read(reply: Reply) -> Answer | None:
    """Return what was answered; None when that is not the Bot API's language."""
    try:
        return Answer.model_validate_json(reply.body)
    except ValidationError:
        return None


def result(reply: Reply) -> Any:
    """Return the result of a method; ValueError with a reason code when there is none."""
    answer = read(reply)
    if reply.status == 200 and answer is not None and answer.ok:
        return answer.result
    if reply.status in {401, 404}:
        raise ValueError("wrong_token")
    if reply.status == 0 or answer is None:
        raise ValueError("no_answer")
    if reply.status == 429:
        raise ValueError("too_many_requests")
    raise ValueError(answer.description or "no_answer")


def _bot(channel: ChannelFacts) -> str:
    return f"{channel.api or ROOT}/bot{channel.secrets['token']}"
