// Documents inside a record: kept as a file, or looked at. Nothing in them ever becomes markup.
import { type Piece, TAGS, readDocument } from "../sealed/ccda";
import { place } from "../sealed/dom";
import { say } from "../sealed/words";
import { type Bytes, unb64 } from "./base64";
import type { Paper } from "./fhir";

type Kind = "image" | "pdf" | "record" | "text" | "";

const KINDS: [RegExp, Kind, string][] = [
  [/^application\/pdf$/, "pdf", "pdf"],
  [/^(?:text|application)\/(?:xml|cda\+xml|hl7-cda\+xml)$/, "record", "xml"],
  [/^text\/plain$/, "text", "txt"],
  [/^image\/png$/, "image", "png"],
  [/^image\/jpe?g$/, "image", "jpg"],
  [/^image\/gif$/, "image", "gif"],
];
const MAGIC: Record<string, RegExp> = { pdf: /%PDF-/, png: /^\x89PNG/, jpg: /^\xff\xd8\xff/, gif: /^GIF8/ };
const MOST_TEXT = 512 * 1024;
const KEPT_MS = 60_000;

/** How a document can be looked at; "" when it can only be saved. */
export function kindOf(paper: Paper): Kind {
  return known(paper)?.[1] ?? "";
}

/** Saves a document under a name of ours. */
export function save(paper: Paper, number: number): void {
  const bytes = unb64(paper.data);
  const ending = known(paper)?.[2] ?? "bin";
  if (bytes) keep(new Blob([bytes], { type: "application/octet-stream" }), `document-${String(number)}.${ending}`);
}

/** Gives a file to the browser to save. */
export function keep(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = passing(blob);
  link.download = name;
  link.click();
}

/** Shows a document in the dialog; a PDF opens in a tab of its own. */
export function look(dialog: HTMLDialogElement, paper: Paper, title: string): void {
  place(dialog, "preview-name").textContent = title;
  const body = place(dialog, "preview-body");
  const bytes = unb64(paper.data);
  const nodes = bytes ? shown(paper, bytes, title) : null;
  note(dialog, nodes ? notes(kindOf(paper)) : say("no-look"));
  body.replaceChildren(...(nodes ?? []));
  dialog.showModal();
  if (kindOf(paper) === "pdf" && nodes) (nodes[0] as HTMLAnchorElement).click();
}

function known(paper: Paper): [RegExp, Kind, string] | undefined {
  return KINDS.find(([type]) => type.test(paper.type));
}

function shown(paper: Paper, bytes: Bytes, title: string): Node[] | null {
  const [, kind, ending] = known(paper) ?? [/$^/, "", ""];
  const start = String.fromCharCode(...bytes.subarray(0, 1024));
  if (MAGIC[ending] && !MAGIC[ending].test(start)) return null;
  if (kind === "pdf") return [opener(new Blob([bytes], { type: "application/pdf" }))];
  if (kind === "image") return [image(new Blob([bytes], { type: paper.type }), title)];
  const text = new TextDecoder().decode(bytes);
  const pieces = kind === "record" ? readDocument(text) : null;
  return pieces ? pieces.map(build) : [plain(text.slice(0, MOST_TEXT))];
}

function notes(kind: Kind): string {
  if (kind === "pdf") return say("look-tab");
  return kind === "record" ? say("look-record") : "";
}

function note(dialog: HTMLDialogElement, text: string): void {
  const shownNote = place(dialog, "preview-note");
  shownNote.textContent = text;
  shownNote.hidden = !text;
}

/** A viewer of PDF does not run inside a sandbox, so it gets a tab; the link is there for blockers of pop-ups. */
function opener(blob: Blob): HTMLAnchorElement {
  const link = document.createElement("a");
  link.className = "button";
  link.href = passing(blob);
  link.target = "_blank";
  link.rel = "noopener";
  link.textContent = say("look-tab-link");
  return link;
}

function image(blob: Blob, title: string): HTMLImageElement {
  const made = document.createElement("img");
  made.alt = title;
  made.src = passing(blob);
  return made;
}

function plain(text: string): HTMLPreElement {
  const block = document.createElement("pre");
  block.textContent = text;
  return block;
}

/** Only listed elements, only two attributes, both numbers. */
function build(piece: Piece): Node {
  if (typeof piece === "string") return document.createTextNode(piece);
  const element = document.createElement(TAGS.has(piece.tag) ? piece.tag : "span");
  if (element instanceof HTMLTableCellElement) {
    element.colSpan = piece.columns ?? 1;
    element.rowSpan = piece.rows ?? 1;
  }
  element.append(...piece.pieces.map(build));
  return element;
}

/** An address that works long enough for a tab or a download to read it. */
function passing(blob: Blob): string {
  const address = URL.createObjectURL(blob);
  setTimeout(() => { URL.revokeObjectURL(address); }, KEPT_MS);
  return address;
}
