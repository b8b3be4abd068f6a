// A C-CDA document as a short list of harmless elements: headings, paragraphs, lists and tables, with text only.
// What is not on the list of narrative elements (HL7 CDA R2, NarrativeBlock) leaves its text and nothing else.
import { at, type Element, parseXml, textOf, within } from "./xml";

/** A piece of a page to build: text, or an element on the list with pieces inside. */
export type Piece = string | { tag: string; pieces: Piece[]; columns?: number; rows?: number };

const NARRATIVE: Record<string, string> = {
  paragraph: "p",
  table: "table",
  thead: "thead",
  tbody: "tbody",
  tfoot: "tfoot",
  tr: "tr",
  th: "th",
  td: "td",
  list: "ul",
  item: "li",
  caption: "strong",
  sub: "sub",
  sup: "sup",
  br: "br",
};
/** The elements a page builds; nothing else is ever made of what a sender wrote. */
export const TAGS: ReadonlySet<string> = new Set([...Object.values(NARRATIVE), "ol", "em", "h3", "h4"]);
const SILENT = new Set(["renderMultiMedia", "colgroup", "col"]);
const SCAFFOLD = new Set(["table", "thead", "tbody", "tfoot", "tr", "ul", "ol"]);

/** The pieces of a clinical document, or null when the text is not one. */
export function readDocument(text: string): Piece[] | null {
  const root = parseXml(text);
  if (root?.name !== "ClinicalDocument") return null;
  const head = [title(root), people(root)].filter((piece) => piece !== null);
  const body = within(at(root, "component", "structuredBody"), "component");
  return [...head, ...body.flatMap((component) => section(at(component, "section"), "h3"))];
}

function title(root: Element): Piece | null {
  const words = textOf(at(root, "title"));
  return words ? { tag: "h3", pieces: [words] } : null;
}

function people(root: Element): Piece | null {
  const patient = at(root, "recordTarget", "patientRole", "patient");
  const name = at(patient, "name")?.children.map(textOf).join(" ").replaceAll(/\s+/g, " ").trim() ?? "";
  const names = [name, day(at(patient, "birthTime"))];
  const office = textOf(at(root, "custodian", "assignedCustodian", "representedCustodianOrganization", "name"));
  const lines = [names.filter(Boolean).join(", "), [office, day(at(root, "effectiveTime"))].filter(Boolean).join(", ")];
  const pieces = lines.filter(Boolean).flatMap<Piece>((line) => [line, { tag: "br", pieces: [] }]);
  return pieces.length ? { tag: "p", pieces } : null;
}

/** A date of HL7 (YYYYMMDD...) as YYYY-MM-DD; this runs in a worker too, which knows no language of the page. */
function day(time: Element | undefined): string {
  const found = /^(\d{4})(\d{2})(\d{2})/.exec(time?.attributes.get("value") ?? "");
  return found ? `${found[1] ?? ""}-${found[2] ?? ""}-${found[3] ?? ""}` : "";
}

function section(element: Element | undefined, heading: string): Piece[] {
  if (!element) return [];
  const words = textOf(at(element, "title"));
  const text = at(element, "text");
  const own: Piece[] = [...(words ? [{ tag: heading, pieces: [words] }] : []), ...(text ? inside(text) : [])];
  return [...own, ...within(element, "component").flatMap((component) => section(at(component, "section"), "h4"))];
}

function inside(element: Element): Piece[] {
  return element.children.flatMap((child) => (typeof child === "string" ? [child] : narrative(child)));
}

function narrative(element: Element): Piece[] {
  if (SILENT.has(element.name)) return [];
  const style = element.attributes.get("styleCode") ?? "";
  let tag = NARRATIVE[element.name];
  if (element.name === "content" && /\bItalics\b/i.test(style)) tag = "em";
  if (element.name === "content" && /\bBold\b/i.test(style)) tag = "strong";
  if (element.name === "list" && element.attributes.get("listType") === "ordered") tag = "ol";
  if (tag === undefined) return inside(element);
  const pieces = SCAFFOLD.has(tag) ? inside(element).filter((piece) => typeof piece !== "string") : inside(element);
  return [{ tag, pieces, columns: span(element, "colspan"), rows: span(element, "rowspan") }];
}

function span(element: Element, name: string): number {
  return Math.min(Math.max(Number.parseInt(element.attributes.get(name) ?? "1", 10) || 1, 1), 100);
}
