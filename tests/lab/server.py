"""The lab as a process: `python tests/lab/server.py --state var/lab.json`. Run by `make run` and `make lab`."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the lab is imported as `lab`, here as in tests

from lab.running import Lab  # noqa: E402 - only now can it be found


async def serve(host: str, port: int, state: Path | None) -> None:
    """Play the messengers until we are told to stop."""
    lab, stop = Lab(state), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await lab.start(host, port)
    print(f"the lab: {lab.url}/", flush=True)
    await stop.wait()
    await lab.stop()


def main() -> None:
    """Read what was asked for, and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8020)
    parser.add_argument("--state", type=Path, help="a file that remembers bots and people")
    given = parser.parse_args()
    asyncio.run(serve(given.host, given.port, given.state))


if __name__ == "__main__":
    main()
