"""Every address of the sealed API and what answers it. `:id` stands for an identifier, `:n` for a number."""

from collections.abc import Callable

from chartpost.gateways.sealed import drops, opening, sending
from chartpost.gateways.sealed.http import Request, Response
from chartpost.shares import ids
from chartpost.shares.errors import Malformed, NotThere, SharesError

Handler = Callable[[Request], Response]
ROUTES: dict[tuple[str, ...], dict[str, Handler]] = {
    ("shares",): {"POST": sending.make},
    ("shares", ":id"): {"GET": sending.show, "DELETE": sending.revoke},
    ("shares", ":id", "recipients"): {"POST": sending.add_recipient},
    ("shares", ":id", "recipients", ":id"): {"DELETE": sending.drop_recipient},
    ("shares", ":id", "objects"): {"POST": sending.add_object},
    ("shares", ":id", "objects", ":id"): {
        "DELETE": sending.remove_object,
        "GET": opening.read_arrival,
        "HEAD": opening.read_arrival,
    },
    ("shares", ":id", "objects", ":id", "parts", ":n"): {
        "PUT": sending.put_part,
        "PATCH": sending.go_on,
        "HEAD": sending.begun,
    },
    ("shares", ":id", "complete"): {"POST": sending.complete},
    ("open", ":id"): {"POST": opening.open_link},
    ("open", ":id", "header"): {"POST": opening.header},
    ("open", ":id", "objects", ":id"): {"GET": opening.read, "HEAD": opening.read},
    ("open", ":id", "receipt"): {"POST": opening.receive},
    ("drop", ":id"): {"GET": drops.show, "POST": drops.send},
}


class WrongMethod(SharesError):
    """The address is asked with another method than it has."""

    status, code = 405, "wrong_method"


def route(request: Request) -> Handler:
    """What answers a request; raises NotThere, WrongMethod, Malformed for an id that cannot be one."""
    path = request.path
    shape = next((one for one in ROUTES if _fits(one, path)), None)
    if shape is None:
        raise NotThere(seen="no such address", expected="one of docs/sealed-api.md", todo="Check the address you call.")
    for kind, word in zip(shape, path, strict=True):
        if (kind == ":id" and not ids.is_id(word)) or (kind == ":n" and not _number(word)):
            raise Malformed(
                seen="an id or number that cannot be one",
                expected="ids of 22 letters (16 bytes as base64url), whole numbers",
                todo="Check the link: mail programs sometimes change it.",
            )
    methods = ROUTES[shape]
    if request.method not in methods:
        raise WrongMethod(seen=request.method[:10], expected=", ".join(methods), todo="Use one of these methods.")
    return methods[request.method]


def _fits(shape: tuple[str, ...], path: tuple[str, ...]) -> bool:
    return len(shape) == len(path) and all(a[0] == ":" or a == b for a, b in zip(shape, path, strict=True))


def _number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) <= 5
