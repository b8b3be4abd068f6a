// Files as people bring them: chosen, a folder, or dropped; and which of them may not be sent.

import { newId, utf8 } from "./bytes";
import { fold } from "./cps1";
import { newSalt } from "./send_seal";
import type { Item } from "./send_types";

/** A file and where it was in what was chosen. */
export interface Chosen {
  path: string;
  file: File;
}

/** A file of the person's record: fetched by the worker when it is sealed. */
export interface Picked {
  path: string;
  url: string;
  type: string;
}

// Programs and scripts that Windows, macOS, Linux and Android run on opening (compare what mail services refuse).
const RISKY = new Set(
  (
    "ade adp apk appinstaller application appx appxbundle bat cab chm cmd com command cpl desktop diagcab dll dmg exe " +
    "hta inf ins isp jar js jse ksh lib lnk mde mjs msc msi msix msixbundle msp mst nsh osx pif pkg ps1 ps1xml ps2 " +
    "psc1 psm1 reg run scf scr sct settingcontent-ms sh shb sys url vb vbe vbs vhd vhdx vxd workflow ws wsc wsf wsh xll"
  ).split(" "),
);
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;
const UNSAFE = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;
const [SEGMENT, PATH] = [255, 1024]; // bytes
// What systems leave in folders without anybody's doing.
const LITTER = /(?:^|\/)(?:\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*|__MACOSX\/.*)$/;

/** Whether opening a file of that name runs a program. Endings hidden by spaces, dots or turned letters count. */
export function risky(path: string): boolean {
  const name = path.replaceAll(UNSEEN, "").toLowerCase().replace(/[. ]+$/, "");
  return RISKY.has(name.slice(name.lastIndexOf(".") + 1).trim()) && name.includes(".");
}

/** A path as the list of files may hold it (docs/sealed-format.md): what may not stand in it becomes "_". */
export function safePath(path: string): string {
  const parts = path.normalize("NFC").replaceAll("\\", "/").replaceAll(UNSAFE, "_").split("/");
  const kept = parts.filter((part) => part && part !== "." && part !== "..").map((part) => cut(part, SEGMENT));
  const whole = kept.join("/") || "file";
  return utf8(whole).length <= PATH ? whole : (kept.at(-1) ?? "file");
}

/** The items of a transfer: each with an object and a salt of its own. */
export function itemsOf(files: readonly [string, File][], picked: readonly Picked[]): Item[] {
  const chosen: (Pick<Item, "path" | "size" | "mtime" | "type"> & { url?: string })[] = files.map(([path, file]) => {
    return { path, size: file.size, mtime: file.lastModified, type: file.type };
  });
  const found = [...chosen, ...picked.map((one) => ({ ...one, size: -1, mtime: Date.now() }))];
  const names = distinctNames(found.map(({ path }) => path));
  return found.map((one, at) => {
    const path = one.url ?? one.path; // a file of the record may be called as one of the disk
    return { ...one, path, name: names[at] ?? "", index: at + 1, object: newId(), salt: newSalt() };
  });
}

/** Names for the list of files, no two alike, also where capitals count for nothing. */
export function distinctNames(paths: readonly string[]): string[] {
  const seen = new Set<string>();
  return paths.map((path) => {
    const plain = safePath(path);
    let name = plain;
    for (let n = 2; seen.has(fold(name)); n += 1) name = numbered(plain, n);
    seen.add(fold(name));
    return name;
  });
}

function numbered(path: string, n: number): string {
  const slash = path.lastIndexOf("/") + 1;
  const dot = path.lastIndexOf(".");
  const at = dot > slash ? dot : path.length;
  const mark = ` (${String(n)})${cut(path.slice(at), SEGMENT / 2)}`;
  return path.slice(0, slash) + cut(path.slice(slash, at), SEGMENT - utf8(mark).length) + mark;
}

function cut(text: string, bytes: number): string {
  let short = text;
  while (utf8(short).length > bytes) short = Array.from(short).slice(0, -1).join("");
  return short;
}

/** What an input of files or of a folder holds. */
export function fromInput(input: HTMLInputElement): Chosen[] {
  return tidy([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
}

/** What was dropped on the page, folders walked through. Call it in the event: the browser empties the list after. */
export async function fromDrop(data: DataTransfer): Promise<Chosen[]> {
  const entries = [...data.items].map((item) => (item.kind === "file" ? item.webkitGetAsEntry() : null));
  const found: Chosen[] = [];
  for (const entry of entries) if (entry) await walk(entry, "", found);
  return tidy(found);
}

/** Found files with paths that may be sent, without what systems leave in folders. */
export function tidy(found: Chosen[]): Chosen[] {
  return found.map(({ path, file }) => ({ path: safePath(path), file })).filter(({ path }) => !LITTER.test(path));
}

async function walk(entry: FileSystemEntry, folder: string, found: Chosen[]): Promise<void> {
  const path = folder + entry.name;
  if (entry.isFile) {
    const file = await new Promise<File>((done, failed) => {
      (entry as FileSystemFileEntry).file(done, failed);
    });
    found.push({ path, file });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((done, failed) => {
      reader.readEntries(done, failed);
    });
    if (!some.length) return;
    for (const one of some) await walk(one, `${path}/`, found);
  }
}
