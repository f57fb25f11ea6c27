"""Calls of VK's API and what their answers say. Errors come with HTTP status 200. https://dev.vk.com/api/api-requests"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from messengers.adapter import ChannelFacts, HttpCall, Reply, StoredFile

ROOT = "https://api.vk.com"
VERSION = "5.199"
UPLOAD_TIMEOUT = 120.0  # seconds

# Codes of errors, and why an account cannot be asked or connected.
REFUSALS: Mapping[int, str] = {
    **dict.fromkeys((5, 27, 28), "wrong_token"),
    **dict.fromkeys((6, 9, 29), "too_many_requests"),
    **dict.fromkeys((7, 15, 203), "access_denied"),
    **dict.fromkeys((14, 17), "captcha_needed"),
    **dict.fromkeys((1, 10), "no_answer"),
    912: "bot_features_off",
    2000: "too_many_servers",
}


class Error(BaseModel):
    """Why VK did not do it."""

    error_code: int
    error_msg: str = ""


class Answer(BaseModel):
    """What every method answers. What calls inside of `execute` failed with stands in `execute_errors`, in order."""

    response: Any = None
    error: Error | None = None
    execute_errors: list[Error] = Field(default_factory=list)


def call(channel: ChannelFacts, method: str, *, patience: float = 15.0, **parameters: Any) -> HttpCall:
    """Return the call of a method, which may take `patience` seconds; parameters that are None are left out."""
    form = {"access_token": channel.secrets["token"], "v": VERSION, **written(parameters)}
    return HttpCall("POST", f"{channel.api or ROOT}/method/{method}", form=form, timeout=patience)


def written(parameters: Mapping[str, Any]) -> dict[str, str]:
    """Return parameters as VK reads them: lists with commas, yes and no as 1 and 0."""
    return {name: _text(value) for name, value in parameters.items() if value is not None}


def upload(url: str, field: str, file: StoredFile) -> HttpCall:
    """Return the call that puts a file on one of VK's upload servers."""
    return HttpCall("POST", url, form={}, files={field: file}, timeout=UPLOAD_TIMEOUT)


def read(reply: Reply) -> Answer | None:
    """Return what was answered; None when that is not VK's language."""
    try:
        answer = Answer.model_validate_json(reply.body)
    except ValidationError:
        return None
    return answer if answer.error is not None or "response" in answer.model_fields_set else None


def result(reply: Reply) -> Any:
    """Return the result of a method; ValueError with a reason code when there is none."""
    answer = read(reply)
    if answer is None:
        raise ValueError("too_many_requests" if reply.status == 429 else "no_answer")
    if answer.error is not None:
        raise ValueError(REFUSALS.get(answer.error.error_code) or answer.error.error_msg or "no_answer")
    return answer.response


def failed_with(reply: Reply, *codes: int) -> bool:
    """Say whether VK refused with one of these errors."""
    answer = read(reply)
    return answer is not None and answer.error is not None and answer.error.error_code in codes


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)
