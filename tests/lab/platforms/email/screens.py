"""What stands on the screen of a mail program, for its page: each letter with its subject above its words."""

from typing import Any

from lab.platforms.email.letters import File
from lab.platforms.email.mailboxes import Bot, Mail, Talk


def screen(bot: Bot, talk: Talk) -> dict[str, Any]:
    """Return what the page shows."""
    return {
        "bot": {"name": bot.name, "username": bot.key, "picture": ""},
        "person": {"name": talk.person.name, "phone": talk.person.phone},
        "started": True,
        "blocked": talk.unsubscribed,
        "typing": False,
        "toast": "",
        "commands": [],
        "keyboard": None,
        "messages": [told for mail in talk.mails for told in _told(bot, mail)],
    }


def _told(bot: Bot, mail: Mail) -> list[dict[str, Any]]:
    letter = mail.letter
    length = len(letter.subject.encode("utf-16-le")) // 2
    files = [_file(bot, mail, number, file) for number, file in enumerate(letter.files)]
    first: dict[str, Any] = {
        "id": mail.id * 100,
        "mine": mail.mine,
        "at": mail.at,
        "edited": False,
        "text": f"{letter.subject}\n\n{letter.words}".strip(),
        "entities": [{"type": "bold", "offset": 0, "length": length}] if length else [],
        "album": f"mail-{mail.id}" if len(files) > 1 else "",
        "buttons": [[_button(link.words, link.address)] for link in letter.buttons()],
    }
    if not files:
        return [first]
    bare = {"text": "", "entities": [], "buttons": []}
    return [
        first | {"id": mail.id * 100 + number, "file": file} | (bare if number else {})
        for number, file in enumerate(files)
    ]


def _button(words: str, address: str) -> dict[str, Any]:
    page = "" if address.startswith("mailto:") else address
    return {"text": words, "copies": "", "style": "", "waits": False, "url": page}


def _file(bot: Bot, mail: Mail, number: int, file: File) -> dict[str, Any]:
    family = file.content_type.partition("/")[0]
    return {
        "kind": {"image": "photo", "video": "video", "audio": "audio"}.get(family, "document"),
        "url": f"/email/files/{bot.key}/{mail.id}/{number}",
        "name": file.name, "size": len(file.data), "type": file.content_type,
        "width": 0, "height": 0, "duration": 0,
    }  # fmt: skip
