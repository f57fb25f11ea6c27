"""Templates of a business account: made, listed page by page, deleted, and sent words for their gaps."""

import base64
import re
import secrets
from typing import Any

from lab.platforms.meta.refusals import RefusalError, bad_parameter

PAGE = 25  # of a list, where nobody asks for another number
LIMIT = 6000
STATUSES = ("APPROVED", "PENDING", "REJECTED", "PAUSED", "DISABLED")
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_GAP = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_FIELDS = {"name", "language", "category", "components", "parameter_format", "allow_category_change"}
_BUTTONS = {"QUICK_REPLY": 25, "URL": 25, "PHONE_NUMBER": 20}


def listed(templates: list[dict[str, Any]], asked: dict[str, Any], address: str) -> dict[str, Any]:
    """Return one page of the list; `next` is there while more follow."""
    chosen = [one for one in templates if asked.get("status") in (None, one["status"])]
    chosen = [one for one in chosen if asked.get("name") in (None, one["name"])]
    limit, after = int(asked.get("limit", PAGE)), str(asked.get("after", ""))
    start = _place(after) if after else 0
    page = chosen[start : start + limit]
    answer: dict[str, Any] = {"data": [_with_fields(one, str(asked.get("fields", ""))) for one in page]}
    if page:
        cursors = {"before": _cursor(start), "after": _cursor(start + len(page))}
        answer["paging"] = {"cursors": cursors}
        if start + len(page) < len(chosen):
            answer["paging"]["next"] = f"{address}?after={cursors['after']}&limit={limit}"
    if "summary" in asked:
        answer["summary"] = {
            "total_count": len(chosen),
            "message_template_count": len(chosen),
            "message_template_limit": LIMIT,
            "are_translations_complete": True,
        }
    return answer


def told(one: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    """Return one template with the fields that are asked for."""
    return _with_fields(one, str(asked.get("fields", "")))


def made(templates: list[dict[str, Any]], given: dict[str, Any]) -> dict[str, Any]:
    """Take a new template, to be looked at."""
    if given.keys() - _FIELDS:
        raise bad_parameter(f"Invalid parameter: {', '.join(sorted(given.keys() - _FIELDS))}")
    name, language = str(given.get("name", "")), str(given.get("language", ""))
    if not _NAME.fullmatch(name) or not language:
        raise bad_parameter("Param name must consist of lowercase letters, digits and underscores")
    if given.get("category") not in ("MARKETING", "UTILITY", "AUTHENTICATION"):
        raise bad_parameter("Param category must be one of {MARKETING, UTILITY, AUTHENTICATION}")
    if any((one["name"], one["language"]) == (name, language) for one in templates):
        raise RefusalError(100, "There is already content in this language for this template", 2388024)
    components = given.get("components")
    if not isinstance(components, list) or not any(part.get("type") == "BODY" for part in components):
        raise bad_parameter("Param components must hold a BODY")
    for part in components:
        _check(part)
    one = {
        "id": str(secrets.randbelow(9 * 10**14) + 10**14),
        "name": name,
        "language": language,
        "status": "PENDING",
        "category": given["category"],
        "parameter_format": given.get("parameter_format", "POSITIONAL"),
        "quality_score": {"score": "UNKNOWN", "date": 0},
        "rejected_reason": "NONE",
        "components": components,
    }
    templates.append(one)
    return {"id": one["id"], "status": "PENDING", "category": one["category"]}


def deleted(templates: list[dict[str, Any]], given: dict[str, Any]) -> list[dict[str, Any]]:
    """Delete a template of this name, in all languages or in that of one id."""
    gone = [one for one in templates if one["name"] == given.get("name") and given.get("hsm_id") in (None, one["id"])]
    if not gone:
        raise RefusalError(100, "Invalid parameter: the template does not exist", 2593002)
    for one in gone:
        templates.remove(one)
    return gone


def _with_fields(one: dict[str, Any], fields: str) -> dict[str, Any]:
    wanted = set(fields.split(",")) | {"id"} if fields else one.keys() - {"quality_score", "rejected_reason"}
    return {name: value for name, value in one.items() if name in wanted}


def _check(part: dict[str, Any]) -> None:
    match part.get("type"):
        case "HEADER" if part.get("format") == "TEXT":
            _words(part, 60, 1)
        case "BODY":
            _words(part, 1024, 100)
        case "FOOTER":
            _words(part, 60, 0)
        case "BUTTONS":
            buttons = part.get("buttons")
            if not isinstance(buttons, list) or not 0 < len(buttons) <= 10:
                raise bad_parameter("Param buttons must have 1 to 10 elements")
            for button in buttons:
                if (
                    button.get("type") not in _BUTTONS
                    or not 0 < len(button.get("text", "")) <= _BUTTONS[button["type"]]
                ):
                    raise bad_parameter("Invalid button")
                if button["type"] == "URL" and _GAP.search(button["url"]) and not button.get("example"):
                    raise bad_parameter("A URL with a variable needs an example")
        case kind:
            raise bad_parameter(f"Unsupported component {kind}")


def _words(part: dict[str, Any], limit: int, gaps: int) -> None:
    text = part.get("text", "")
    if not text.strip() or len(text) > limit:
        raise bad_parameter(f"Param text must be at most {limit} characters")
    found = list(dict.fromkeys(_GAP.findall(text)))
    if len(found) > gaps:
        raise bad_parameter("Too many variables")
    if text.strip().startswith("{{") or text.strip().endswith("}}"):
        refusal = RefusalError(100, "Invalid parameter", 2388299)
        refusal.words = "Variables can't be at the start or end of the template."
        raise refusal
    example = part.get("example", {})
    given = example.get("body_text", [[]])[0] if part["type"] == "BODY" else example.get("header_text", [])
    given = example.get(f"{part['type'].lower()}_text_named_params", given)
    if len(given) != len(found) or not all(given):
        raise bad_parameter("Every variable needs an example")


def _cursor(place: int) -> str:
    return base64.urlsafe_b64encode(f"t{place}".encode()).decode()


def _place(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("t"))
    except ValueError:
        raise bad_parameter("Invalid cursor") from None
