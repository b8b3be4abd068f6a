"""What those ask who were asked for files: the public key, and a place to send to."""

from chartpost.gateways.sealed import limits
from chartpost.gateways.sealed.http import Request, Response, json, when
from chartpost.gateways.sealed.sending import made
from chartpost.shares import ids, queries, services


def show(request: Request) -> Response:
    """GET drop/{drop}."""
    found = queries.open_drop(request.path[1])
    return json(
        200,
        {
            "drop": found.drop,
            "suite": found.suite,
            "public_key": ids.encode(found.public_key),
            "by": found.by,
            "expires_at": when(found.expires_at),
        },
    )


def send(request: Request) -> Response:
    """POST drop/{drop}: {share}."""
    limits.count("drop", request.address)
    return json(201, made(services.send_to_drop(request.path[1], request.json, request.address)))
