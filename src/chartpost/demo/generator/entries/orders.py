"""Orders and what follows them: referrals, medicines handed out, specimens, implanted devices."""

from datetime import date, timedelta

from chartpost.demo.generator.coding import TERMINOLOGY, Code, hl7, quantity, reference
from chartpost.demo.generator.data.medicines import MEDICINES
from chartpost.demo.generator.values import Resource
from chartpost.demo.generator.visits import Visit

ONCE_A_DAY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}}


def refer(visit: Visit, category: Code, code: Code, *, reason: Resource, weeks: int = 6) -> Resource:
    """File an order for a service over the next weeks (US Core ServiceRequest)."""
    return visit.chart.add(
        "ServiceRequest",
        status="active",
        intent="order",
        category=[category.concept()],
        code=code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        occurrencePeriod={
            "start": visit.day.isoformat(),
            "end": (visit.day + timedelta(weeks=weeks)).isoformat(),
        },
        authoredOn=visit.later(20),
        requester=visit.author,
        reasonCode=[reason["code"]],
        reasonReference=[reference(reason)],
    )


def medicine_in_stock(visit: Visit, key: str) -> Resource:
    """File a medicine as an entry of its own, for orders to point at (US Core Medication)."""
    return visit.chart.add("Medication", code=MEDICINES[key].code.concept(), status="active")


def order_and_hand_out(visit: Visit, key: str, medicine: Resource, reason: Resource) -> tuple[Resource, Resource]:
    """File an order for a medicine and its first hand-out at the pharmacy; tablets once a day for 30 days."""
    dosage = {
        "text": MEDICINES[key].directions,
        "timing": ONCE_A_DAY,
        "doseAndRate": [{"doseQuantity": quantity(1, "tablet", "{tbl}")}],
    }
    named = reference(medicine, MEDICINES[key].code.display)
    order = visit.chart.add(
        "MedicationRequest",
        status="active",
        intent="order",
        category=[hl7("medicationrequest-category", "community", "Community")],
        reportedBoolean=False,
        medicationReference=named,
        subject=visit.chart.subject,
        encounter=visit.reference,
        authoredOn=visit.later(25),
        requester=visit.author,
        reasonCode=[reason["code"]],
        reasonReference=[reference(reason)],
        dosageInstruction=[dosage],
        dispenseRequest={"numberOfRepeatsAllowed": 3, "quantity": quantity(30, "tablet", "{tbl}")},
    )
    return order, _hand_out(visit, order, named)


def _hand_out(visit: Visit, order: Resource, named: Resource) -> Resource:
    pharmacy = [{"actor": visit.custodian}, {"actor": visit.chart.shared("Practitioner", "pharmacist")}]
    return visit.chart.add(
        "MedicationDispense",
        status="completed",
        medicationReference=named,
        subject=visit.chart.subject,
        context=visit.reference,
        performer=pharmacy,
        authorizingPrescription=[reference(order)],
        type_=Code(f"{TERMINOLOGY}v3-ActCode", "FF", "First Fill").concept(),
        quantity=quantity(30, "tablet", "{tbl}"),
        daysSupply=quantity(30, "day", "d"),
        whenHandedOver=visit.later(90),
        dosageInstruction=order["dosageInstruction"],
    )


def told_by_another(visit: Visit, key: str, teller: str) -> Resource:
    """File a medicine another clinician reported (US Core MedicationRequest, reportedReference)."""
    return visit.chart.add(
        "MedicationRequest",
        status="active",
        intent="plan",
        category=[hl7("medicationrequest-category", "community", "Community")],
        reportedReference=visit.chart.shared("Practitioner", teller),
        medicationCodeableConcept=MEDICINES[key].code.concept(),
        subject=visit.chart.subject,
        encounter=visit.reference,
        authoredOn=visit.later(25),
        requester=visit.chart.shared("Practitioner", teller),
        dosageInstruction=[{"text": MEDICINES[key].directions}],
    )


def specimen(visit: Visit, kind: Code) -> Resource:
    """File what was taken for the laboratory (US Core Specimen)."""
    return visit.chart.add(
        "Specimen",
        identifier=[{"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{visit.chart.new_id('specimen-number')}"}],
        status="available",
        type_=kind.concept(),
        subject=visit.chart.subject,
        receivedTime=visit.later(60),
        collection={"collectedDateTime": visit.later(9), "collector": visit.author},
    )


def implant(visit: Visit, kind: Code, made: date) -> Resource:
    """File an implanted device with a made-up UDI whose parts agree (US Core Implantable Device)."""
    expires, lot, serial = made + timedelta(days=5 * 365), "DEMO4471", "DEMO-000318"
    identifier = "00000000000017"
    return visit.chart.add(
        "Device",
        udiCarrier=[
            {
                "deviceIdentifier": identifier,
                "issuer": "http://hl7.org/fhir/NamingSystem/gs1-di",
                "jurisdiction": "http://hl7.org/fhir/NamingSystem/fda-udi",
                "carrierHRF": f"(01){identifier}(11){made:%y%m%d}(17){expires:%y%m%d}(10){lot}(21){serial}",
                "entryType": "barcode",
            }
        ],
        status="active",
        distinctIdentifier=f"DEMO-{serial[-6:]}",
        manufactureDate=made.isoformat(),
        expirationDate=expires.isoformat(),
        lotNumber=lot,
        serialNumber=serial,
        deviceName=[{"name": "Example total knee system", "type": "user-friendly-name"}],
        type_=kind.concept(),
        patient=visit.chart.subject,
    )
