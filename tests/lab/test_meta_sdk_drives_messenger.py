"""Meta's own client drives the fakes of Messenger and Instagram: if it is content, they speak as the Graph API does."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from facebook_business.adobjects.application import Application
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession

from fake_messenger import eventually
from lab.platforms.meta.accounts import Bot
from lab.running import Lab, a_lab
from lab.samples import sample

KINDS = ("messenger", "instagram")
FIELDS = {
    "messenger": ["messages", "messaging_postbacks", "messaging_referrals", "message_deliveries", "message_reads"],
    "instagram": ["messages", "messaging_postbacks", "messaging_seen", "messaging_referral"],
}


class _Client:
    """Meta's client, with an app's token and with a Page's."""

    def __init__(self, lab: Lab, bot: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(FacebookSession, "GRAPH", f"{lab.url}/{bot.platform}")
        self.bot = bot
        self.api = self._api(bot.token)
        self.page = Page(bot.page_id, api=self.api)
        self.app = Application(bot.app.id, api=self._api(bot.app.token, proved=False))

    def _api(self, token: str, *, proved: bool = True) -> FacebookAdsApi:
        secret = self.bot.app.secret if proved else None
        return FacebookAdsApi(FacebookSession(self.bot.app.id, secret, token), api_version="v23.0")

    def says(self, to: Any, message: dict[str, Any], **more: Any) -> Any:
        return self.page.create_message(
            params={"recipient": {"id": to.person.key}, "messaging_type": "RESPONSE", "message": message, **more}
        )

    def subscribes(self, url: str) -> None:
        self.app.create_subscription(
            params={
                "object": self.bot.thing,
                "callback_url": url,
                "verify_token": "word",
                "fields": FIELDS[self.bot.platform],
            }
        )
        self.page.create_subscribed_app(params={"subscribed_fields": FIELDS["messenger"]})


@pytest.fixture(params=KINDS)
def client(request: pytest.FixtureRequest, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> _Client:
    bot = getattr(lab, request.param).new_bot("Shop", key="shop")
    return _Client(lab, bot, monkeypatch)


class _Hook:
    """A program's address: it checks the signature, and forgets what it was told to refuse."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.word = "word"
        self.url = ""
        self.events: list[dict[str, Any]] = []
        self.accounts: list[str] = []
        self.refuses = 0

    async def shake(self, request: web.Request) -> web.Response:
        given = request.query
        good = given["hub.mode"] == "subscribe" and given["hub.verify_token"] == self.word
        return web.Response(text=given["hub.challenge"]) if good else web.Response(status=403)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        made = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        assert request.headers["X-Hub-Signature-256"] == f"sha256={made}"
        if self.refuses:
            self.refuses -= 1
            return web.Response(status=500)
        for entry in json.loads(body)["entry"]:
            self.accounts.append(entry["id"])
            self.events += entry["messaging"]
        return web.Response()

    def of(self, kind: str) -> list[Any]:
        return [event[kind] for event in self.events if kind in event]


@pytest.fixture
def hook(lab: Lab, client: _Client) -> Iterator[_Hook]:
    """The address lies on the lab's own loop."""
    made = _Hook(client.bot.app.secret)
    app = web.Application()
    app.add_routes([web.get("/hook", made.shake), web.post("/hook", made.take)])
    runner = web.AppRunner(app, access_log=None)

    async def begin() -> None:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"

    _on_the_lab(lab, begin)
    yield made
    _on_the_lab(lab, runner.cleanup)


def _on_the_lab(lab: Lab, work: Callable[[], Any]) -> None:
    asyncio.run_coroutine_threadsafe(work(), lab.ground._loop).result(10)  # type: ignore[arg-type]


def refusal(act: Callable[[], Any]) -> tuple[int, int | None]:
    with pytest.raises(FacebookRequestError) as refused:
        act()
    return refused.value.api_error_code(), refused.value.api_error_subcode()


def test_a_talk(lab: Lab, client: _Client, hook: _Hook) -> None:
    client.subscribes(hook.url)
    anna = client.bot.phone(lab.messenger.person("Анна Белова"))
    anna.writes("Здравствуйте")
    eventually(lambda: [one["text"] for one in hook.of("message")] == ["Здравствуйте"])
    replies = [{"content_type": "text", "title": "Да", "payload": "1:yes"}]
    told = client.says(anna, {"text": "Кофе?", "quick_replies": replies})
    assert told["recipient_id"] == anna.person.key
    anna.presses("Да")
    eventually(lambda: hook.of("message")[-1].get("quick_reply") == {"payload": "1:yes"})
    assert anna.buttons() == [], "quick replies go away"
    buttons = [{"type": "postback", "title": "Чай", "payload": "2:tea"}]
    template = {"template_type": "button", "text": "Или чай?", "buttons": buttons}
    client.says(anna, {"attachment": {"type": "template", "payload": template}})
    anna.presses("Чай")
    eventually(lambda: [one["payload"] for one in hook.of("postback")] == ["2:tea"])
    anna.reads()
    read = eventually(lambda: hook.of("read"))[0]
    assert set(read) == ({"mid"} if client.bot.is_instagram else {"watermark"})
    assert len(hook.of("delivery")) == (0 if client.bot.is_instagram else 2)
    assert anna.texts() == ["Кофе?", "Или чай?"]
    asked = client.api.call("GET", (anna.person.key,), params={"fields": "name,profile_pic"}).json()
    assert asked["name"] == "Анна Белова"


def test_files_go_up_once(lab: Lab, client: _Client) -> None:
    anna = client.bot.phone(lab.messenger.person())
    anna.writes("Привет")
    given = sample("photo")
    said = {"attachment": {"type": "image", "payload": {"is_reusable": True}}}
    told = client.api.call(
        "POST",
        (client.bot.page_id, "message_attachments"),
        params={"message": said, "platform": client.bot.platform},
        files={"filedata": (given.name, given.data, given.content_type)},
    ).json()
    for _ in range(2):
        client.says(anna, {"attachment": {"type": "image", "payload": {"attachment_id": told["attachment_id"]}}})
    assert [one.kind for one in anna.messages()] == ["text", "photo", "photo"]
    lost = {"attachment": {"type": "image", "payload": {"attachment_id": "1"}}}
    assert refusal(lambda: client.says(anna, lost)) == (100, 2018074)


@pytest.mark.filterwarnings("ignore:value of tag")  # which the client takes for an object
def test_what_is_refused(lab: Lab, client: _Client) -> None:
    bot, words = client.bot, {"text": "Привет"}
    anna, stranger = bot.phone(lab.messenger.person()), bot.phone(lab.messenger.person("Борис"))
    anna.writes("Привет")
    is_instagram = bot.is_instagram
    assert refusal(lambda: client.says(stranger, words)) == (100, 2534014 if is_instagram else 2018001)
    long = {"text": "ы" * 501} if is_instagram else {"text": "ы" * 2001}
    assert refusal(lambda: client.says(anna, long))[0] == 100
    assert refusal(lambda: client.says(anna, {"txt": "misspelt"}))[0] == 100
    anna.is_silent_for(25)
    assert refusal(lambda: client.says(anna, words)) == (10, 2534022 if is_instagram else 2018278)
    client.page.create_message(
        params={
            "recipient": {"id": anna.person.key},
            "messaging_type": "MESSAGE_TAG",
            "tag": "HUMAN_AGENT",
            "message": words,
        }
    )
    anna.is_silent_for(24 * 7)
    assert refusal(lambda: client.says(anna, words, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT"))[0] == 10
    anna.writes("Я здесь")
    anna.blocks()
    assert refusal(lambda: client.says(anna, words)) == (551, 1545041)
    anna.unblocks()
    bot.limit(2)
    codes = []
    for _ in range(5):
        try:
            client.says(anna, words)
        except FacebookRequestError as error:
            codes.append((error.api_error_code(), error.http_headers()["Retry-After"]))
    assert set(codes) == {(613, "1")}
    bot.limit(None)
    bot.revoke()
    assert refusal(lambda: client.says(anna, words))[0] == 190


def test_one_address_for_several_accounts(lab: Lab, client: _Client, hook: _Hook, monkeypatch: Any) -> None:
    second = _Client(lab, getattr(lab, client.bot.platform).new_bot("Cafe", app=client.bot.app), monkeypatch)
    hook.word = "another"
    assert refusal(lambda: client.subscribes(hook.url))[0] == 2200
    hook.word = "word"
    client.subscribes(hook.url)
    second.page.create_subscribed_app(params={"subscribed_fields": FIELDS["messenger"]})
    held = client.app.get_subscriptions()
    assert [(one["object"], one["callback_url"]) for one in held] == [(client.bot.thing, hook.url)]
    assert [one["id"] for one in second.page.get_subscribed_apps()] == [client.bot.app.id]
    person = lab.messenger.person()
    hook.refuses = 2
    for bot in (client.bot, second.bot):
        bot.phone(person).writes("Привет")
    eventually(lambda: hook.accounts == [client.bot.id, second.bot.id])
    client.app.delete_subscriptions(params={"object": client.bot.thing})
    assert list(client.app.get_subscriptions()) == []


def test_accounts_are_there_after_a_restart(tmp_path: Path) -> None:
    with a_lab(tmp_path / "lab.json") as lab:
        bot = lab.messenger.new_bot("Shop", key="shop")
        bot.phone(lab.messenger.person("Анна")).writes("Привет")
        bot.stolen_by("http://127.0.0.1:1/hook")
        known = bot.credentials()
    with a_lab(tmp_path / "lab.json") as lab:
        bot = lab.messenger.bot("shop")
        assert bot.credentials() == known
        assert bot.hook.callback_url == "http://127.0.0.1:1/hook"
        assert [chat.person.name for chat in bot.chats.values() if chat.started] == ["Анна"]
