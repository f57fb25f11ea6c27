"""Keyboards of a message: refuse what Telegram refuses, and tell the phone what stands under a message."""

from typing import Any
from urllib.parse import urlsplit

from lab.platforms.telegram.refusals import bad_request

INLINE_BUTTONS = 100
_KINDS = (
    "url",
    "callback_data",
    "web_app",
    "login_url",
    "switch_inline_query",
    "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat",
    "copy_text",
    "callback_game",
    "pay",
)


def check(markup: dict[str, Any] | None) -> None:
    """Refuse a keyboard that Telegram would refuse."""
    if not markup:
        return
    for rows in (markup.get("inline_keyboard"), markup.get("keyboard")):
        for row in rows or ():
            for button in row:
                if not (button["text"] if isinstance(button, dict) else button).strip():
                    raise bad_request('can\'t parse inline keyboard button: field "text" must be non-empty')
    buttons = [button for row in markup.get("inline_keyboard", ()) for button in row]
    if len(buttons) > INLINE_BUTTONS:
        raise bad_request("reply markup is too long")
    for button in buttons:
        _check_inline(button)


def _check_inline(button: dict[str, Any]) -> None:
    kinds = [kind for kind in _KINDS if kind in button]
    if not kinds:
        raise bad_request("text buttons are unallowed in the inline keyboard")
    if len(kinds) > 1:
        raise bad_request(f"an inline keyboard button has {' and '.join(kinds)} (the lab wants exactly one)")
    if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
        raise bad_request("BUTTON_DATA_INVALID")
    if "url" in button and not _is_address(button["url"]):
        raise bad_request(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")
    if "copy_text" in button and not 1 <= len(button["copy_text"]["text"]) <= 256:
        raise bad_request("BUTTON_COPY_TEXT_INVALID")


def _is_address(url: str) -> bool:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    if parts.scheme == "tg":
        return True
    host = parts.hostname or ""
    # Telegram takes no address that only this machine knows; the lab lives on this machine.
    return parts.scheme in ("http", "https") and ("." in host or host == "localhost") and " " not in url


def shown(markup: dict[str, Any] | None) -> list[list[dict[str, Any]]]:
    """Return the inline buttons of a message."""
    return markup.get("inline_keyboard", []) if markup else []


def label(button: dict[str, Any] | str) -> str:
    """Return the words on a button: those of a reply keyboard may be given as bare words."""
    return button if isinstance(button, str) else str(button["text"])
