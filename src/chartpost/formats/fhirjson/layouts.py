"""Where each resource type keeps what a person wants to read: paths for title, date, status, details and source."""

from typing import NamedTuple

_Line = tuple[str, str, str]


class Layout(NamedTuple):
    """Dotted paths, the first one with a value wins; `details` are (label, path, way of showing)."""

    title: tuple[str, ...]
    when: tuple[str, ...] = ()
    status: tuple[str, ...] = ("status",)
    code: tuple[str, ...] = ("code",)
    details: tuple[_Line, ...] = ()
    source: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def _layout(title: str, when: str, source: str, details: str, **more: str) -> Layout:
    """Words to paths; `details` has one `Label: path` or `Label: path way` per line."""
    lines = []
    for line in filter(None, (text.strip() for text in details.splitlines())):
        label, _, rest = line.partition(": ")
        path, _, how = rest.partition(" ")
        lines.append((label, path, how))
    extra = {key: tuple(value.split()) for key, value in more.items()}
    return Layout(
        title=tuple(title.split()),
        when=tuple(when.split()),
        source=tuple(source.split()),
        details=tuple(lines),
        **extra,
    )


_MEDICINE = "medicationCodeableConcept medicationReference"
_BILL_DETAILS = """
    Kind: type concept
    For: billablePeriod
    Provider: provider
    Insurer: insurer
    Diagnosis: diagnosis.diagnosisCodeableConcept concept
    Services: item.productOrService concept
    Total: total.amount money
    Total charged: total money
"""

LAYOUTS: dict[str, Layout] = {
    "Condition": _layout(
        "code",
        "onsetDateTime onsetPeriod recordedDate",
        "asserter recorder",
        """
        Category: category concept
        Severity: severity concept
        Started: onsetString
        Ended: abatementDateTime
        Ended or changed: abatementString
        Body site: bodySite concept
        """,
        status="clinicalStatus verificationStatus",
    ),
    "MedicationRequest": _layout(
        _MEDICINE,
        "authoredOn dosageInstruction.timing.repeat.boundsPeriod",
        "requester",
        """
        How to take it: dosageInstruction dosage
        Reason: reasonCode concept
        Reason for: reasonReference
        Amount: dispenseRequest.quantity
        Refills: dispenseRequest.numberOfRepeatsAllowed
        Kind of order: intent words
        """,
        code="medicationCodeableConcept",
    ),
    "MedicationStatement": _layout(
        _MEDICINE,
        "effectiveDateTime effectivePeriod dateAsserted",
        "informationSource",
        "How to take it: dosage dosage\nTaken: effectivePeriod\nReason: reasonCode concept",
        code="medicationCodeableConcept",
    ),
    "MedicationDispense": _layout(
        _MEDICINE,
        "whenHandedOver whenPrepared",
        "performer.actor location",
        """
        Amount: quantity
        Days of supply: daysSupply
        How to take it: dosageInstruction dosage
        Kind: type concept
        """,
        code="medicationCodeableConcept",
    ),
    "MedicationAdministration": _layout(
        _MEDICINE,
        "effectiveDateTime effectivePeriod",
        "performer.actor",
        "Dose: dosage.dose\nDose given: dosage dosage\nRoute: dosage.route concept\nReason: reasonCode concept",
        code="medicationCodeableConcept",
    ),
    "AllergyIntolerance": _layout(
        "code reaction.substance",
        "recordedDate onsetDateTime onsetPeriod",
        "recorder asserter",
        """
        Reaction: reaction.manifestation concept
        Severity: reaction.severity words
        Risk: criticality words
        Kind: type words
        Category: category words
        Started: onsetDateTime
        Last reaction: lastOccurrence
        """,
        status="clinicalStatus verificationStatus",
    ),
    "Observation": _layout(
        "code",
        "effectiveDateTime effectivePeriod effectiveInstant issued",
        "performer",
        "Category: category concept\nBody site: bodySite concept\nMethod: method concept\nIncludes: hasMember",
    ),
    "DiagnosticReport": _layout(
        "code",
        "effectiveDateTime effectivePeriod issued",
        "performer resultsInterpreter",
        """
        Category: category concept
        Results: result
        Finding: conclusionCode concept
        """,
        notes="conclusion",
    ),
    "DocumentReference": _layout(
        "description type content.attachment.title category",
        "date context.period content.attachment.creation",
        "author custodian",
        """
        Kind: type concept
        Category: category concept
        About: context.period
        """,
        code="type",
    ),
    "Immunization": _layout(
        "vaccineCode",
        "occurrenceDateTime recorded",
        "performer.actor location",
        """
        When: occurrenceString
        Dose: protocolApplied.doseNumberPositiveInt
        Amount: doseQuantity
        Site: site concept
        Lot number: lotNumber
        Maker: manufacturer
        Why not given: statusReason concept
        Reaction: reaction.detail
        """,
        code="vaccineCode",
    ),
    "Encounter": _layout(
        "type serviceType class",
        "period",
        "participant.individual serviceProvider",
        """
        Kind of visit: class concept
        Dates: period
        Reason: reasonCode concept
        Place: location.location
        Clinic: serviceProvider
        Diagnosis: diagnosis.condition
        Left to: hospitalization.dischargeDisposition concept
        """,
        code="type class",
    ),
    "Procedure": _layout(
        "code",
        "performedDateTime performedPeriod",
        "performer.actor asserter",
        """
        When: performedString
        Reason: reasonCode concept
        Reason for: reasonReference
        Body site: bodySite concept
        Result: outcome concept
        Place: location
        Complication: complication concept
        """,
    ),
    "CarePlan": _layout(
        "title category",
        "period created",
        "author contributor",
        """
        Category: category concept
        Dates: period
        Activity: activity.detail.code concept
        Activity notes: activity.detail.description
        Addresses: addresses
        Goals: goal
        """,
        code="category",
        notes="description",
    ),
    "CareTeam": _layout(
        "name category",
        "period",
        "managingOrganization",
        """
        Members: participant.member
        Roles: participant.role concept
        Reason: reasonCode concept
        Phone: telecom.value
        """,
        code="category",
    ),
    "Goal": _layout(
        "description",
        "startDate statusDate",
        "expressedBy",
        """
        Progress: achievementStatus concept
        Priority: priority concept
        Target date: target.dueDate
        Measure: target.measure concept
        Target: target.detailQuantity
        Target range: target.detailRange
        """,
        status="lifecycleStatus",
        code="description",
    ),
    "Claim": _layout("type", "billablePeriod created", "provider", _BILL_DETAILS, code="type"),
    "ExplanationOfBenefit": _layout(
        "type",
        "billablePeriod created",
        "insurer provider",
        _BILL_DETAILS + "Outcome: outcome words\nPaid: payment.amount money\nMessage: processNote.text",
        code="type",
    ),
    "Coverage": _layout(
        "payor type class.name",
        "period",
        "payor",
        """
        Kind: type concept
        Dates: period
        Member number: subscriberId
        Plan: class.name
        Group or plan number: class.value
        Relationship: relationship concept
        """,
        code="type",
    ),
    "Device": _layout(
        "deviceName.name type",
        "manufactureDate",
        "manufacturer",
        """
        Kind: type concept
        Maker: manufacturer
        Model: modelNumber
        Serial number: serialNumber
        Lot number: lotNumber
        Expires: expirationDate
        Device identifier: udiCarrier.deviceIdentifier
        """,
        code="type",
    ),
    "ImagingStudy": _layout(
        "description procedureCode series.description modality",
        "started",
        "interpreter referrer",
        """
        Method: series.modality concept
        Body site: series.bodySite concept
        Series: numberOfSeries
        Pictures: numberOfInstances
        Reason: reasonCode concept
        Place: location
        """,
        code="procedureCode",
    ),
    "ServiceRequest": _layout(
        "code category",
        "authoredOn occurrenceDateTime occurrencePeriod",
        "requester performer",
        """
        Category: category concept
        Planned for: occurrenceDateTime
        Planned period: occurrencePeriod
        Urgency: priority words
        Reason: reasonCode concept
        Reason for: reasonReference
        Body site: bodySite concept
        Instructions: patientInstruction
        """,
    ),
    "FamilyMemberHistory": _layout(
        "relationship",
        "date",
        "reasonReference",
        """
        Name: name
        Condition: condition.code concept
        Outcome: condition.outcome concept
        Born: bornDate
        Died: deceasedBoolean
        Died on: deceasedDate
        Age at death: deceasedAge
        """,
        code="relationship",
    ),
    "Specimen": _layout(
        "type",
        "collection.collectedDateTime collection.collectedPeriod receivedTime",
        "collection.collector",
        """
        Body site: collection.bodySite concept
        Method: collection.method concept
        Amount: collection.quantity
        Received: receivedTime
        """,
        code="type",
    ),
    "QuestionnaireResponse": _layout(
        "_questionnaire.extension.valueString",
        "authored",
        "author source",
        "",
    ),
    "Patient": _layout(
        "name",
        "birthDate",
        "managingOrganization",
        """
        Sex: gender words
        Address: address
        Phone or email: telecom.value
        Language: communication.language concept
        Marital status: maritalStatus concept
        Died on: deceasedDateTime
        """,
        status="",
        code="",
    ),
    "Account": _layout(
        "name type", "servicePeriod", "owner", "Kind: type concept\nDates: servicePeriod\nCoverage: coverage.coverage"
    ),
    "Invoice": _layout(
        "type",
        "date",
        "issuer",
        """
        Services: lineItem.chargeItemCodeableConcept concept
        Total before tax: totalNet money
        Total: totalGross money
        How to pay: paymentTerms
        """,
        code="type",
    ),
    "ChargeItem": _layout(
        "code",
        "occurrenceDateTime occurrencePeriod enteredDate",
        "performingOrganization enterer",
        "Quantity: quantity\nPrice: priceOverride money\nReason: reason concept",
    ),
    "PaymentNotice": _layout(
        "paymentStatus", "paymentDate created", "provider", "Amount: amount money\nPaid to: payee\nPaid by: recipient"
    ),
    "PaymentReconciliation": _layout(
        "disposition paymentIssuer", "paymentDate created", "paymentIssuer", "Amount: paymentAmount money"
    ),
    "ClaimResponse": _layout(
        "type",
        "created",
        "insurer",
        "Outcome: outcome words\nTotal: total.amount money\nPaid: payment.amount money\nMessage: disposition",
        code="type",
    ),
    "Practitioner": _layout(
        "name", "", "", "Phone: telecom.value\nAddress: address\nTraining: qualification.code concept"
    ),
    "Organization": _layout("name", "", "", "Kind: type concept\nPhone: telecom.value\nAddress: address", code="type"),
    "Location": _layout("name", "", "managingOrganization", "Phone: telecom.value\nAddress: address", code="type"),
    "Media": _layout(
        "content.title type modality", "createdDateTime issued", "operator", "Body site: bodySite concept"
    ),
}
OTHER = _layout(
    "title name code type category description summary",
    "date period created authoredOn occurrenceDateTime effectiveDateTime recorded recordedDate sent start issued",
    "author performer sender recorder requester source",
    "Category: category concept\nDescription: description",
)
