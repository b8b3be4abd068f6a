// A FHIR R4 resource or Bundle as sections a person reads: what, when, and some facts. Values alone, no page.
import { type Resource, list, resourcesOf, textAt } from "./resources";
import { concept, factsOf, nameOf, titleOf, whenOf } from "./facts";

export interface Paper {
  title: string;
  type: string;
  /** base64 as it stands in the resource. */
  data: string;
}

export interface Row {
  title: string;
  /** A FHIR date or moment, or "". */
  when: string;
  status: string;
  facts: string[];
  papers: Paper[];
}

export interface Section {
  /** The name of the section's words. */
  name: string;
  rows: Row[];
}

export interface Reading {
  person: string;
  born: string;
  sections: Section[];
}

const SECTIONS: [string, readonly string[]][] = [
  ["problems", ["Condition"]],
  ["allergies", ["AllergyIntolerance"]],
  ["medicines", ["MedicationRequest", "MedicationStatement", "MedicationDispense", "MedicationAdministration"]],
  ["vaccines", ["Immunization"]],
  ["vitals", []],
  ["results", ["Observation", "DiagnosticReport"]],
  ["procedures", ["Procedure"]],
  ["visits", ["Encounter"]],
  ["plans", ["CarePlan", "Goal", "CareTeam", "ServiceRequest"]],
  ["documents", ["DocumentReference"]],
  ["insurance", ["Coverage"]],
  ["bills", ["Claim", "ExplanationOfBenefit"]],
];
const UNSHOWN = new Set([
  ...["Patient", "Provenance", "Practitioner", "PractitionerRole", "Organization", "Location", "Medication", "Binary"],
  ...["RelatedPerson", "Device", "Bundle", "OperationOutcome", "Composition"],
]);

/** What a Bundle, or one resource, says. */
export function read(content: unknown): Reading {
  const resources = resourcesOf(content);
  const known = new Map(resources.flatMap(({ keys, resource }) => keys.map((key) => [key, resource] as const)));
  const rows = new Map<string, Row[]>();
  let person: Resource | undefined;
  for (const { resource } of resources) {
    const kind = textAt(resource, "resourceType");
    if (kind === "Patient") person ??= resource;
    if (UNSHOWN.has(kind)) continue;
    const name = sectionOf(kind, resource);
    const filed = rows.get(name) ?? [];
    filed.push(rowOf(kind, resource, known));
    rows.set(name, filed);
  }
  const order = [...SECTIONS.map(([name]) => name), "other"];
  const sections = order.flatMap((name) => (rows.has(name) ? [{ name, rows: newestFirst(rows.get(name) ?? []) }] : []));
  return { person: person ? nameOf(person) : "", born: person ? textAt(person, "birthDate") : "", sections };
}

function sectionOf(kind: string, resource: Resource): string {
  if (kind === "Observation") {
    const codes = list(resource, "category").flatMap((one) => list(one, "coding")).map((one) => textAt(one, "code"));
    if (codes.includes("vital-signs")) return "vitals";
  }
  return SECTIONS.find(([, kinds]) => kinds.includes(kind))?.[0] ?? "other";
}

function rowOf(kind: string, resource: Resource, known: ReadonlyMap<string, Resource>): Row {
  const status = list(resource, "clinicalStatus").map(concept).find(Boolean) ?? textAt(resource, "status");
  return {
    title: titleOf(resource, known) || kind,
    when: whenOf(resource),
    status,
    facts: factsOf(resource, known),
    papers: papersOf(resource),
  };
}

function papersOf(resource: Resource): Paper[] {
  const held = [...list(resource, "content").flatMap((one) => list(one, "attachment")), ...list(resource, "presentedForm")];
  return held.flatMap((one) => {
    const [data, type] = [textAt(one, "data"), textAt(one, "contentType")];
    return data ? [{ title: textAt(one, "title"), type: type.split(";")[0]?.trim().toLowerCase() ?? "", data }] : [];
  });
}

function newestFirst(rows: Row[]): Row[] {
  return [...rows].sort((one, other) => (one.when < other.when ? 1 : one.when > other.when ? -1 : 0));
}
