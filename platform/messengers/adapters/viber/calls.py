"""Calls of Viber's bot API and what their answers say. https://developers.viber.com/docs/api/rest-bot-api/"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from messengers.adapter import ChannelFacts, HttpCall, Reply

ROOT = "https://chatapi.viber.com"

# `status` of an answer to a question of ours, and the reason that the pages have words for.
_REASONS: Mapping[int, str] = {
    1: "hook_refused",
    2: "wrong_token",
    7: "bot_blocked",
    8: "bot_not_found",
    9: "bot_suspended",
    10: "hook_missing",
    12: "too_many_requests",
    15: "bot_blocked",
}


def _digits(value: object) -> object:
    """Take a number of 64 bits as text: nobody on the way may round it."""
    if type(value) is int:
        return str(value)
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return value
    raise ValueError("message_token is no number")


Token = Annotated[str, BeforeValidator(_digits), Field(min_length=1, max_length=40)]


class Failed(BaseModel):
    """One person whom a call for many did not reach."""

    receiver: str
    status: int = -1
    status_message: str = ""


class Answer(BaseModel):
    """What every method answers, with a 200; its other facts are extra."""

    model_config = ConfigDict(extra="allow")

    status: int
    status_message: str = ""
    message_token: Token | None = None
    failed_list: list[Failed] = Field(default_factory=list)


def call(channel: ChannelFacts, method: str, given: Mapping[str, Any], *, patience: float = 20.0) -> HttpCall:
    """Return the call of a method, which may take `patience` seconds."""
    return HttpCall(
        "POST",
        f"{channel.api or ROOT}/pa/{method}",
        json=dict(given),
        headers={"X-Viber-Auth-Token": channel.secrets["token"]},
        timeout=patience,
    )


def read(reply: Reply) -> Answer | None:
    """Return what was answered; None when that is not Viber's language."""
    try:
        return Answer.model_validate_json(reply.body)
    except ValidationError:
        return None


def result(reply: Reply) -> dict[str, Any]:
    """Return the facts of an answer; ValueError with a reason code when it was not done."""
    answer = read(reply) if reply.status == 200 else None
    if reply.status == 429:
        raise ValueError("too_many_requests")
    if answer is None:
        raise ValueError("no_answer")
    if answer.status != 0:
        raise ValueError(_REASONS.get(answer.status, "refused"))
    return answer.model_dump()
