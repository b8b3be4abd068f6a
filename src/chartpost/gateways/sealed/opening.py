"""What holders of a link ask: the header, the opening, the bytes, and the receipt."""

from chartpost.gateways.sealed import limits
from chartpost.gateways.sealed.http import Request, Response, json, when
from chartpost.gateways.sealed.ranges import answer
from chartpost.shares import asks, ids, services
from chartpost.shares.errors import Locked, Refused
from chartpost.shares.types import Opened


def header(request: Request) -> Response:
    """POST open/{recipient}/header."""
    limits.count("header", request.address)
    found = services.header(request.path[1])
    return json(200, {"v": 1, "params": found.params, "salt": ids.encode(found.salt)})


def open_link(request: Request) -> Response:
    """POST open/{recipient}: {auth}."""
    limits.count("open", request.address)
    limits.check("refused", request.address)
    auth = asks.data(request.json, "auth", 32)
    try:
        opened = services.open_link(request.path[1], auth, request.address)
    except (Refused, Locked):
        limits.count("refused", request.address)
        raise
    return json(200, told(opened))


def told(opened: Opened) -> dict[str, object]:
    """A grant as the API tells it."""
    return {
        "grant": opened.grant,
        "grant_id": opened.grant_id,
        "share": opened.share,
        "wrapped": ids.encode(opened.wrapped),
        "objects": [{"object": one.object, "index": one.index, "size": one.size} for one in opened.objects],
        "ends_at": when(opened.ends_at),
        "expires_at": when(opened.expires_at),
        "sender": opened.sender,
        "zero_knowledge": opened.zero_knowledge,
        "opens_left": opened.opens_left,
    }


def read(request: Request) -> Response:
    """GET or HEAD open/{recipient}/objects/{object}."""
    grant = services.granted(request.bearer, recipient_id=request.path[1])
    return answer(request, services.readable(grant, request.path[3]), request.path[3])


def read_arrival(request: Request) -> Response:
    """GET or HEAD shares/{share}/objects/{object}, for the owner of the drop a share came into."""
    grant = services.granted(request.bearer, share_id=request.path[1])
    return answer(request, services.readable(grant, request.path[3]), request.path[3])


def receive(request: Request) -> Response:
    """POST open/{recipient}/receipt: {opened, mac}."""
    grant = services.granted(request.bearer, recipient_id=request.path[1])
    asked = request.json
    services.receive(grant, asks.data(asked, "opened", 32), asks.data(asked, "mac", 32), request.address)
    return Response(204)
