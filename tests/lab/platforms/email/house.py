"""A mail house on loopback: it takes a shop's letters by SMTP, shows them to people, and keeps what they write.

Tests hold it as `lab.email`. Its two ports stay the same from one start to the next.
"""

import re
import socket
from contextlib import suppress
from typing import Any

import aiohttp
from aiohttp import web

from lab.ground import Ground, on_the_loop
from lab.people import Person
from lab.platforms.email import writing
from lab.platforms.email.imap import Imap
from lab.platforms.email.letters import read, without_tag
from lab.platforms.email.mailboxes import Bot, Mail, Talk
from lab.platforms.email.smtp import Smtp


class House:
    """All mailboxes of one lab."""

    name = "email"

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.bots: dict[str, Bot] = {}
        self.ports = (0, 0)
        self.smtp = Smtp(ground, self)
        self.imap = Imap(ground)

    # ---- for tests and pages

    @on_the_loop
    def new_bot(self, name: str = "Shop", *, key: str = "", rate: float | None = None) -> Bot:
        """Make a mailbox."""
        bot = Bot(self.ground, self, key or self._free_key(name), name)
        bot.rate = rate
        self._add(bot)
        self.ground.changed()
        return bot

    @on_the_loop
    def person(self, name: str = "Анна", *, language: str = "ru", phone: str = "", username: str = "") -> Person:
        """Make a person."""
        person = self.ground.people.add(name, language=language, phone=phone, username=username)
        self.ground.changed()
        return person

    @on_the_loop
    def bot(self, key: str) -> Bot | None:
        """Return the mailbox of this name."""
        return self.bots.get(key)

    def kept(self) -> dict[str, Any]:
        """Return what a later lab needs to be this one again."""
        return {"ports": list(self.ports), "bots": [bot.kept() for bot in self.bots.values()]}

    def restore(self, kept: dict[str, Any]) -> None:
        """Be that one again."""
        smtp, imap = kept.get("ports", (0, 0))
        self.ports = (smtp, imap)
        for one in kept.get("bots", ()):
            bot = Bot(self.ground, self, one["key"], one["name"])
            bot.password, bot.rate = one["password"], one["rate"]
            self._add(bot)

    def begin(self) -> None:
        """Listen at the ports of last time, if they are still free."""
        smtp, imap = (_listening(port) for port in self.ports)
        self.ports = (smtp.getsockname()[1], imap.getsockname()[1])
        self.ground.spawn(self.smtp.begin(smtp))
        self.ground.spawn(self.imap.begin(imap))
        self.ground.changed()

    async def end(self) -> None:
        """Listen no more."""
        await self.smtp.end()
        await self.imap.end()

    def routes(self) -> list[web.RouteDef]:
        """Return where pages find the files of letters."""
        return [web.get("/email/files/{bot}/{mail}/{number}", self.file)]

    async def file(self, request: web.Request) -> web.Response:
        """Hand a letter's file to the page."""
        told = request.match_info
        bot = self.bots.get(told["bot"])
        mails = [mail for talk in bot.talks.values() for mail in talk.mails] if bot else []
        letter = next((mail.letter for mail in mails if str(mail.id) == told["mail"]), None)
        if letter is None or not told["number"].isdigit() or int(told["number"]) >= len(letter.files):
            raise web.HTTPNotFound
        file = letter.files[int(told["number"])]
        headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox"}
        return web.Response(body=file.data, content_type=file.content_type, headers=headers)

    # ---- letters

    def of_address(self, address: str) -> Bot | None:
        """Return whose mailbox an address leads to."""
        mailbox = without_tag(address)
        return next((bot for bot in self.bots.values() if bot.address == mailbox), None)

    def talk_with(self, bot: Bot, address: str) -> Talk | None:
        """Return the talk with the person of an address."""
        people = self.ground.people.by_id.values()
        person = next((one for one in people if writing.address_of(one) == address.lower()), None)
        return bot.talk(person) if person else None

    def take(self, bot: Bot, to: list[str], sender: str, raw: bytes) -> str:
        """Show a letter of a mailbox's to whom it is for, and have his side do what it does; return its words."""
        letter = read(raw)
        for address in to:
            talk = self.talk_with(bot, address)
            assert talk is not None
            if talk.bounces:
                self.mail_in(bot, writing.bounce(talk.person, letter, sender, status=talk.bounces), talk.person)
                continue
            bot.keeps(talk, letter, mine=False, return_to=sender)
            if talk.away:
                self.mail_in(bot, writing.away(talk.person, letter).as_bytes(), talk.person)
        return letter.words

    def posts(self, talk: Talk, bot: Bot, raw: bytes) -> Mail:
        """Take a person's letter, and put it into the shop's mailbox."""
        mail = bot.keeps(talk, read(raw), mine=True)
        self.mail_in(bot, raw, talk.person)
        return mail

    def mail_in(self, bot: Bot, raw: bytes, person: Person) -> None:
        """Put a letter from a person's side into a mailbox."""
        self.imap.deliver(bot.address, raw, person.key)

    def opened(self, bot: Bot) -> None:
        """Let a mailbox be opened by its password."""
        self.imap.lets_in(bot.address, bot.password)

    async def leaves(self, talk: Talk, address: str) -> None:
        """Do what a large provider's program does when the person presses Unsubscribe."""
        form = {"List-Unsubscribe": "One-Click"}
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with self.ground.client.post(address, data=form, allow_redirects=False) as reply:
                talk.unsubscribed = reply.status == 200

    def _add(self, bot: Bot) -> None:
        self.bots[bot.key] = bot
        self.opened(bot)

    def _free_key(self, name: str) -> str:
        base = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "shop"
        return next(one for at in range(1, 1000) if (one := f"{base}{at if at > 1 else ''}") not in self.bots)


def _listening(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port), backlog=256)
    except OSError:
        return socket.create_server(("127.0.0.1", 0), backlog=256)
