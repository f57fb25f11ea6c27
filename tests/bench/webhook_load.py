"""Telegram's side of a bench: delivers updates over connections that stay open, and repeats until each is taken.

    python tests/bench/webhook_load.py <url> <secret> <first id> <count> <connections>

Prints as JSON how many seconds it took and how many deliveries had to be repeated.
"""

import asyncio
import json
import sys
import time

import aiohttp


def said(number: int) -> bytes:
    """Return a plain message as Telegram delivers it."""
    person = {"id": 100_000 + number % 5_000, "first_name": "Anna", "username": f"anna{number % 5_000}"}
    message = {
        "message_id": number,
        "from": {**person, "is_bot": False, "language_code": "ru"},
        "chat": {**person, "type": "private"},
        "date": 1_777_636_800,
        "text": "Good day, do you deliver on Sundays?",
    }
    return json.dumps({"update_id": number, "message": message}).encode()


async def deliver(url: str, secret: str, first: int, count: int, connections: int) -> dict[str, float]:
    """Deliver updates, some at once."""
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret, "Content-Type": "application/json"}
    numbers, repeated = iter(range(first, first + count)), 0

    async def connection(session: aiohttp.ClientSession) -> None:
        nonlocal repeated
        for number in numbers:
            body = said(number)
            while not await taken(session, body):
                repeated += 1
                await asyncio.sleep(0.05)

    async def taken(session: aiohttp.ClientSession, body: bytes) -> bool:
        try:
            async with session.post(url, data=body) as answer:
                await answer.read()
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    async with aiohttp.ClientSession(headers=headers, connector=aiohttp.TCPConnector(limit=connections)) as session:
        start = time.perf_counter()
        await asyncio.gather(*[connection(session) for _ in range(connections)])
        return {"seconds": time.perf_counter() - start, "repeated": repeated}


if __name__ == "__main__":
    url, secret, *numbers = sys.argv[1:]
    print(json.dumps(asyncio.run(deliver(url, secret, *map(int, numbers)))))
