"""What is printed at start while the office is not set up: a one-time link to the set-up pages, never a password."""

from chartpost.identity import queries, services
from chartpost.kernel.config import config


def line() -> str:
    """The text with a fresh link (good for 24 hours; earlier links stop working); empty once the office is set up."""
    if queries.is_set_up():
        return ""
    code = services.make_setup_code()
    return (
        "This office is not set up yet. Open this link once, within 24 hours, to set it up:\n"
        f"    {config().base_url}/setup/{code}/"
    )
