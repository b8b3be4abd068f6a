"""Plain values of the rights room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from chartpost.law.citation import Citation

CHANNELS = ("portal", "paper", "phone", "fax", "walk_in", "mail", "email")
MODES = ("copy", "inspect", "both")
FORMATS = ("pdf", "ccda", "ccda_files", "referral", "discharge", "transfer", "fhir", "xdm")
"""What a copy can be made as; people choose from PDF, C-CDA and FHIR, the office from all."""
DELIVERY_CHANNELS = ("portal", "post", "hand_over", "access_code", "sealed", "media")
RELATIONS = (
    "self",
    "parent",
    "guardian",
    "health_care_agent",
    "executor",
    "caregiver",
    "spouse",
    "adult_child",
    "attorney",
    "other",
)
SIGNATURE_VERSION = "2026-11"


@dataclass(frozen=True)
class Ask:
    """What a person asks for (rulebook 8.1); dates inclusive, `categories` empty means everything."""

    requester_name: str
    subject_name: str
    facility_id: int
    person_id: int | None = None
    relation: str = "self"
    requester_contact: str = ""
    former_names: str = ""
    birth_date: date | None = None
    contact: Mapping[str, str] = field(default_factory=dict)
    categories: tuple[str, ...] = ()
    date_from: date | None = None
    date_to: date | None = None
    details: str = ""
    mode: str = "copy"
    formats: tuple[str, ...] = ("pdf",)
    delivery: str = "portal"
    delivery_address: Mapping[str, str] = field(default_factory=dict)
    language: str = "en"
    signed_name: str = ""
    authority: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""


@dataclass(frozen=True)
class Intake:
    """How a request that did not come by the portal reached the office.

    `vendor_received_on` is the day a vendor that takes requests for the office received it (rulebook CLK-7).
    """

    channel: str
    received_at: datetime
    signed: bool = False
    note: str = ""
    vendor_received_on: date | None = None


@dataclass(frozen=True)
class ReviewTimers:
    """The days by which a review of a refusal is to be referred, decided and told (rulebook REV-3)."""

    refer_by: date
    decide_by: date
    notify_by: date
    citation: Citation


@dataclass(frozen=True)
class ClockView:
    """The legal clock of a request, with the rule behind each figure. Days count from receipt as day 0.

    `may_extend_until` is the last day to tell of an extension, None where none is possible; `latest_extension` is the
    last day one may promise, by federal and state law.
    """

    received_on: date
    day: int
    due_on: date
    due_federal: date
    due_state: date | None
    soft_target: date
    state: str
    extended_to: date | None
    may_extend_until: date | None
    latest_extension: date
    overdue: bool
    days_left: int
    running: bool
    warn: bool
    citations: tuple[Citation, ...]
    due_state_extended: date | None = None
    vendor_received_on: date | None = None
    review: ReviewTimers | None = None

    @property
    def length(self) -> int:
        """Days from receipt to the due date."""
        return (self.due_on - self.received_on).days
