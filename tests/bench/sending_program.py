"""A sender in a process of its own, until SIGTERM. With BENCH_PROFILE it tells what its time went for."""

import asyncio
import cProfile
import os
import pstats
import signal
import sys
import threading

import django


def main() -> None:
    django.setup()
    from bench.fast_messenger import Fast
    from messengers import registry
    from messengers.delivery import Sender

    registry.register(Fast())
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    print("ready", flush=True)
    profile = cProfile.Profile() if os.environ.get("BENCH_PROFILE") else None
    if profile:
        profile.enable()
    asyncio.run(Sender(seconds=3600).run(over.is_set))
    if profile:
        profile.disable()
        pstats.Stats(profile, stream=sys.stderr).sort_stats("tottime").print_stats(40)


if __name__ == "__main__":
    main()
