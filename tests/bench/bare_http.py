"""The opponent of `mailing_vs_bare_http`: a loop that POSTs the same bodies and knows no database, no pace, no person.

No queue, no record, no rendering: nothing that sends on aiohttp can be faster. A program of its own; it prints how many
messages a second it sent.
"""

import asyncio
import sys
import time

import aiohttp

CONCURRENT = 100


async def send(url: str, count: int) -> float:
    """Return the messages a second."""
    numbers = iter(range(count))

    async def worker(client: aiohttp.ClientSession) -> None:
        for number in numbers:
            body = {"to": f"person-{number}", "text": f"Anna{number}, there is news for you", "key": f"{number}-0"}
            async with client.post(f"{url}/send", json=body) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONCURRENT)) as client:
        start = time.perf_counter()
        await asyncio.gather(*(worker(client) for _ in range(CONCURRENT)))
        return count / (time.perf_counter() - start)


if __name__ == "__main__":
    print(asyncio.run(send(sys.argv[1], int(sys.argv[2]))))
