"""The answers given so far, kept in the session until the last page; nothing is set up before that."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest

KEY = "chartpost_setup"


class Answers:
    """Answers by page name; `facilities` is a list, every other page a dictionary."""

    def __init__(self, request: HttpRequest) -> None:
        self._session = request.session
        self._all: dict[str, Any] = dict(request.session.get(KEY, {}))

    def has(self, name: str) -> bool:
        """Whether a page was answered."""
        return bool(self._all.get(name))

    def of(self, name: str) -> dict[str, Any]:
        """What was answered on a page; empty before."""
        return dict(self._all.get(name) or {})

    def put(self, name: str, values: object) -> None:
        """Keep the answer of a page; answering again replaces it."""
        self._all[name] = values
        self._session[KEY] = self._all

    @property
    def facilities(self) -> list[dict[str, str]]:
        """The places given so far."""
        return list(self._all.get("facilities") or [])

    @property
    def needs_figures(self) -> bool:
        """Whether the fee method needs a labor cost."""
        return self.of("fees").get("fee_method") in {"actual", "average"}

    def office(self) -> dict[str, Any]:
        """The answers as the fields of the office."""
        figures = self.of("figures") if self.needs_figures else {}
        fields = {**self.of("office"), **self.of("complaint"), **self.of("fees")}
        fields["two_person_release"] = self.of("release")["two_person_release"] == "yes"
        if "labor_cents" in figures:
            actual = fields["fee_method"] == "actual"
            fields["labor_cents_per_hour" if actual else "average_labor_cents"] = figures["labor_cents"]
        return fields

    def recovery_shown_at(self) -> datetime:
        """When the recovery key was shown and confirmed."""
        return datetime.fromisoformat(self.of("recovery")["shown_at"])

    def forget(self) -> None:
        """Drop everything, once the office is set up."""
        self._session.pop(KEY, None)
