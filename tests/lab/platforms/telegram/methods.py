"""Hold a call against the Bot API's own types (`methods.json`): `checked` reads its parameters or refuses it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lab.platforms.telegram.refusals import bad_request

_DESCRIBED = json.loads(Path(__file__).with_name("methods.json").read_text(encoding="utf-8"))
NAMES = {name.lower(): name for name in _DESCRIBED["methods"]}  # Telegram reads names of methods in any case

# What Telegram says where something is missing; elsewhere it says less than this.
_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "video_note": "there is no video note in the request",
    "latitude": "latitude is empty",
    "longitude": "longitude is empty",
    "message_id": "message identifier is not specified",
    "message_ids": "message identifiers are not specified",
    "action": "wrong parameter action in request",
} | {
    kind: f"there is no {kind} in the request" for kind in ("photo", "video", "audio", "voice", "document", "animation")
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with the call."""

    name: str
    content_type: str
    data: bytes


class _MismatchError(Exception):
    """A value is not of its type."""


_Reader = Callable[[Any], Any]


def checked(method: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as their types want them; refuse what is unknown, missing or of another type."""
    fields = _method(method)
    if unknown := set(given) - set(fields) - {name for name, value in given.items() if isinstance(value, Upload)}:
        raise bad_request(f'{method} has no parameter "{min(unknown)}" (the lab refuses what Telegram passes over)')
    read: dict[str, Any] = {}
    for name, (reader, required) in fields.items():
        value = given.get(name)
        if value is None or value == "":
            if required:
                raise bad_request(_MISSING.get(name, f'parameter "{name}" is required'))
            continue
        try:
            read[name] = reader(value)
        except (_MismatchError, ValueError) as error:
            raise bad_request(f'parameter "{name}" of {method}: {error}') from None
    return read


@cache
def _method(name: str) -> dict[str, tuple[_Reader, bool]]:
    fields = _DESCRIBED["methods"][name]
    return {field: (_loose(told.rstrip("!")), told.endswith("!")) for field, told in fields.items()}


@cache
def _loose(told: str) -> _Reader:
    """Read a parameter: forms carry everything as words, and JSON bodies may."""
    strict = _strict(told)
    kinds = told.split("|")
    simple: dict[str, _Reader] = {"Integer": int, "Float": float, "Boolean": _boolean}

    def read(value: Any) -> Any:
        if not isinstance(value, str) or "String" in kinds or "InputFile" in kinds:
            return _number(value) if isinstance(value, str) and "Integer" in kinds else strict(value)
        for kind in kinds:
            if kind in simple:
                return simple[kind](value)
        try:
            decoded = json.loads(value)
        except ValueError:
            raise _MismatchError(f"can't parse {told} JSON object") from None
        return strict(decoded)

    return read


def _number(value: str) -> int | str:
    return int(value) if value.lstrip("-").isdigit() else value


def _boolean(value: str) -> bool:
    return value.lower() in ("true", "1", "yes")


@cache
def _strict(told: str) -> _Reader:
    kinds = told.split("|")
    if len(kinds) > 1:
        return _any_of(tuple(_strict(kind) for kind in kinds), told)
    kind = kinds[0]
    if kind.startswith("Array of "):
        return _array(_strict(kind.removeprefix("Array of ")))
    if kind in _SIMPLE:
        return _simple(kind)
    described = _DESCRIBED["types"][kind]
    if isinstance(described, list):
        return _any_of(tuple(_deferred(one) for one in described), kind)
    if kind == "KeyboardButton":
        return _any_of((_simple("String"), _object(kind, described)), kind)  # bare words will do
    return _object(kind, described)


# JSON's own types. A file is named by an id, an address, or `attach://` and the part of the form that holds it.
_SIMPLE: dict[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
    "InputFile": (str, Upload),
}


def _simple(kind: str) -> _Reader:
    wanted = _SIMPLE[kind]

    def read(value: Any) -> Any:
        if not isinstance(value, wanted) or (isinstance(value, bool) and kind != "Boolean"):
            raise _MismatchError(f"{kind} expected, {type(value).__name__} given")
        return value

    return read


def _deferred(kind: str) -> _Reader:
    return lambda value: _strict(kind)(value)  # types contain each other


def _array(item: _Reader) -> _Reader:
    def read(value: Any) -> Any:
        if not isinstance(value, list):
            raise _MismatchError("Array expected")
        return [item(one) for one in value]

    return read


def _any_of(readers: tuple[_Reader, ...], told: str) -> _Reader:
    def read(value: Any) -> Any:
        faults = []
        for reader in readers:
            try:
                return reader(value)
            except _MismatchError as error:
                faults.append(str(error))
        raise _MismatchError(f"is no {told}: {'; '.join(dict.fromkeys(faults))}")

    return read


def _object(kind: str, described: dict[str, str]) -> _Reader:
    required = {name for name, told in described.items() if told.endswith("!")}
    readers = {name: _member(told.rstrip("!")) for name, told in described.items()}

    def read(value: Any) -> Any:
        if not isinstance(value, dict):
            raise _MismatchError(f"{kind} must be an Object")
        if missing := required - set(value):
            raise _MismatchError(f'{kind} lacks "{min(missing)}"')
        if unknown := set(value) - set(readers):
            raise _MismatchError(f'{kind} has no "{min(unknown)}"')
        return {name: readers[name](one) for name, one in value.items() if one is not None}

    return read


def _member(told: str) -> _Reader:
    return lambda value: _strict(told)(value)
