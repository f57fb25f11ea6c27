"""Calls of MAX's bot API and what their answers say. https://dev.max.ru/docs-api"""

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import BaseModel, ValidationError

from messengers.adapter import ChannelFacts, HttpCall, Reply, StoredFile

ROOT = "https://platform-api2.max.ru"
UPLOAD_TIMEOUT = 300.0  # seconds
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"

_Told = TypeVar("_Told", bound=BaseModel)


class Refusal(BaseModel):
    """What stands in an error."""

    code: str = ""
    message: str = ""


class Done(BaseModel):
    """What is answered where there is nothing to tell; not every failure has a status of its own."""

    success: bool = True
    message: str = ""


def call(
    channel: ChannelFacts,
    method: str,
    path: str,
    *,
    query: Mapping[str, Any] | None = None,
    json: Any = None,
    patience: float = 15.0,
) -> HttpCall:
    """Return a call, which may take `patience` seconds; parameters that are None are left out."""
    given = {name: value for name, value in (query or {}).items() if value is not None}
    address = f"{channel.api or ROOT}{path}" + (f"?{urlencode(given)}" if given else "")
    return HttpCall(method, address, json=json, headers={"Authorization": channel.secrets["token"]}, timeout=patience)


def upload(address: str, file: StoredFile) -> HttpCall:
    """Return the call that brings a file to where MAX wants it. That server needs no token, and gets none."""
    return HttpCall("POST", address, form={}, files={"data": file}, timeout=UPLOAD_TIMEOUT)


def read(model: type[_Told], reply: Reply) -> _Told | None:
    """Return what was answered; None when that is something else."""
    try:
        return model.model_validate_json(reply.body)
    except ValidationError:
        return None


def refusal(reply: Reply) -> Refusal:
    """Return the error in an answer."""
    return read(Refusal, reply) or Refusal()


def result(model: type[_Told], reply: Reply) -> _Told:
    """Return what a call tells; ValueError with a reason code when it tells nothing."""
    if reply.status in (401, 403):
        raise ValueError("wrong_token")
    if reply.status == 429:
        raise ValueError("too_many_requests")
    if reply.status == 0 and _UNTRUSTED in reply.fault:
        raise ValueError("certificate_unknown")  # MAX's own is signed by an authority that few machines know
    told = read(model, reply) if reply.status == 200 else None
    if told is None:
        raise ValueError("no_answer")
    return told
