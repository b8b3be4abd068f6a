"""Imaging studies: what was made and under which DICOM identifiers."""

from uuid import UUID

from chartpost.demo.generator.coding import DICOM, Code, loinc, snomed
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

MAMMOGRAPHY = Code(DICOM, "MG", "Mammography")
X_RAY = Code(DICOM, "DX", "Digital Radiography")
ULTRASOUND = Code(DICOM, "US", "Ultrasound")
COMPUTED_TOMOGRAPHY = Code(DICOM, "CT", "Computed Tomography")

SOP_CLASSES = {
    "MG": ("1.2.840.10008.5.1.4.1.1.1.2", "Digital Mammography X-Ray Image Storage - For Presentation"),
    "DX": ("1.2.840.10008.5.1.4.1.1.1.1", "Digital X-Ray Image Storage - For Presentation"),
    "US": ("1.2.840.10008.5.1.4.1.1.6.1", "Ultrasound Image Storage"),
    "CT": ("1.2.840.10008.5.1.4.1.1.2", "CT Image Storage"),
}

SCREENING_MAMMOGRAM = loinc("24606-6", "MG Breast Screening")
CHEST_X_RAY = loinc("36643-5", "XR Chest 2 Views")
CHEST_CT = loinc("24627-2", "CT Chest")
FETAL_ULTRASOUND = loinc("11525-3", "US Pelvis Fetus for pregnancy")
IMAGING_STUDY = loinc("18748-4", "Diagnostic imaging study")

BREAST = snomed("76752008", "Breast structure")
CHEST = snomed("51185008", "Thoracic structure")
KNEE = snomed("72696002", "Knee region structure")
UTERUS = snomed("35039007", "Uterine structure")


def _uid(visit: Visit, kind: str) -> str:
    """A DICOM UID made from a UUID (PS3.5 B.2)."""
    return f"2.25.{UUID(visit.chart.new_id(kind)).int}"


def add_study(
    visit: Visit, modality: Code, body_part: Code, title: str, views: tuple[str, ...], *, images: int = 1
) -> Resource:
    """File an ImagingStudy with one series per view and ``images`` instances in each."""
    sop = SOP_CLASSES[modality.code]
    series = []
    for number, view in enumerate(views, start=1):
        instances = [
            {
                "uid": _uid(visit, "image"),
                "sopClass": {"system": "urn:ietf:rfc:3986", "code": f"urn:oid:{sop[0]}", "display": sop[1]},
                "number": image,
            }
            for image in range(1, images + 1)
        ]
        series.append(
            {
                "uid": _uid(visit, "series"),
                "number": number,
                "modality": modality.coding(),
                "description": view,
                "numberOfInstances": images,
                "bodySite": body_part.coding(),
                "started": visit.later(5),
                "instance": instances,
            }
        )
    return visit.chart.add(
        "ImagingStudy",
        identifier=[{"system": "urn:dicom:uid", "value": f"urn:oid:{_uid(visit, 'study')}"}],
        status="available",
        modality=[modality.coding()],
        subject=visit.chart.subject,
        encounter=visit.reference,
        started=visit.later(5),
        referrer=visit.chart.shared("Practitioner", visit.chart.profile.facility),
        interpreter=[visit.chart.shared("Practitioner", "radiologist")],
        numberOfSeries=len(series),
        numberOfInstances=len(series) * images,
        location=visit.chart.shared("Location", visit.place.key),
        description=title,
        series=series,
    )
