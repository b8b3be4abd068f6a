"""Stable words of the record: categories a person sees and sensitivity labels that narrow who else may see.

The numbers are stored; never renumber, only add.
"""

from enum import IntEnum, IntFlag


class Category(IntEnum):
    """The section of the record an entry is shown in; `1 << category` is its bit in a 64-bit mask."""

    PROBLEMS = 1
    MEDICINES = 2
    ALLERGIES = 3
    RESULTS = 4
    VITALS = 5
    IMMUNIZATIONS = 6
    VISITS = 7
    PROCEDURES = 8
    DOCUMENTS = 9
    IMAGING = 10
    CARE_PLANS = 11
    BILLS = 12
    COVERAGE = 13
    PEOPLE = 14
    SOCIAL = 15
    OTHER = 16

    @property
    def bit(self) -> int:
        """This category's bit in a mask."""
        return 1 << self


class Label(IntFlag):
    """Sensitivity of an entry (HL7 v3-ActCode, v3-Confidentiality, two of our own); bits of a 64-bit mask."""

    NONE = 0
    RESTRICTED = 1  # v3-Confidentiality R
    VERY_RESTRICTED = 1 << 1  # v3-Confidentiality V
    PSYCHOTHERAPY = 1 << 2  # psychotherapy notes, 45 CFR 164.501
    SUBSTANCE_USE = 1 << 3  # SUD, ETH, ETHUD, OPIOIDUD
    PART2 = 1 << 4  # 42 CFR Part 2
    MENTAL_HEALTH = 1 << 5  # MH, PSY, BH, COGN, EMOTDIS
    HIV = 1 << 6
    SEXUAL_HEALTH = 1 << 7  # STD, SEX
    REPRODUCTIVE = 1 << 8  # PREGNANT
    VIOLENCE = 1 << 9  # SDV, DVD, VIO, MST
    GENETIC = 1 << 10  # GDIS, SCA
    MINOR_CONFIDENTIAL = 1 << 11  # services a minor consented to; ADOL
    SELF_PAY = 1 << 12  # HIPAASelfPay, 45 CFR 164.522(a)(1)(vi)
    LITIGATION = 1 << 13  # compiled for legal proceedings, 45 CFR 164.524(a)(1)(ii)
    TABOO = 1 << 14  # TBOO: discuss with the patient first
    PATIENT_REQUEST = 1 << 15  # PRS
    EMPLOYEE = 1 << 16  # EMP
    CELEBRITY = 1 << 17  # CEL, VIP
    DEMOGRAPHICS = 1 << 18  # DEMO, PATLOC, LIVARG and the like


LABEL_SYSTEM = "urn:chartpost:label"
"""System of our own labels in meta.security, where HL7 has no code."""
