"""The lab's pages and what they ask for: the control page, the phones, the account."""

from typing import Any, Protocol

from aiohttp import web

from lab.account import Account
from lab.ground import Ground


class _Whole(Protocol):
    ground: Ground

    @property
    def account(self) -> Account: ...


def routes(lab: Any) -> list[web.RouteDef]:
    """Return where people and other processes look."""
    return [web.get("/api/account", lambda request: account(lab, request))]


async def account(lab: _Whole, request: web.Request) -> web.Response:
    """Tell the account: `?bot=&to=&after=&limit=`."""
    asked = request.query
    told = lab.account.told(
        asked.get("bot", ""), asked.get("to", ""), int(asked.get("after", 0)), int(asked.get("limit", 1000))
    )
    return web.json_response(told)
