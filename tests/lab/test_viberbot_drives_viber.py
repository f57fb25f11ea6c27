"""Viber's own client for Python, which knows nothing of the lab, works on the fake Viber."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from viberbot import Api, BotConfiguration
from viberbot.api.messages import (
    FileMessage,
    KeyboardMessage,
    LocationMessage,
    PictureMessage,
    RichMediaMessage,
    TextMessage,
    VideoMessage,
)
from viberbot.api.messages.data_types.location import Location

from fake_messenger import eventually
from lab.platforms.viber.bots import Bot
from lab.platforms.viber.phones import Phone
from lab.running import Lab

CUP = "https://ex.am/cup.jpg"
KEYS = {
    "Type": "keyboard",
    "Buttons": [{"Columns": 6, "Rows": 1, "ActionType": "reply", "ActionBody": "yes", "Text": "<b>Да</b>"}],
}


class Program:
    """Somebody's bot: it checks signatures, keeps what it is told and welcomes who comes."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.api: Api | None = None
        self.url = ""


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program()

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            assert made.api is not None
            ours = made.api.verify_signature(raw, self.headers["X-Viber-Content-Signature"])
            said = b""
            if ours:
                event = made.api.parse_request(raw)
                made.told.append(event)
                if event.event_type == "conversation_started":
                    said = json.dumps({"type": "text", "text": "Welcome", "sender": {"name": "Shop"}}).encode()
            self.send_response(200 if ours else 403)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    yield made
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def bot(lab: Lab) -> Bot:
    return lab.viber.new_bot("Shop")


@pytest.fixture
def api(lab: Lab, bot: Bot, program: Program) -> Api:
    made = Api(BotConfiguration(name="Shop", avatar=CUP, auth_token=bot.token))
    for sender in (made._request_sender, made._message_sender._request_sender):
        sender._viber_bot_api_url = f"{lab.url}/viber/pa"
    program.api = made
    return made


@pytest.fixture
def anna(lab: Lab, bot: Bot) -> Phone:
    return bot.phone(lab.viber.person("Анна Белова"))


def test_it_connects_hears_and_answers(api: Api, bot: Bot, program: Program, anna: Phone) -> None:
    assert "seen" in api.set_webhook(program.url)
    assert [event.event_type for event in program.told] == ["webhook"]
    info = api.get_account_info()
    assert (info["uri"], urlsplit(info["webhook"]).path) == (bot.key, "/hook")
    anna.start("promo")
    eventually(lambda: anna.texts() == ["Welcome"])
    assert program.told[-1].event_type in ("conversation_started", "delivered")
    anna.writes("Привет")
    heard = eventually(lambda: next((one for one in program.told if one.event_type == "message"), None))
    assert (heard.message.text, heard.sender.name) == ("Привет", "Subscriber"), "names come to who asks for them"
    tokens = api.send_messages(
        heard.sender.id, [TextMessage(text="Кофе?"), TextMessage(text="Или чай?", keyboard=KEYS)]
    )
    assert all(token > 2**53 for token in tokens)
    assert anna.buttons() == ["Да"]
    anna.presses("Да")
    eventually(lambda: any(one.event_type == "message" and one.message.text == "yes" for one in program.told))
    anna.reads()
    anna.blocks()
    eventually(lambda: {"delivered", "seen", "unsubscribed"} <= {one.event_type for one in program.told})
    with pytest.raises(Exception, match="receiverNotSubscribed"):
        api.send_messages(heard.sender.id, [TextMessage(text="Вы где?")])
    api.unset_webhook()
    assert bot.hook == ""


def test_files_places_and_cards_stand_on_the_screen(api: Api, bot: Bot, program: Program, anna: Phone) -> None:
    api.set_webhook(program.url)
    anna.writes("Привет")
    to = anna.chat.viber_id
    cell = {"Columns": 6, "Rows": 7, "ActionType": "open-url", "ActionBody": "https://ex.am/", "Text": "Раф"}
    told = {"Type": "rich_media", "ButtonsGroupColumns": 6, "ButtonsGroupRows": 7, "Buttons": [cell, cell]}
    api.send_messages(
        to,
        [
            PictureMessage(text="Вот", media=CUP),
            VideoMessage(media="https://ex.am/a.mp4", size=10),
            FileMessage(media="https://ex.am/a.pdf", size=10, file_name="a.pdf"),
            LocationMessage(location=Location(lat=55.75, lon=37.61)),
            RichMediaMessage(rich_media=told, min_api_version=7, alt_text="Раф"),
        ],
    )
    assert [one.kind for one in anna.messages() if not one.mine] == [
        *("photo", "video", "document", "location", "carousel")
    ]
    assert anna.presses("Раф") == "https://ex.am/"
    assert anna.screen()["messages"][-1]["buttons"][0][0]["url"] == "https://ex.am/"
    assert api.get_user_details(to)["name"] == "Subscriber"


def test_it_is_as_strict_as_viber(api: Api, program: Program, anna: Phone, bot: Bot) -> None:
    with pytest.raises(Exception, match="webhookNotSet"):
        api.send_messages("whoever", [TextMessage(text="x")])
    with pytest.raises(Exception, match="failed with status"):
        api.set_webhook("http://127.0.0.1:9/nobody")
    api.set_webhook(program.url)
    anna.writes("Привет")
    to = anna.chat.viber_id
    wrong = [
        PictureMessage(text="", media="https://ex.am/cup"),
        FileMessage(media="https://ex.am/a.exe", size=10, file_name="a.exe"),
        TextMessage(text="x" * 7001),
        KeyboardMessage(keyboard=KEYS),
        RichMediaMessage(
            rich_media={"Type": "rich_media", "Buttons": [{"ActionBody": "x", "Rows": 6}]}, min_api_version=7
        ),
    ]
    for message in wrong:
        with pytest.raises(Exception, match="failed"):
            api.send_messages(to, [message])
    with pytest.raises(Exception, match="receiverNotRegistered"):
        api.send_messages("nobody", [TextMessage(text="x")])
    for _ in range(100):
        anna.chat.may_get({})
        anna.chat.add(bot.token_number(), False, {"type": "text", "text": "x"})
    with pytest.raises(Exception, match="tooManyRequests"):
        api.send_messages(to, [TextMessage(text="x")])
    bot.revoke()
    with pytest.raises(Exception, match="invalidAuthToken"):
        api.send_messages(to, [TextMessage(text="x")])
