"""What senders ask: make a share, add links and objects, send parts, see what came, complete, take back."""

from chartpost.gateways.sealed import limits
from chartpost.gateways.sealed.http import Request, Response, json, when
from chartpost.shares import asks, ids, queries, services
from chartpost.shares.errors import NotAllowed
from chartpost.shares.types import Made, ObjectView, RecipientView, ShareView


def make(request: Request) -> Response:
    """POST shares, with a shell token."""
    limits.count("make", request.address)
    try:
        actor = services.account_of_token(request.bearer)
    except NotAllowed:
        limits.count("token", request.address)
        raise
    return json(201, made(services.make(request.json, actor, where=request.address)))


def made(share: Made) -> dict[str, str]:
    """A new share as the API tells it, also to pages."""
    return {"share": share.share, "upload_token": share.upload_token, "expires_at": when(share.expires_at)}


def show(request: Request) -> Response:
    """GET shares/{share}: what came so far, and what became of its links."""
    share = services.sender(request.path[1], request.bearer, ended_too=True)
    return json(200, told(queries.state_of(share)))


def revoke(request: Request) -> Response:
    """DELETE shares/{share}."""
    services.revoke_by_token(services.sender(request.path[1], request.bearer, ended_too=True), request.address)
    return Response(204)


def add_recipient(request: Request) -> Response:
    """POST shares/{share}/recipients."""
    share = services.sender(request.path[1], request.bearer)
    return json(201, {"recipient": services.add_recipient(share, request.json, request.address)})


def drop_recipient(request: Request) -> Response:
    """DELETE shares/{share}/recipients/{recipient}."""
    share = services.sender(request.path[1], request.bearer)
    services.drop_recipient(share, request.path[3], request.address)
    return Response(204)


def add_object(request: Request) -> Response:
    """POST shares/{share}/objects; the same again answers 200."""
    share = services.sender(request.path[1], request.bearer)
    found, new = services.add_object(share, request.json)
    return json(201 if new else 200, {"object": found.object, "index": found.index, "size": found.size})


def remove_object(request: Request) -> Response:
    """DELETE shares/{share}/objects/{object}."""
    services.remove_object(services.sender(request.path[1], request.bearer), request.path[3])
    return Response(204)


def put_part(request: Request) -> Response:
    """PUT shares/{share}/objects/{object}/parts/{n}: the whole part."""
    return _take(request, "Content-Digest", 0)


def go_on(request: Request) -> Response:
    """PATCH shares/{share}/objects/{object}/parts/{n}: the rest of a part, from Upload-Offset on."""
    limits.count("go_on", request.address)
    return _take(request, "Repr-Digest", asks.offset(request.header("Upload-Offset")))


def begun(request: Request) -> Response:
    """HEAD shares/{share}/objects/{object}/parts/{n}: how much of a part came."""
    share = services.sender(request.path[1], request.bearer)
    return Response(204, [("Upload-Offset", str(services.begun(share, request.path[3], int(request.path[5]))))])


def _take(request: Request, digest: str, offset: int) -> Response:
    with limits.place():
        try:
            share = services.sender(request.path[1], request.bearer)
            sent = services.Incoming(asks.digest(request.header(digest), digest), request.length, request.read, offset)
            services.put_part(share, request.path[3], int(request.path[5]), sent)
        finally:
            request.finish()
    return Response(204)


def complete(request: Request) -> Response:
    """POST shares/{share}/complete."""
    share = services.sender(request.path[1], request.bearer)
    return json(200, {"state": services.complete(share, request.json, request.address)})


def told(share: ShareView) -> dict[str, object]:
    """A share as the API tells it."""
    return {
        "share": share.share,
        "state": share.state,
        "expires_at": when(share.expires_at),
        "objects": [_object(one) for one in share.objects],
        "recipients": [_recipient(one) for one in share.recipients],
    }


def _object(one: ObjectView) -> dict[str, object]:
    return {
        "object": one.object,
        "index": one.index,
        "size": one.size,
        "parts": [[number, ids.encode(sha256), size] for number, sha256, size in one.parts],
        "complete": one.complete,
    }


def _recipient(one: RecipientView) -> dict[str, object]:
    return {
        "recipient": one.recipient,
        "label": one.label,
        "opens": one.opens,
        "max_opens": one.max_opens,
        "failures": one.failures,
        "locked": one.locked,
        "ended": one.ended,
        "opened": [when(moment) for moment in one.opened],
        "received": [when(moment) for moment in one.received],
        "seen_at": when(one.seen_at) if one.seen_at else None,
    }
