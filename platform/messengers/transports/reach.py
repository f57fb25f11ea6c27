"""Where a server's name leads. A workspace names any host it likes, so it may not lead into our own network."""

import asyncio
import socket
from ipaddress import ip_address, ip_network

from django.conf import settings


class NotReachableError(OSError):
    """The name leads to a machine that channels may not reach."""


async def reach(host: str, port: int, *, inside: bool) -> tuple[str, int]:
    """Return the address to connect to; NotReachableError for one of our own network, unless `inside` allows it."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for _family, _type, _protocol, _name, address in found:
        if inside or _is_open(str(address[0])):
            return str(address[0]), port
    raise NotReachableError(f"{host} is not an address that channels may reach")


def _is_open(address: str) -> bool:
    number = ip_address(address.partition("%")[0])
    return number.is_global or any(number in ip_network(net) for net in settings.PRIVATE_NETWORKS)
