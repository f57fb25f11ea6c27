"""Start Kaskad on this machine, with servers of its own where none are given; stop everything on Ctrl-C."""

import signal
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import replace
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from config import demo, demo_lab, local_places
from config.environment import ROOT
from config.house import CannotStartError, House, choose_port, only_one
from config.local_servers import LocalPostgres, LocalValkey, ServerFailedError
from config.settings import env
from messengers.channels import RefusedByMessengerError

_VISITOR_SITE = ROOT / "tests" / "lab" / "visitor_site.py"
_LAB = ROOT / "tests" / "lab" / "server.py"


class Command(BaseCommand):
    help = "Start Kaskad on this machine, with servers of its own where none are given."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self._lock = threading.Lock()
        self._stopping = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            with ExitStack() as stack:
                self._run(stack)
        except (CannotStartError, ServerFailedError) as error:
            raise CommandError(str(error)) from error

    def _run(self, stack: ExitStack) -> None:
        stack.enter_context(only_one(env.kaskad_var))
        port, demo_port = self._port("kaskad_port"), self._port("kaskad_demo_port")
        shop = f"http://localhost:{demo_port}"
        lab_port = None if env.kaskad_lab_url else self._port("kaskad_lab_port")
        self._start_servers(stack)
        self._prepare_database()
        known = self._demo([shop, f"http://127.0.0.1:{demo_port}"])
        address = env.kaskad_base_url
        if address == f"http://localhost:{env.kaskad_port}":
            address = f"http://localhost:{port}"
        lab = env.kaskad_lab_url or f"http://127.0.0.1:{lab_port}"
        # Ports were chosen only now, and this process connects the demo's bot.
        settings.BASE_URL, settings.LAB_URL = address, lab
        house = House(
            host=env.kaskad_host,
            port=port,
            folder=env.kaskad_var / "run",
            environment={"KASKAD_PORT": str(port), "KASKAD_BASE_URL": address, "KASKAD_LAB_URL": lab},
            say=self._say,
        )
        stack.callback(house.stop)
        house.start()
        if known:
            listen = ("--host", env.kaskad_host, "--port", str(demo_port))
            house.add("shop", str(_VISITOR_SITE), *listen, "--kaskad", address, "--key", known.channel)
        if lab_port is not None:
            listen = ("--host", env.kaskad_host, "--port", str(lab_port))
            house.add("lab", str(_LAB), *listen, "--state", str(env.kaskad_var / "lab.json"))
        house.await_health(stopping=lambda: self._stopping)
        if not self._stopping:
            phone = self._meet_lab(known) if known else None
            self._welcome(address, shop, known, lab.replace("127.0.0.1", "localhost"), phone)
        while not self._stopping:
            house.supervisor.tend()
            time.sleep(0.2)
        self._say("kaskad", "stopping …")

    def _port(self, name: str) -> int:
        wanted, chosen = getattr(env, name), name in env.model_fields_set
        return choose_port(env.kaskad_host, wanted, setting=name.upper(), chosen_by_user=chosen)

    def _start_servers(self, stack: ExitStack) -> None:
        if env.database_url == local_places.postgres_place(env.kaskad_var).url(local_places.APP_ROLE):
            postgres = LocalPostgres(env.kaskad_var)
            stack.callback(postgres.stop)
            postgres.start()
            postgres.create_database(local_places.DATABASE)
        if env.redis_url == local_places.valkey_url(env.kaskad_var):
            valkey = LocalValkey(env.kaskad_var)
            stack.callback(valkey.stop)
            valkey.start()

    def _prepare_database(self) -> None:
        self._say("kaskad", "bringing the database up to date")
        call_command("migrate", interactive=False, verbosity=0)
        self.check(databases=["default"])

    def _demo(self, origins: list[str]) -> demo.Demo | None:
        file = env.kaskad_var / "demo.json"
        if demo.is_wanted():
            self._say("kaskad", "filling the demo workspace")
            demo.save(demo.fill(origins), file)
        known = demo.saved(file)
        if known:
            demo.allow(known, origins)
        connections.close_all()
        return known

    def _meet_lab(self, known: demo.Demo) -> str | None:
        """Connect the demo to the lab, and return the path of a phone. Without the lab everything else works."""
        try:
            met = demo_lab.meet(known)
        except (demo_lab.NoLabError, RefusedByMessengerError) as error:
            self._say("kaskad", f"the demo's Telegram bot is not connected: {error}")
            return None
        finally:
            connections.close_all()
        if met is None:
            return None
        if met[0] != known.telegram:
            demo.save(replace(known, telegram=met[0]), env.kaskad_var / "demo.json")
        return met[1]

    def _welcome(self, address: str, shop: str, known: demo.Demo | None, lab: str, phone: str | None) -> None:
        lines = ["", "Kaskad is ready.", f"  Address           {address}"]
        if known:
            lines += [
                f"  Sign in as        {known.email}",
                f"  with password     {known.password}",
                f"  A shop with chat  {shop}   (write there, then look into Chats)",
            ]
        if phone:
            lines.append(f"  A Telegram phone  {lab}{phone}   (press Start, write «приз»)")
        lines.append(f"  The lab           {lab}/   (bots, phones, faults)")
        for line in [*lines, "  Ctrl-C stops everything. The data stay.", ""]:
            self._say("kaskad", line)

    def _say(self, part: str, line: str) -> None:
        with self._lock:
            sys.stdout.write(f"{part:<8}| {line}\n")
            sys.stdout.flush()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        if self._stopping:
            sys.exit(130)  # asked twice: the parts follow us, see `die_with_parent`
        self._stopping = True
