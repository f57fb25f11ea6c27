"""A page of "another site" with Kaskad's chat on it: what a visitor sees. Run by `make run` and tests.

`?key=…` in the address takes the place of the channel's key given at the start; `?lang=en` asks for English.
"""

import argparse
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import parse_qs, urlsplit

SHOP = Template(Path(__file__).with_name("shop.html").read_text(encoding="utf-8"))
WORDS = {
    "ru": {
        "lang": "ru",
        "title": "Кофейня «Зерно»",
        "lead": "Свежая обжарка каждую среду. Доставим по городу за день.",
        "goods": "Эфиопия Сидамо|Колумбия Уила|Бразилия Сантос",
        "hint": "Это страница чужого сайта. Чат в углу — от Kaskad: напишите, например, «приз».",
    },
    "en": {
        "lang": "en",
        "title": "Grain Coffee",
        "lead": "Fresh roast every Wednesday. Delivered across town in a day.",
        "goods": "Ethiopia Sidamo|Colombia Huila|Brazil Santos",
        "hint": "This is a page of another site. The chat in the corner is Kaskad's: write “prize”, for example.",
    },
}


class Site(ThreadingHTTPServer):
    """Serves the shop's page; `kaskad` is where the chat comes from, `key` whose chat it is."""

    daemon_threads = True

    def __init__(self, host: str, port: int, *, kaskad: str, key: str = "") -> None:
        super().__init__((host, port), _Page)
        self.kaskad = kaskad.rstrip("/")
        self.key = key

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def page(self, key: str, language: str = "ru") -> str:
        """Return the address of the page with the chat of this channel."""
        return f"{self.address}/?key={key}&lang={language}"


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if parts.path != "/":
            self.send_error(404)
            return
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        words = WORDS[asked.get("lang", "ru") if asked.get("lang") in WORDS else "ru"]
        goods = "".join(f"<li>{escape(name)}</li>" for name in words["goods"].split("|"))
        page = SHOP.substitute(
            {name: escape(text) for name, text in words.items()},
            goods=goods,
            script=escape(f"{self.server.kaskad}/chat.js"),
            key=escape(asked.get("key", self.server.key)),
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_args: Any) -> None:
        """Say nothing: the page is not what people watch the output for."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument("--kaskad", default="http://localhost:8000", help="the address of Kaskad")
    parser.add_argument("--key", default="", help="the key of a site chat channel")
    given = parser.parse_args()
    site = Site(given.host, given.port, kaskad=given.kaskad, key=given.key)
    print(f"a visitor's page: http://localhost:{given.port}/", flush=True)
    site.serve_forever()


if __name__ == "__main__":
    main()
