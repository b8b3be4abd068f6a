// Where the worker writes what it unlocked. Each either ends whole or leaves nothing.
import { type SinkChoice, Stopped } from "./messages";
import type { Bytes, SyncHandle, WorkerFile } from "./platform";

export const KEPT_IN = "chartpost-share";
/** A folder of its own: pages that open meanwhile tidy the other one. */
const TRIED_IN = "chartpost-try";
/** Bytes a browser without any other way may hold in memory. */
export const MOST_IN_MEMORY = 256 * 1024 * 1024;

export interface Sink {
  write(bytes: Bytes): Promise<void>;
  /** Ends it whole; a sink in memory gives what it holds. */
  close(): Promise<Blob | undefined>;
  /** Ends it and leaves nothing. */
  abort(): Promise<void>;
}

/** The sink of one file or one zip. */
export async function openSink(choice: Exclude<SinkChoice, { kind: "folder" }>): Promise<Sink> {
  try {
    if (choice.kind === "file") return await FileSink.open(choice.handle);
    if (choice.kind === "opfs") return await OpfsSink.open(choice.key);
    return choice.kind === "port" ? new PortSink(choice.port) : new MemorySink();
  } catch (error) {
    throw roomOr(error);
  }
}

/** The handle of a file below a folder, its folders made as needed. */
export async function fileBelow(folder: FileSystemDirectoryHandle, name: string): Promise<FileSystemFileHandle> {
  const path = name.split("/");
  let place = folder;
  for (const part of path.slice(0, -1)) place = await place.getDirectoryHandle(part, { create: true });
  return await place.getFileHandle(await free(place, path.at(-1) ?? "file"), { create: true });
}

/** A name nothing has yet: what is in the folder already stays. */
async function free(folder: FileSystemDirectoryHandle, wanted: string): Promise<string> {
  const dot = wanted.lastIndexOf(".") > 0 ? wanted.lastIndexOf(".") : wanted.length;
  for (let n = 1; n < 1000; n += 1) {
    const name = n === 1 ? wanted : `${wanted.slice(0, dot)} (${String(n)})${wanted.slice(dot)}`;
    const there = await folder.getFileHandle(name).then(
      () => true,
      (error: unknown) => error instanceof DOMException && error.name === "TypeMismatchError",
    );
    if (!there) return name;
  }
  throw new Stopped("unsaved");
}

/** Chromium says of a disk that takes no more, by chance of time, that a write was aborted. Nobody else aborts one. */
const NO_ROOM = ["QuotaExceededError", "AbortError"];

function roomOr(error: unknown): unknown {
  if (error instanceof Stopped) return error;
  return new Stopped(error instanceof DOMException && NO_ROOM.includes(error.name) ? "full" : "unsaved");
}

/** A file the person chose: written beside it by the browser, put in place when whole. */
export class FileSink implements Sink {
  private constructor(
    private readonly handle: WorkerFile,
    private readonly stream: FileSystemWritableFileStream,
  ) {}

  static async open(handle: FileSystemFileHandle): Promise<FileSink> {
    return new FileSink(handle, await handle.createWritable());
  }

  async write(bytes: Bytes): Promise<void> {
    await this.stream.write(bytes).catch((error: unknown) => {
      throw roomOr(error);
    });
  }

  async close(): Promise<undefined> {
    await this.stream.close().catch((error: unknown) => {
      throw roomOr(error);
    });
  }

  async abort(): Promise<void> {
    await this.stream.abort().catch(() => undefined);
    await this.handle.remove?.().catch(() => undefined);
  }
}

/** A file of the origin's own, handed to the page when whole. */
export class OpfsSink implements Sink {
  private at = 0;

  private constructor(
    private readonly folder: FileSystemDirectoryHandle,
    private readonly key: string,
    private readonly handle: SyncHandle,
  ) {}

  static async open(key: string, place = KEPT_IN): Promise<OpfsSink> {
    const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle(place, { create: true });
    const file: WorkerFile = await folder.getFileHandle(key, { create: true });
    const handle = await file.createSyncAccessHandle?.();
    if (!handle) throw new Stopped("unsaved");
    return new OpfsSink(folder, key, handle);
  }

  write(bytes: Bytes): Promise<void> {
    try {
      if (this.handle.write(bytes, { at: this.at }) !== bytes.length) throw new Stopped("full");
    } catch (error) {
      throw roomOr(error);
    }
    this.at += bytes.length;
    return Promise.resolve();
  }

  close(): Promise<undefined> {
    this.handle.flush();
    this.handle.close();
    return Promise.resolve(undefined);
  }

  async abort(): Promise<void> {
    this.handle.close();
    await this.folder.removeEntry(this.key).catch(() => undefined);
  }
}

/** What goes through the service worker's port: it asks, we give. */
export type PortWord = { chunk: Bytes } | { end: true } | { error: true };
export type PortAsk = { pull: true } | { cancel: true };

/** The browser's own download, fed through the service worker at the speed it asks for. */
export class PortSink implements Sink {
  private asked = 0;
  private cancelled = false;
  private wake: () => void = () => undefined;

  constructor(private readonly port: MessagePort) {
    port.onmessage = ({ data }: MessageEvent<PortAsk>) => {
      if ("cancel" in data) this.cancelled = true;
      else this.asked += 1;
      this.wake();
    };
  }

  async write(bytes: Bytes): Promise<void> {
    await this.turn();
    this.send({ chunk: bytes }, [bytes.buffer]);
  }

  async close(): Promise<undefined> {
    await this.turn();
    this.send({ end: true });
  }

  abort(): Promise<void> {
    this.send({ error: true });
    return Promise.resolve();
  }

  private async turn(): Promise<void> {
    while (this.asked === 0 && !this.cancelled) await new Promise<void>((resolve) => (this.wake = resolve));
    if (this.cancelled) throw new Stopped("cancelled");
    this.asked -= 1;
  }

  private send(word: PortWord, moved: Transferable[] = []): void {
    this.port.postMessage(word, moved);
  }
}

/** The last resort: pieces the browser may put out of memory, joined at the end. */
export class MemorySink implements Sink {
  private pieces: Blob[] = [];
  private size = 0;

  write(bytes: Bytes): Promise<void> {
    this.size += bytes.length;
    if (this.size > MOST_IN_MEMORY * 1.01) throw new Stopped("unsaved");
    this.pieces.push(new Blob([bytes]));
    return Promise.resolve();
  }

  close(): Promise<Blob> {
    return Promise.resolve(new Blob(this.pieces, { type: "application/octet-stream" }));
  }

  abort(): Promise<void> {
    this.pieces = [];
    return Promise.resolve();
  }
}

/** Whether this browser lets a worker keep files of the origin, by trying. */
export async function canKeep(): Promise<boolean> {
  const key = crypto.randomUUID();
  try {
    const sink = await OpfsSink.open(key, TRIED_IN);
    await sink.abort();
    return true;
  } catch {
    return false;
  }
}
