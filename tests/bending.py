"""Bends a messenger's real payloads in their structure or in their bytes, as servers and networks may bend them."""

import copy
import json
import random
from collections.abc import Iterator, Mapping
from typing import Any

ODD: list[Any] = [
    *(None, True, -1, 0, 1.5, 2**31, 2**63, 10**30, 1e300, "", " ", "a\x00b", "half \ud83d", "x" * 5_000, "\u202e"),
    *([], {}, [[[]]], [None], {"": None}, {"id": "7"}, "2026-05-01", "777", [{"type": "bold"}], {"file_id": 5}),
]


def bent(body: dict[str, Any], number: int, chance: random.Random) -> bytes:
    """Return a payload, bent: each third in its bytes. What stands in it as `number` stays."""
    if number % 3 == 0:
        return _bytes(json.dumps(body).encode(), chance)
    return json.dumps(structure(body, chance)).encode()


def structure(body: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """Bend a payload in up to three places, and leave its `number` alone."""
    for _ in range(chance.randint(1, 3)):
        found = [place for place in places(body) if place[1] != "number"]
        if not found:
            break
        container, key = chance.choice(found)
        match chance.randrange(3):
            case 0 if isinstance(container, dict):
                del container[key]
            case 1 if isinstance(container, list):
                container.append(copy.deepcopy(chance.choice(ODD)))
            case _:
                container[key] = copy.deepcopy(chance.choice(ODD))
    return body


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Return every place in a payload, as (container, key)."""
    for key, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        yield value, key
        if isinstance(inner, (dict, list)):
            yield from places(inner)


def fresh(body: Mapping[str, Any], names: frozenset[str], number: int) -> dict[str, Any]:
    """Return a copy of a payload in which the messages that it names are others: of two alike the second is dropped."""
    copied: dict[str, Any] = json.loads(json.dumps(body))
    for container, key in places(copied):
        if isinstance(container[key], str) and container[key] in names:
            container[key] = f"{container[key]}-{number}"
    return copied


def _bytes(payload: bytes, chance: random.Random) -> bytes:
    raw = bytearray(payload)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(raw))
        match chance.randrange(4):
            case 0:
                raw[place] = chance.randrange(256)
            case 1:
                raw.insert(place, chance.randrange(256))
            case 2:
                del raw[place]
            case _:
                raw += raw[place:]
    return bytes(raw)
