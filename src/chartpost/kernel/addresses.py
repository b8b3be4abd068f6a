"""Addresses of the machines that ask."""

import ipaddress


def plain(address: str) -> str:
    """An address of IPv4 as such, also where a socket of IPv6 or a proxy with one told it (RFC 4291 2.5.5.2).

    `::ffff:192.0.2.1` and `::ffff:c000:201` are the machine 192.0.2.1. Anything else stays as it came.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return str(mapped) if mapped else address


def machine(address: str) -> str:
    """What counts as one machine: an address of IPv4; the /64 of one of IPv6, all of which it has (RFC 4291 2.5.4).

    What is no address counts as it came.
    """
    try:
        found = ipaddress.ip_address(plain(address))
    except ValueError:
        return address
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))
