"""Asking for files: make a link with a key of one's own, see what arrived, and open it in the browser."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chartpost.gateways.sealed import assets, forms
from chartpost.gateways.sealed.pages_for_people import account, answer, answers_json, origin, owner, shell, where
from chartpost.identity import guard
from chartpost.identity.types import Subject
from chartpost.kernel import clock
from chartpost.kernel.config import config
from chartpost.shares import ids, queries, services
from chartpost.shares.errors import NotThere
from chartpost.shares.types import DropView

DAYS = (7, 14, 30, 90)


@require_safe
def drops(request: HttpRequest) -> HttpResponse:
    """The account's requests for files, and the way to make one."""
    actor = owner(request)
    most = config().share_most_days
    context = {
        "shell": shell(actor),
        "drops": [(one, _live(one)) for one in queries.drops_of(account(actor))],
        "days": [n for n in DAYS if n <= most] or [most],
        "origin": origin(),
    }
    return render(request, "send/drops.html", context)


@require_POST
@answers_json
def drop_new(request: HttpRequest) -> HttpResponse:
    """Keep a drop whose keys the page made."""
    actor = owner(request)
    asked = forms.body(request)
    actor = guard.require_fresh(request, "share.manage", Subject("share", owner_id=actor.account_id))
    return answer({"drop": services.make_drop(asked, actor, where(request))}, 201)


@require_safe
def drop(request: HttpRequest, drop: str) -> HttpResponse:
    """One request: its link, what arrived, and the wrapped private key for the page's script.

    People keep what arrived in their record through a page of the portal that this one opens, and so keeps hold of.
    """
    actor = owner(request)
    found = queries.drop(drop, account(actor))
    if found is None:
        raise Http404
    context = {
        "shell": shell(actor),
        "drop": found,
        "live": _live(found),
        "origin": origin(),
        "public_key": ids.encode(found.public_key),
        "salt": ids.encode(found.salt),
        "wrapped": ids.encode(found.wrapped),
        "worker": assets.address("js/share_worker.js"),
        "sheet": assets.address("share.css"),
        "inbox": True,
        "portal": None if actor.kind == "staff" else "",
    }
    response = render(request, "send/drop.html", context)
    response["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    return response


@require_POST
def close(request: HttpRequest, drop: str) -> HttpResponse:
    """Take no more files through a drop."""
    actor = owner(request)
    try:
        services.close_drop(drop, actor, where(request))
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("Nobody can send files with this link any more. What arrived is still here."))
    return redirect("sealed:drop", drop)


@require_POST
@answers_json
def arrival(request: HttpRequest, drop: str, share: str) -> HttpResponse:
    """A grant on what arrived, with its key sealed to the drop's public key."""
    actor = owner(request)
    found = queries.drop(drop, account(actor))
    if found is None or share not in {one.share for one in found.arrivals}:
        raise NotThere(seen="no such files", expected="some that arrived", todo="Load the page again.")
    opened = services.open_arrival(share, actor, where(request))
    objects = [{"object": one.object, "index": one.index, "size": one.size} for one in opened.objects]
    return answer(
        {
            "grant": opened.grant,
            "share": opened.share,
            "sealed_key": ids.encode(opened.wrapped),
            "objects": objects,
            "ends_at": opened.ends_at.isoformat(),
        }
    )


@require_POST
def delete(request: HttpRequest, drop: str, share: str) -> HttpResponse:
    """Delete what arrived."""
    actor = owner(request)
    if queries.arrival(share, account(actor)) is None:
        raise Http404
    try:
        services.revoke(share, actor, where(request))
    except NotThere as error:
        raise Http404 from error
    messages.success(request, _("The files are deleted."))
    return redirect("sealed:drop", drop)


def _live(found: DropView) -> bool:
    return found.closed_at is None and found.expires_at > clock.now()
