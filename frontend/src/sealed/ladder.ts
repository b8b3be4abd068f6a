// Where a download goes, best first: a file the person picks; the browser's own download through a service worker;
// a file of this origin handed over at the end; memory, up to a bound.
import type { Announced } from "./downloads";
import { SAVE_PATH } from "./downloads";
import { type SinkChoice, Stopped } from "./messages";
import { namesIn, type SavePickers } from "./platform";
import { KEPT_IN, MOST_IN_MEMORY } from "./sinks";
import { scriptAddress } from "./trusted";

export interface Target {
  /** What the file is called; "" for a folder. */
  name: string;
  sink: SinkChoice;
  moved: Transferable[];
  /** Called when the worker saved everything; gives an address to fetch it from, if the person still has to. */
  finish(blob: Blob | undefined): Promise<string>;
  /** Called in any case. */
  end(): void;
  /** Where to go when this one turns out to have no room, though the browser promised it. */
  next?: () => Target;
}

/** Bytes that may always be held in memory. */
const LITTLE = 64 * 1024 * 1024;
const READY_MS = 5000;
const PING_MS = 5000;
const pickers = globalThis as SavePickers;

export function canPickFolder(): boolean {
  return typeof pickers.showDirectoryPicker === "function";
}

/** A target for one file; null when the person closed the picker; RangeError when it is too big for this browser. */
export async function pickTarget(name: string, size: number, opfs: boolean): Promise<Target | null> {
  try {
    const straight = (await picked(name)) ?? (await checkedFirst(name, size, opfs)) ?? (await streamed(name, size));
    return straight ?? (await stored(name, size, opfs)) ?? inMemory(name, size);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

/** A folder to put the files in, or null when the person closed the picker. */
export async function pickFolder(): Promise<Target | null> {
  try {
    const handle = await pickers.showDirectoryPicker?.({ mode: "readwrite", id: "chartpost" });
    return handle ? plainTarget("", { kind: "folder", handle }) : null;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw new Stopped("unsaved");
  }
}

function plainTarget(name: string, sink: SinkChoice, end: () => void = () => undefined): Target {
  return { name, sink, moved: [], finish: () => Promise.resolve(""), end };
}

async function picked(name: string): Promise<Target | null> {
  if (typeof pickers.showSaveFilePicker !== "function") return null;
  try {
    return plainTarget(name, { kind: "file", handle: await pickers.showSaveFilePicker({ suggestedName: name }) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    return null; // not allowed here, as in frames and by some policies of workplaces
  }
}

/** Firefox, told by a property only it knows, leaves an empty file where a stream ends badly: all is checked before. */
async function checkedFirst(name: string, size: number, opfs: boolean): Promise<Target | null> {
  if (!CSS.supports("-moz-appearance", "none")) return null;
  return size <= LITTLE ? inMemory(name, size) : await stored(name, size, opfs);
}

/** Safari, told by a font only it knows, loses long streams of service workers: it goes one step down. */
function streamsWell(): boolean {
  return "serviceWorker" in navigator && !CSS.supports("font", "-apple-system-body");
}

async function streamed(name: string, size: number): Promise<Target | null> {
  const worker = streamsWell() ? await serviceWorker() : null;
  if (!worker) return null;
  const channel = new MessageChannel();
  const answer = new MessageChannel();
  const address = `${SAVE_PATH}${crypto.randomUUID()}`;
  const announced: Announced = { address, name, size };
  const ready = new Promise<boolean>((resolve) => {
    answer.port1.onmessage = () => { resolve(true); };
    setTimeout(() => { resolve(false); }, READY_MS);
  });
  worker.postMessage(announced, [channel.port1, answer.port2]);
  if (!(await ready)) return null;
  const ping = setInterval(() => { worker.postMessage("ping"); }, PING_MS);
  const end = (): void => { setTimeout(() => { clearInterval(ping); }, 2 * PING_MS); };
  press(address); // a plain link: one marked as a download would pass by the service worker
  return { ...plainTarget(name, { kind: "port", port: channel.port2 }, end), moved: [channel.port2] };
}

async function serviceWorker(): Promise<ServiceWorker | null> {
  try {
    const script = scriptAddress("/s/sw.js");
    const registered = await navigator.serviceWorker.register(script, { scope: "/s/", updateViaCache: "none" });
    const worker = registered.active ?? registered.waiting ?? registered.installing;
    return worker && (await active(worker)) ? worker : null;
  } catch {
    return null; // private windows of some browsers have none
  }
}

async function active(worker: ServiceWorker): Promise<boolean> {
  return await new Promise((resolve) => {
    const look = (): void => {
      if (worker.state === "activated") resolve(true);
      if (worker.state === "redundant") resolve(false);
    };
    worker.addEventListener("statechange", look);
    setTimeout(() => { resolve(false); }, READY_MS);
    look();
  });
}

async function stored(name: string, size: number, opfs: boolean): Promise<Target | null> {
  if (!opfs) return null;
  const { quota = 0, usage = 0 } = await navigator.storage.estimate();
  if (size > quota - usage) return null;
  const key = crypto.randomUUID();
  let release: () => void = () => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await new Promise<void>((locked) => {
    void navigator.locks.request(`${KEPT_IN}/${key}`, () => {
      locked();
      return held;
    });
  });
  const finish = async (): Promise<string> => {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(KEPT_IN);
    return offer(await (await folder.getFileHandle(key)).getFile(), name);
  };
  addEventListener("pagehide", () => { release(); });
  const target = { ...plainTarget(name, { kind: "opfs", key }), finish };
  return size > MOST_IN_MEMORY ? target : { ...target, next: () => inMemory(name, size) };
}

function inMemory(name: string, size: number): Target {
  if (size > MOST_IN_MEMORY) throw new RangeError("too big");
  return { ...plainTarget(name, { kind: "memory" }), finish: (blob) => Promise.resolve(blob ? offer(blob, name) : "") };
}

/** Starts the download of something whole; its address stays good while the page is open. */
function offer(blob: Blob, name: string): string {
  const address = URL.createObjectURL(blob);
  press(address, name);
  return address;
}

function press(address: string, name?: string): void {
  const link = document.createElement("a");
  link.href = address;
  if (name !== undefined) link.download = name;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Removes what earlier pages kept for handing over and no open page still needs. */
export async function tidy(): Promise<void> {
  const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(KEPT_IN, { create: true });
  const held = new Set((await navigator.locks.query()).held?.map((lock) => lock.name));
  for await (const key of namesIn(folder)) {
    if (!held.has(`${KEPT_IN}/${key}`)) await folder.removeEntry(key).catch(() => undefined);
  }
}
