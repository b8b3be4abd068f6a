"""Whether a delivery is still in use: one that failed is closed, and another takes its place."""

from chartpost.delivery import models
from chartpost.delivery.errors import NotThere, WrongStep


def still_open(delivery_ref: str) -> None:
    """See that a delivery was not closed, and is not until the transaction ends; raises NotThere, WrongStep."""
    row = models.Delivery.objects.select_for_update().filter(ref=delivery_ref).first()
    if row is None:
        raise NotThere(seen="an unknown delivery", expected="a delivery of this office", todo="Open the request again.")
    if row.closed_at is not None:
        raise WrongStep(
            seen="a delivery that failed and was closed",
            expected="one that is in use",
            todo="Release the copies again, then go on.",
        )
