// The manifest: object 0 of a share, the only place where names, sizes and notes stand. Read strictly.
import { type Bytes, isId, unb64u, utf8 } from "./bytes";
import { hasDoubles } from "./doubles";
import { parseParams } from "./kdf";

const STEP = 4096;
const LARGEST = 64 * 1024 * 1024;
const MOST_FILES = 100_000;
const [TITLE, NOTE] = [800, 16_000]; // bytes
const [SEGMENT, PATH] = [1024, 4096]; // bytes
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
// Control marks, and marks that turn the direction of writing: they make "exe.pdf" of "fdp.exe".
const UNSAFE = /[\\\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/u;

/** A manifest that breaks a rule, or differs from what the server said. */
export class ManifestError extends Error {}

/** One file; `mtime` is milliseconds since 1970 in UTC. */
export interface FileEntry {
  index: number;
  object: string;
  name: string;
  type: string;
  size: number;
  mtime: number | null;
  hash: string;
  sealed_size: number;
}

/** What is in a share; `created` is YYYY-MM-DDTHH:MM:SSZ, `kdf` the parameters of recipients by id. */
export interface Manifest {
  title: string;
  note: string;
  created: string;
  kdf: Record<string, string>;
  files: FileEntry[];
}

/** Bytes of the object of `size` plaintext bytes. */
export function sealedSize(size: number): number {
  return 56 + size + 16 * (Math.floor(size / 16_384) + 1);
}

/** UTF-8 JSON padded with spaces to a multiple of 4,096 bytes; throws ManifestError where a rule is broken. */
export function renderManifest(manifest: Manifest): Bytes {
  const { title, note, created, kdf, files } = manifest;
  const text = utf8(JSON.stringify({ v: 1, title, note, created, kdf, files }));
  const padded = new Uint8Array(Math.ceil(text.length / STEP) * STEP).fill(0x20);
  padded.set(text);
  parseManifest(padded);
  return padded;
}

/** Reads a manifest as padded; throws ManifestError for the first rule that is broken. */
export function parseManifest(data: Bytes): Manifest {
  need(data.length > 0 && data.length % STEP === 0 && data.length <= LARGEST);
  let value: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(data);
    value = JSON.parse(text);
    need(!hasDoubles(text));
  } catch {
    throw new ManifestError("no JSON");
  }
  need(isRecord(value) && value["v"] === 1);
  const { title, note, created, kdf, files } = value;
  need(isText(title, TITLE) && isText(note, NOTE) && typeof created === "string" && MOMENT.test(created));
  need(isRecord(kdf) && Array.isArray(files) && files.length <= MOST_FILES);
  const list = (files as unknown[]).map(entry);
  const unique = (of: (one: FileEntry) => string): boolean => new Set(list.map(of)).size === list.length;
  need(unique((one) => String(one.index)) && unique((one) => one.object) && unique((one) => fold(one.name)));
  need(Object.entries(kdf).every(([ident, text]) => isId(ident) && isParams(text)));
  return { title, note, created, kdf: kdf as Record<string, string>, files: list };
}

/** Refuses a reader who was led to other parameters than the sender chose; throws ManifestError. */
export function checkParams(manifest: Manifest, recipient: string, params: string): void {
  need((manifest.kdf[recipient] ?? params) === params);
}

/** Whether `name` is a relative path in NFC with `/` between its segments, without `..`, `\` or control marks. */
export function isSafeName(name: unknown): name is string {
  if (typeof name !== "string" || name.normalize("NFC") !== name || UNSAFE.test(name)) return false;
  if (utf8(name).length > PATH) return false;
  return name.split("/").every((part) => part && part !== "." && part !== ".." && utf8(part).length <= SEGMENT);
}

/** The name as disks see it that do not tell capitals from small letters. */
export function fold(name: string): string {
  return name.toLowerCase().normalize("NFC");
}

function entry(value: unknown): FileEntry {
  need(isRecord(value));
  const { index, object, name, type, size, mtime, hash, sealed_size } = value;
  need(isNumber(index, 1, 2 ** 32 - 1) && isNumber(size, 0, Number.MAX_SAFE_INTEGER));
  need(isId(object) && isSafeName(name) && typeof type === "string" && TYPE.test(type));
  need(mtime === null || isNumber(mtime, -Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER));
  need(typeof hash === "string" && isHash(hash) && sealed_size === sealedSize(size));
  return { index, object, name, type, size, mtime, hash, sealed_size };
}

function isNumber(value: unknown, least: number, most: number): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && !/\p{Cs}/u.test(value) && utf8(value).length <= most;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isParams(text: unknown): boolean {
  try {
    return typeof text === "string" && Boolean(parseParams(text));
  } catch {
    return false;
  }
}

function isHash(text: string): boolean {
  try {
    return unb64u(text, 32).length === 32;
  } catch {
    return false;
  }
}

function need(holds: boolean): asserts holds {
  if (!holds) throw new ManifestError("a rule of the manifest does not hold");
}
