"""Mail about a request: to those accounts alone that may open it, since that there is one says something already."""

from chartpost.identity import policies
from chartpost.identity.services import notify
from chartpost.rights.guards import subject
from chartpost.rights.models import AccessRequest


def tell(request: AccessRequest, kind: str) -> None:
    """Have "there is something new for you" mailed, in the caller's transaction; nobody for a request tied to nobody.

    A minor's own request is not for the parents to know (45 CFR 164.502(g)(3)(i)).
    """
    if request.person_id is None:
        return
    about = subject(request)
    path = f"/requests/{request.ref}/"
    notify(request.person_id, kind, path, lambda actor: policies.decide(actor, "request.read", about).allow)
