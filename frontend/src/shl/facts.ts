// Titles, dates and facts of FHIR resources, in the words they were recorded with.
import { parseXml, textOf } from "../sealed/xml";
import { type Resource, list, textAt } from "./resources";

type Known = ReadonlyMap<string, Resource>;

const TITLES = [
  ...["code", "vaccineCode", "medicationCodeableConcept", "type", "category", "serviceType", "class", "description", "name"],
];
/** What a terminology puts behind a title: "Asthma (disorder)". */
const KIND = / \((?:disorder|finding|procedure|situation|event|observable entity|regime\/therapy|morphologic abnormality)\)$/;
const DATES = [
  ...["onsetDateTime", "effectiveDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn", "recordedDate"],
  ...["date", "issued", "created", "dateAsserted", "whenHandedOver", "startDate", "assertedDate"],
];
const PERIODS = ["effectivePeriod", "performedPeriod", "period", "onsetPeriod", "billablePeriod"];
const MOST_FACTS = 8;
const LONGEST = 2_000;

/** A CodeableConcept or Coding in words. */
export function concept(holder: Resource | undefined): string {
  if (!holder) return "";
  const coding = list(holder, "coding").find((one) => textAt(one, "display")) ?? list(holder, "coding")[0];
  return textAt(holder, "text") || textAt(coding, "display") || textAt(holder, "display") || textAt(coding, "code");
}

/** A person's name. */
export function nameOf(patient: Resource): string {
  const name = list(patient, "name").find((one) => textAt(one, "use") === "official") ?? list(patient, "name")[0];
  const given = Array.isArray(name?.["given"]) ? name["given"].filter((one) => typeof one === "string") : [];
  return textAt(name, "text") || [...given, textAt(name, "family")].filter(Boolean).join(" ");
}

/** What an entry is called: its code, its medicine, its title, or the first words of its narrative. */
export function titleOf(resource: Resource, known: Known): string {
  const medicine = named(list(resource, "medicationReference")[0], known);
  const found = TITLES.map((name) => list(resource, name).map(concept).find(Boolean) ?? textAt(resource, name));
  const own = textAt(resource, "title") || (textAt(resource, "resourceType") === "DocumentReference" ? textAt(resource, "description") : "");
  return (medicine || own || (found.find(Boolean) ?? "") || narrative(resource).slice(0, 120)).replace(KIND, "");
}

/** The date an entry is filed under; "" when it has none. */
export function whenOf(resource: Resource): string {
  const single = DATES.map((name) => textAt(resource, name)).find(Boolean);
  return single ?? PERIODS.map((name) => textAt(resource, name, "start")).find(Boolean) ?? "";
}

/** Some facts of an entry, each a short line. */
export function factsOf(resource: Resource, known: Known): string[] {
  const parts = list(resource, "component").map((one) => [concept(list(one, "code")[0]), valueOf(one)].filter(Boolean).join(": "));
  const reactions = list(resource, "reaction").flatMap((one) => list(one, "manifestation")).map(concept);
  const dosage = [...list(resource, "dosageInstruction"), ...list(resource, "dosage")].map((one) => textAt(one, "text"));
  const notes = list(resource, "note").map((one) => textAt(one, "text"));
  const members = [...list(resource, "result")].map((one) => named(one, known));
  const all = [
    ...[valueOf(resource), rangeOf(resource), list(resource, "interpretation").map(concept).join(", ")],
    ...[...parts, reactions.filter(Boolean).join(", "), ...dosage, textAt(resource, "conclusion")],
    ...[members.filter(Boolean).join(", "), ...notes],
  ];
  return [...new Set(all.filter(Boolean))].slice(0, MOST_FACTS).map((one) => one.slice(0, LONGEST));
}

/** The value of an Observation or of a part of one. */
export function valueOf(holder: Resource): string {
  const quantity = list(holder, "valueQuantity")[0];
  if (quantity) return quantityOf(quantity);
  const coded = list(holder, "valueCodeableConcept")[0];
  if (coded) return concept(coded);
  const plain = ["valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueTime"];
  const range = list(holder, "valueRange")[0];
  if (range) return span(range);
  return plain.map((name) => textAt(holder, name)).find(Boolean) ?? "";
}

function quantityOf(quantity: Resource): string {
  const number = `${textAt(quantity, "comparator")}${textAt(quantity, "value")}`;
  return `${number} ${textAt(quantity, "unit") || textAt(quantity, "code")}`.trim();
}

function rangeOf(resource: Resource): string {
  const range = list(resource, "referenceRange")[0];
  const shown = range ? textAt(range, "text") || span(range) : "";
  return shown && `(${shown})`;
}

function span(range: Resource): string {
  const ends = ["low", "high"].map((name) => list(range, name)[0]).map((one) => (one ? quantityOf(one) : "…"));
  return ends.some((one) => one !== "…") ? ends.join(" – ") : "";
}

function named(reference: Resource | undefined, known: Known): string {
  const display = textAt(reference, "display");
  if (display || !reference) return display;
  const target = known.get(textAt(reference, "reference"));
  return target ? concept(list(target, "code")[0]) : "";
}

function narrative(resource: Resource): string {
  const root = parseXml(textAt(resource, "text", "div"));
  return root ? textOf(root) : "";
}
