"""Write `methods.json`: the methods of the Bot API and what each takes, in short. Facts only.

Run by hand when Telegram has changed its API, with the description of PaulSonOfLars/telegram-bot-api-spec:
`python tests/lab/platforms/telegram/describe.py path/to/telegram_bot_api.json`.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

OUTPUT = Path(__file__).with_name("methods.json")


def describe(specification: dict[str, Any]) -> dict[str, Any]:
    """Return methods and the types that their parameters are made of; a type that ends with `!` is required."""
    types = specification["types"]
    wanted: dict[str, Any] = {}

    def want(names: Iterable[str]) -> None:
        for name in names:
            while name.startswith("Array of "):
                name = name.removeprefix("Array of ")
            if name in types and name not in wanted and name != "InputFile":
                one = types[name]
                wanted[name] = one["subtypes"] if "subtypes" in one else _fields(one)
                want(one.get("subtypes", ()))
                want(part for field in one.get("fields", ()) for part in field["types"])

    methods = {}
    for name, method in sorted(specification["methods"].items()):
        methods[name] = _fields(method)
        want(part for field in method.get("fields", ()) for part in field["types"])
    return {"version": specification["version"], "methods": methods, "types": dict(sorted(wanted.items()))}


def _fields(described: dict[str, Any]) -> dict[str, str]:
    return {
        field["name"]: "|".join(field["types"]) + ("!" if field["required"] else "")
        for field in described.get("fields", ())
    }


if __name__ == "__main__":
    OUTPUT.write_text(json.dumps(describe(json.loads(Path(sys.argv[1]).read_text())), indent=1) + "\n")
