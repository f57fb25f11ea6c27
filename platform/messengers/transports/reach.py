"""Where a server's name leads. A workspace names any host it likes, so it may not lead into our own network."""

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings

_NAT64 = ip_network("64:ff9b::/96")


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
    number = _within(ip_address(address.partition("%")[0]))
    return number.is_global or any(number in ip_network(net) for net in settings.PRIVATE_NETWORKS)


def _within(number: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the IPv4 address to which an IPv6 one leads: mapped, by 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if isinstance(number, IPv4Address):
        return number
    if number in _NAT64:
        return IPv4Address(int(number) & 0xFFFFFFFF)
    return number.ipv4_mapped or number.sixtofour or number
