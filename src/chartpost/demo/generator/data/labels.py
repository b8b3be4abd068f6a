"""Security labels by reason (HL7 v3-Confidentiality and v3-ActCode)."""

from chartpost.demo.generator.coding import ACT_CODE, CONFIDENTIALITY, Code

RESTRICTED = Code(CONFIDENTIALITY, "R", "restricted")
VERY_RESTRICTED = Code(CONFIDENTIALITY, "V", "very restricted")


def _act(code: str, display: str) -> Code:
    return Code(ACT_CODE, code, display)


PSYCHOTHERAPY_NOTES = (
    VERY_RESTRICTED,
    _act("PSYTHPN", "psychotherapy note information sensitivity"),
    _act("HIPAAPsyNotes", "HIPAA psychotherapy notes"),
)
"""Notes kept apart from the record (45 CFR 164.501)."""

MENTAL_HEALTH = (RESTRICTED, _act("MH", "mental health information sensitivity"))

PART_2 = (
    RESTRICTED,
    _act("ETH", "substance abuse information sensitivity"),
    _act("SUD", "substance use disorder information sensitivity"),
    _act("OPIOIDUD", "opioid use disorder information sensitivity"),
    _act("42CFRPart2", "42 CFR Part2"),
)
"""Entries made by a substance use disorder program (42 CFR 2.11, 2.12)."""

MINOR_CONFIDENTIAL = (
    RESTRICTED,
    _act("ADOL", "adolescent information sensitivity"),
    _act("STD", "sexually transmitted disease information sensitivity"),
    _act("SEX", "sexuality and reproductive health information sensitivity"),
)
"""Care a minor agreed to alone (45 CFR 164.502(g)(3); California Family Code 6926)."""

HIV = (RESTRICTED, _act("HIV", "HIV/AIDS information sensitivity"))

REPRODUCTIVE = (
    RESTRICTED,
    _act("SEX", "sexuality and reproductive health information sensitivity"),
    _act("PREGNANT", "pregnancy information sensitivity"),
)

SELF_PAY = (_act("HIPAASelfPay", "HIPAA self-pay"),)
"""A visit paid in full by the person, kept from the health plan (45 CFR 164.522(a)(1)(vi))."""
