"""Read formatted text as Telegram does: HTML becomes plain text and entities, whose offsets count UTF-16 units."""

import re
from dataclasses import dataclass
from typing import Any

from lab.platforms.telegram.refusals import RefusalError, bad_request

_KINDS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "a": "text_link",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "tg-emoji": "custom_emoji",
}
_TOKEN = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)([^<>]*)>|&(#x[0-9a-fA-F]+|#[0-9]+|lt|gt|amp|quot);|([^<&]+|[<&])")
_ATTRIBUTE = re.compile(r"""([a-z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+))?""")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_FOUND = (
    ("bot_command", re.compile(r"(?<![\w/])/[A-Za-z0-9_]{1,64}(?:@\w+)?")),
    ("url", re.compile(r"https?://[^\s<>\"]+[^\s<>\".,!?)]")),
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*\w")),
    ("mention", re.compile(r"(?<!\w)@[A-Za-z]\w{3,31}")),
    ("hashtag", re.compile(r"(?<!\w)#\w+")),
)


@dataclass(slots=True)
class _Open:
    tag: str
    kind: str
    start: int
    extra: dict[str, Any]


def units(text: str) -> int:
    """Count as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def formatted(
    text: str, parse_mode: str | None, entities: list[dict[str, Any]] | None = None
) -> tuple[str, list[dict[str, Any]]]:
    """Return the plain text and its entities, without space around it; refuse what cannot be read."""
    if entities is not None:
        plain, found = text, list(entities)
    elif not parse_mode:
        plain, found = text, []
    elif parse_mode.lower() == "html":
        plain, found = _html(text)
    else:
        raise bad_request("unsupported parse_mode")
    plain, found = _stripped(plain, found)
    return plain, sorted(found + _automatic(plain, found), key=lambda one: (one["offset"], -one["length"]))


def _html(text: str) -> tuple[str, list[dict[str, Any]]]:
    parts: list[str] = []
    length, byte = 0, 0
    opened: list[_Open] = []
    entities: list[dict[str, Any]] = []
    for token in _TOKEN.finditer(text):
        closing, tag, attributes, named, words = token.groups()
        if tag and closing:
            entity = _close(opened, tag.lower(), length, byte)
            entities += [entity] if entity["length"] else []
        elif tag:
            opened.append(_open(tag.lower(), attributes, length, byte))
        else:
            if words == "<":
                raise _unreadable(f"Unsupported start tag at byte offset {byte}")
            piece = words or _character(named)
            parts.append(piece)
            length += units(piece)
        byte += len(token[0].encode())
    if opened:
        raise _unreadable(f'Can\'t find end tag corresponding to start tag "{opened[-1].tag}"')
    return "".join(parts), entities


def _open(tag: str, attributes: str, length: int, byte: int) -> _Open:
    given = {name: (value or "").strip("\"'") for name, value in _ATTRIBUTE.findall(attributes)}
    if tag not in _KINDS:
        raise _unreadable(f'Unsupported start tag "{tag}" at byte offset {byte}')
    if tag == "span" and given.get("class") != "tg-spoiler":
        raise _unreadable(f'Tag "span" must have class "tg-spoiler" at byte offset {byte}')
    kind, extra = _KINDS[tag], {}
    if tag == "a":
        extra = {"url": given.get("href", "")}
    elif tag == "tg-emoji":
        extra = {"custom_emoji_id": given.get("emoji-id", "")}
    elif tag == "code" and given.get("class", "").startswith("language-"):
        extra = {"language": given["class"].removeprefix("language-")}
    elif tag == "blockquote" and "expandable" in given:
        kind = "expandable_blockquote"
    return _Open(tag, kind, length, extra)


def _close(opened: list[_Open], tag: str, length: int, byte: int) -> dict[str, Any]:
    if not opened:
        raise _unreadable(f"Unexpected end tag at byte offset {byte}")
    last = opened.pop()
    if last.tag != tag:
        raise _unreadable(f'Unmatched end tag at byte offset {byte}, expected "</{last.tag}>", found "</{tag}>"')
    entity = {"type": last.kind, "offset": last.start, "length": length - last.start, **last.extra}
    if last.kind == "text_link" and not last.extra["url"].startswith(
        ("http://", "https://", "tg://", "mailto:", "tel:")
    ):
        entity["length"] = 0  # an address that is none leaves the words alone
    return entity


def _character(named: str) -> str:
    if not named.startswith("#"):
        return _NAMED[named]
    return chr(int(f"0{named[1:]}", 16) if named[1] in "xX" else int(named[1:]))


def _unreadable(why: str) -> RefusalError:
    return bad_request(f"can't parse entities: {why}")


def _stripped(text: str, entities: list[dict[str, Any]]) -> tuple[str, list[dict[str, Any]]]:
    bare = text.strip()
    shift, end = units(text[: len(text) - len(text.lstrip())]), units(bare)
    kept = []
    for one in entities:
        start, stop = max(0, one["offset"] - shift), min(end, one["offset"] + one["length"] - shift)
        if stop > start:
            kept.append({**one, "offset": start, "length": stop - start})
    return bare, kept


def _automatic(text: str, known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    taken = [
        (one["offset"], one["offset"] + one["length"]) for one in known if one["type"] in ("text_link", "code", "pre")
    ]
    found = []
    if not any(sign in text for sign in "/@#:"):
        return []
    for kind, pattern in _FOUND:
        for match in pattern.finditer(text):
            start = units(text[: match.start()])
            stop = start + units(match[0])
            if all(stop <= left or start >= right for left, right in taken):
                taken.append((start, stop))
                found.append({"type": kind, "offset": start, "length": stop - start})
    return found
