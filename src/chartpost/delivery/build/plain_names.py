"""Everyday names of common tests and measures, by LOINC code; any other test keeps the name it was recorded under."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from chartpost.delivery.build.words import plain_title
from chartpost.formats.fhirjson.views import ItemView

LOINC = "http://loinc.org"

NAMES: dict[str, Promise] = {
    "29463-7": lazy("Weight"),
    "8867-4": lazy("Heart rate"),
    "8302-2": lazy("Height"),
    "39156-5": lazy("Body mass index"),
    "85354-9": lazy("Blood pressure"),
    "8310-5": lazy("Temperature"),
    "9279-1": lazy("Breathing rate"),
    "2708-6": lazy("Oxygen level"),
    "59408-5": lazy("Oxygen level"),
    "9843-4": lazy("Head size"),
    "55283-6": lazy("Baby's heart rate"),
    "72514-3": lazy("Pain from 0 to 10"),
    "72166-2": lazy("Smoking"),
    "2345-7": lazy("Glucose (blood sugar)"),
    "2339-0": lazy("Glucose (blood sugar)"),
    "3094-0": lazy("Urea nitrogen (kidneys)"),
    "6299-2": lazy("Urea nitrogen (kidneys)"),
    "2160-0": lazy("Creatinine (kidneys)"),
    "38483-4": lazy("Creatinine (kidneys)"),
    "98979-8": lazy("Kidney filter rate (eGFR)"),
    "33914-3": lazy("Kidney filter rate (eGFR)"),
    "2951-2": lazy("Sodium"),
    "2947-0": lazy("Sodium"),
    "2823-3": lazy("Potassium"),
    "6298-4": lazy("Potassium"),
    "2075-0": lazy("Chloride"),
    "49765-1": lazy("Calcium"),
    "718-7": lazy("Hemoglobin"),
    "4544-3": lazy("Hematocrit"),
    "6690-2": lazy("White blood cells"),
    "777-3": lazy("Platelets"),
    "4548-4": lazy("Hemoglobin A1c (long-term sugar)"),
    "3016-3": lazy("TSH (thyroid)"),
    "20150-9": lazy("FEV1 (breathing test)"),
    "9318-7": lazy("Albumin to creatinine in urine"),
    "3879-4": lazy("Opiates in urine"),
    "3414-0": lazy("Buprenorphine in urine"),
    "2093-3": lazy("Total cholesterol"),
    "2085-9": lazy("HDL cholesterol"),
    "13457-7": lazy("LDL cholesterol (calculated)"),
    "18262-6": lazy("LDL cholesterol"),
    "2571-8": lazy("Triglycerides"),
    "20447-9": lazy("HIV virus in the blood"),
    "24467-3": lazy("CD4 cells"),
    "33762-6": lazy("NT-proBNP (heart)"),
    "1742-6": lazy("ALT (liver)"),
    "6875-9": lazy("Cancer marker CA 15-3"),
    "44261-6": lazy("PHQ-9 mood score"),
    "3084-1": lazy("Uric acid"),
    "1975-2": lazy("Bilirubin"),
    "9272-6": lazy("Apgar score at 1 minute"),
    "9274-2": lazy("Apgar score at 5 minutes"),
    "2106-3": lazy("Pregnancy test in urine"),
}


def plain_name(shown: ItemView) -> str:
    """The everyday name of a result, in the reader's language."""
    if shown.code and shown.code[0] == LOINC and shown.code[1] in NAMES:
        return str(NAMES[shown.code[1]])
    return plain_title(shown.title)
