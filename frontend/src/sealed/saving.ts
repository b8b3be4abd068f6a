// The worker's part of saving: unlocks files one after another into a sink, as they are, as one zip, or into a folder.
import { release } from "./bytes";
import { Control } from "./fetching";
import { type SaveAsk, Stopped } from "./messages";
import type { Opener } from "./opener";
import type { Bytes } from "./platform";
import { fileBelow, openSink, type Sink } from "./sinks";
import { ZipWriter } from "./zip";

const GATHERED = 1024 * 1024;
const NEWS_MS = 100;

export type News = (done: number, total: number, waiting: boolean) => void;

/** What a save came to; `good` counts files that stay although a later one failed. */
export interface Saved {
  blob?: Blob | undefined;
}

/** A save that failed after some files were put in place. */
export class PartlySaved extends Stopped {
  constructor(
    why: Stopped["why"],
    readonly good: number,
  ) {
    super(why);
  }
}

/** Does what was asked; throws Stopped, and PartlySaved when a folder holds whole files already. */
export async function save(ask: SaveAsk, opener: Opener, control: Control, news: News): Promise<Saved> {
  const meter = new Meter(ask, opener, control, news);
  try {
    if (ask.sink.kind === "folder") {
      await toFolder(ask, ask.sink.handle, opener, control, meter);
      return {};
    }
    const sink = await openSink(ask.sink);
    return { blob: await whole(sink, () => fill(ask, sink, opener, control, meter)) };
  } finally {
    meter.stop();
  }
}

/** Fills a sink and closes it, or leaves nothing. */
async function whole(sink: Sink, work: () => Promise<void>): Promise<Blob | undefined> {
  try {
    await work();
    return await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

async function fill(ask: SaveAsk, sink: Sink, opener: Opener, control: Control, meter: Meter): Promise<void> {
  const [only] = ask.files;
  if (ask.files.length === 1 && only !== undefined) {
    await copy(only, opener, control, meter, (bytes) => sink.write(bytes));
    return;
  }
  const gathered = new Gathered(sink);
  const zip = new ZipWriter((bytes) => gathered.write(bytes));
  for (const [n, index] of ask.files.entries()) {
    const { size, mtime } = opener.file(index);
    await zip.begin({ name: ask.names[n] ?? String(index), size, mtime: mtime ?? Date.now() });
    await copy(index, opener, control, meter, (bytes) => zip.write(bytes));
    await zip.end();
  }
  await zip.finish();
  await gathered.flush();
}

async function toFolder(
  ask: SaveAsk,
  folder: FileSystemDirectoryHandle,
  opener: Opener,
  control: Control,
  meter: Meter,
): Promise<void> {
  for (const [n, index] of ask.files.entries()) {
    try {
      const handle = await fileBelow(folder, ask.names[n] ?? String(index));
      const sink = await openSink({ kind: "file", handle });
      await whole(sink, () => copy(index, opener, control, meter, (bytes) => sink.write(bytes)));
    } catch (error) {
      throw new PartlySaved(error instanceof Stopped ? error.why : "unsaved", n);
    }
  }
}

async function copy(
  index: number,
  opener: Opener,
  control: Control,
  meter: Meter,
  write: (bytes: Bytes) => Promise<void>,
): Promise<void> {
  for await (const bytes of opener.plain(index, control)) {
    const size = bytes.length;
    await write(bytes);
    release(bytes);
    meter.add(size);
  }
}

/** Joins small writes, so that a zip of many small files is not many small messages. */
class Gathered {
  private held = new Uint8Array(GATHERED);
  private used = 0;

  constructor(private readonly sink: Sink) {}

  async write(bytes: Bytes): Promise<void> {
    if (bytes.length + this.used > GATHERED) await this.flush();
    if (bytes.length > GATHERED / 2) {
      await this.flush();
      await this.sink.write(bytes);
      return;
    }
    this.held.set(bytes, this.used);
    this.used += bytes.length;
  }

  async flush(): Promise<void> {
    if (!this.used) return;
    await this.sink.write(this.held.slice(0, this.used));
    this.used = 0;
  }
}

/** Tells the page how far it is, ten times a second. */
class Meter {
  private done = 0;
  private readonly timer: ReturnType<typeof setInterval>;
  private readonly tell: () => void;

  constructor(ask: SaveAsk, opener: Opener, control: Control, news: News) {
    const total = ask.files.reduce((sum, index) => sum + opener.file(index).size, 0);
    this.tell = () => {
      news(this.done, total, control.waiting);
    };
    this.timer = setInterval(this.tell, NEWS_MS);
  }

  add(bytes: number): void {
    this.done += bytes;
  }

  stop(): void {
    clearInterval(this.timer);
    this.tell();
  }
}
