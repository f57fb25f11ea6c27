"""Kaskad's own server on this machine, at which messengers and people knock."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from fake_messenger import eventually


@contextmanager
def a_door(settings: Any) -> Iterator[None]:
    """Open it in a thread, and name its address as the installation's."""
    from config.asgi import application

    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        settings.BASE_URL = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        eventually(lambda: server.started)
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
