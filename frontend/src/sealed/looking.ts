// The worker's part of looking at a file: what kind it is by its bytes, never by what its name or sender says alone.
import { readDocument } from "./ccda";
import type { Control } from "./fetching";
import { type Look, type Looked, Stopped } from "./messages";
import type { Opener } from "./opener";
import type { Bytes } from "./platform";

const MOST_TEXT = 512 * 1024;
const MOST_RECORD = 32 * 1024 * 1024;
const MOST_IMAGE = 128 * 1024 * 1024;
const MOST_PDF = 256 * 1024 * 1024;
const IMAGES: Record<string, RegExp> = {
  "image/png": /^\x89PNG\r\n\x1a\n/,
  "image/jpeg": /^\xff\xd8\xff/,
  "image/gif": /^GIF8[79]a/,
  "image/webp": /^RIFF.{4}WEBP/s,
  "image/bmp": /^BM/,
};
const BY_ENDING: [RegExp, Look, number][] = [
  [/\.(?:png|jpe?g|gif|webp|bmp)$/i, "image", MOST_IMAGE],
  [/\.(?:txt|text|csv|tsv|md|log|json|ndjson)$/i, "text", Infinity],
  [/\.pdf$/i, "pdf", MOST_PDF],
  [/\.(?:xml|cda|ccda)$/i, "xml", MOST_RECORD],
];
const BY_TYPE: [RegExp, Look, number][] = [
  [/^image\/(?:png|jpeg|gif|webp|bmp)$/, "image", MOST_IMAGE],
  [/^(?:text\/(?:plain|csv)|application\/(?:fhir\+)?json)$/, "text", Infinity],
  [/^application\/pdf$/, "pdf", MOST_PDF],
  [/^(?:text|application)\/(?:xml|cda\+xml|hl7-cda\+xml)$/, "xml", MOST_RECORD],
];
const NEVER = /\.(?:html?|xhtml|svgz?|mht(?:ml)?|xsl)$/i;

/** How a file may be looked at, from its name and the type its sender gave. */
export function lookOf(name: string, type: string, size: number): Look {
  if (NEVER.test(name)) return "";
  const found = BY_ENDING.find(([ending]) => ending.test(name)) ?? BY_TYPE.find(([kind]) => kind.test(type));
  return found && size <= found[2] && size > 0 ? found[1] : "";
}

/** What to show; throws Stopped. */
export async function look(index: number, opener: Opener, control: Control): Promise<Looked> {
  const file = opener.file(index);
  const kind = lookOf(file.name, file.type, file.size);
  if (kind === "text") return await text(index, file.size, opener, control);
  const bytes = kind ? await all(index, opener, control) : [];
  const start = latin(bytes[0]);
  if (kind === "image") {
    const type = Object.entries(IMAGES).find(([, magic]) => magic.test(start))?.[0];
    if (type) return { kind: "image", blob: new Blob(bytes, { type }) };
  }
  if (kind === "pdf" && start.includes("%PDF-")) return { kind, blob: new Blob(bytes, { type: "application/pdf" }) };
  if (kind === "xml") return await record(new Blob(bytes));
  throw new Stopped("no-look");
}

async function record(blob: Blob): Promise<Looked> {
  const source = await blob.text();
  const pieces = readDocument(source);
  if (pieces) return { kind: "record", pieces };
  return { kind: "text", text: source.slice(0, MOST_TEXT), cut: source.length > MOST_TEXT };
}

async function text(index: number, size: number, opener: Opener, control: Control): Promise<Looked> {
  const bytes = size <= MOST_TEXT ? await all(index, opener, control) : await first(index, opener, control);
  const shown = await new Blob(bytes).text();
  if (shown.includes("\0")) throw new Stopped("no-look");
  return { kind: "text", text: shown, cut: size > MOST_TEXT };
}

async function all(index: number, opener: Opener, control: Control): Promise<Bytes[]> {
  const found: Bytes[] = [];
  for await (const bytes of opener.plain(index, control)) found.push(bytes);
  return found;
}

/** The beginning alone: genuine, though the whole was not checked. */
async function first(index: number, opener: Opener, control: Control): Promise<Bytes[]> {
  for await (const bytes of opener.plain(index, control)) return [bytes.slice(0, MOST_TEXT)];
  return [];
}

function latin(bytes: Bytes | undefined): string {
  return String.fromCharCode(...(bytes ?? new Uint8Array()).subarray(0, 1024));
}
