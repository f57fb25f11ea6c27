"""One part of a running Kaskad that knows the benches' messenger: `web <port>`, `worker`, `sender` or `beat <file>`.

The parts are those of `config.house`, with the same arguments.
"""

import sys

import django
import uvicorn

WORKER = ("worker", "--without-gossip", "--without-mingle", "--loglevel", "WARNING", "--pool", "threads")
CELERY = {
    "worker": (*WORKER, "-Q", "work", "--concurrency", "4", "-n", "worker@%h"),
    "sender": (*WORKER, "-Q", "send", "--concurrency", "1", "-n", "sender@%h"),
    "beat": ("beat", "--loglevel", "WARNING", "--schedule"),
}


def main(kind: str, *arguments: str) -> None:
    django.setup()
    from bench.fast_messenger import Fast
    from config.celery import app
    from messengers import registry

    registry.register(Fast())
    if kind == "web":
        uvicorn.run(
            "config.asgi:application", host="127.0.0.1", port=int(arguments[0]), access_log=False, log_level="warning"
        )
    else:
        app.loader.import_default_modules()
        app.start(["--quiet", *CELERY[kind], *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
