"""The main ways through the pages, as data. An address that is not in the program is not shown."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from chartpost.identity import policies
from chartpost.identity import queries as identity
from chartpost.identity.types import Subject


@dataclass(frozen=True)
class Way:
    """A page to link to: its URL name, label and icon; `exact` when its address begins many others.

    `actions` are the policies one of which must allow the reader in; none means everybody.
    """

    name: str
    label: str | Promise
    icon: str
    exact: bool = False
    actions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Link:
    """A way resolved for one request."""

    label: str
    href: str
    icon: str
    current: bool
    count: int | None
    key: str


PORTAL = (
    Way("portal:home", _("Home"), "home", exact=True),
    Way("portal:record", _("My record"), "record"),
    Way("portal:requests", _("Requests"), "request"),
    Way("portal:downloads", _("Downloads"), "download"),
    Way("portal:activity", _("Who looked"), "eye"),
    Way("portal:apps", _("Apps"), "phone"),
)
ACCOUNT = (
    Way("portal:account", _("My account"), "account", exact=True),
    Way("account_email", _("E-mail address"), "mail"),
    Way("account_change_password", _("Password"), "key"),
    Way("sealed:shares", _("What I sent"), "lock"),
    Way("mfa_index", _("Two-step sign-in"), "phone"),
    Way("usersessions_list", _("Where you are signed in"), "lock"),
)
HELP = (
    Way("portal:rights", _("Your rights"), "shield"),
    Way("portal:protect", _("Protect your copies"), "lock"),
    Way("portal:glossary", _("Words explained"), "question"),
    Way("portal:help", _("Help and contact"), "info"),
    Way("smart:developers", _("For makers of apps"), "settings", exact=True),
)
DESK = (
    Way("desk:queue", _("Queue"), "request", exact=True, actions=("queue.read",)),
    Way("desk:intake", _("New request"), "plus", actions=("request.intake",)),
    Way("desk:inbox", _("Inbox"), "inbox", actions=("inbox.settle",)),
    Way("desk:people", _("People"), "people", actions=("person.search",)),
    Way("desk:letters", _("Letters"), "letter", actions=("queue.read",)),
    Way("sealed:shares", _("Sealed files"), "lock", actions=("share.send",)),
    Way("desk:ledger", _("Ledger"), "ledger", actions=("ledger.search", "ledger.verify")),
    Way("desk:apps", _("Apps"), "phone", actions=("app.register",)),
    Way("desk:grants", _("App access"), "lock", actions=("app.grants.oversee",)),
    Way("desk:settings", _("Settings"), "settings", actions=("office.settings",)),
    Way("desk:rules", _("Rules"), "shield", actions=("rules.read",)),
)


def links(request: HttpRequest, ways: tuple[Way, ...], counts: dict[str, int] | None = None) -> list[Link]:
    """The ways the reader may go, with the one being read marked; `counts` maps a URL name to a counter."""
    found = []
    for way in ways:
        if not _open(request, way):
            continue
        try:
            href = reverse(way.name)
        except NoReverseMatch:
            continue
        current = request.path == href if way.exact else request.path.startswith(href)
        count = (counts or {}).get(way.name)
        found.append(Link(str(way.label), href, way.icon, current, count, way.name))
    return found


ASIDE = frozenset({"sealed:shares", "desk:ledger", "desk:apps", "desk:grants", "desk:rules"})
"""Pages beside the work, or to look things up in: nobody begins there while another page is open to them."""


def desk_start(request: HttpRequest) -> str:
    """Where a member of staff begins: the first page of work that their roles open, administrators at the settings."""
    found = links(request, DESK)
    working = [link for link in found if link.key not in ASIDE] or found
    return working[0].href if working else reverse("portal:account")


def _open(request: HttpRequest, way: Way) -> bool:
    """Whether a policy lets the reader in; pages without a database (the gallery) show every way."""
    if not way.actions or not identity.signed_in(request):
        return True
    actor = identity.actor_for(request)
    return any(policies.decide(actor, action, Subject("office")).allow for action in way.actions)
