// Seals and sends a transfer: reads a part, seals it, compares it with what was sealed before, sends it; four at once.
// Another plaintext never goes under an old salt (docs/sealed-format.md): every digest is noted before its bytes leave,
// and a part that comes out different on a second try makes the object start again under a new salt and id.
import { b64u, type Bytes, copied, newId, release, sha256 } from "./bytes";
import { sealedSize } from "./cps1";
import { blockBounds, partFactor, type PartOf, plainOf, Progressing } from "./send_plan";
import type { Blobs } from "./send_read";
import { linkFor, listOf, messageOf, newSalt, sealPart } from "./send_seal";
import type { Store } from "./send_store";
import type { Item, News, Send } from "./send_types";
import { type Held, Line, Refusal } from "./upload";

const AT_ONCE = 4;
const TELL_MS = 100;

/** A part that is not what it was under the same salt. */
class Changed extends Error {}

/** One transfer in this worker. `run` may be called again after it was stopped: it goes on where it was. */
export class Engine {
  private items: Progressing[];
  private held = new Map<string, Held>();
  private flying = new Map<string, number>();
  private told = 0;
  private sealing: Promise<unknown> = Promise.resolve();
  private line: Line;

  constructor(
    private send: Send,
    private readonly blobs: Blobs,
    private readonly store: Store | null,
    private readonly tell: (news: News) => void,
  ) {
    this.items = send.items.map((item) => new Progressing(item));
    this.line = new Line(send.share, send.token, (waiting) => {
      tell({ is: "state", state: waiting ? "waiting" : "working" });
    });
  }

  /** The transfer as it is kept now. */
  get now(): Send {
    return this.send;
  }

  /** Everything that is left to do; throws Refusal, Unreadable, or what `signal` was aborted with. */
  async run(signal: AbortSignal): Promise<Send> {
    const now = await this.line.held(signal);
    this.held = new Map(now.objects.map((one) => [one.object, one]));
    if (now.state === "ready") this.send.stage = "ready";
    if (this.send.stage === "files") await this.files(signal);
    if (this.send.stage === "links") await this.links(signal, new Set(now.recipients.map((one) => one.recipient)));
    return this.send;
  }

  /** Takes the share back. */
  async cancel(signal: AbortSignal): Promise<void> {
    await this.line.json("DELETE", "", null, signal);
    await this.store?.drop(this.send.share);
  }

  // The files.

  private async files(signal: AbortSignal): Promise<void> {
    await this.measure();
    while (this.items.some((one) => !one.whole)) await this.pass(signal);
    const hashes = await Promise.all(this.items.map((one) => one.hash()));
    await this.keep({ hashes, stage: "links" });
  }

  /** Takes the sizes from the files themselves; an object announced with another size starts again. */
  private async measure(): Promise<void> {
    for (const [at, one] of this.items.entries()) {
      const size = this.blobs.sizeOf(one.item.path);
      if (size !== one.item.size) await this.renew(at, size, one.item.size >= 0 && this.held.has(one.item.object));
    }
    await this.store?.put(this.send);
    this.progress(true);
  }

  /** Goes once through all parts that are not there. */
  private async pass(signal: AbortSignal): Promise<void> {
    const work = this.left();
    const ending = new AbortController();
    const both = AbortSignal.any([signal, ending.signal]);
    const run = async (): Promise<void> => {
      for (let next = work.next(); !next.done && !both.aborted; next = work.next()) {
        const [at, part] = next.value;
        await this.part(at, part, both);
      }
    };
    try {
      await Promise.all(Array.from({ length: this.lanes() }, run));
    } catch (error) {
      ending.abort(error);
      if (!(error instanceof Failed) || !(error.cause instanceof Changed)) throw error instanceof Failed ? error.cause : error;
      await this.renew(error.at, this.blobs.sizeOf(this.send.items[error.at]?.path ?? ""), true, signal);
    }
    signal.throwIfAborted();
  }

  /** Fewer at once where parts are larger, so that memory does not grow with the files. */
  private lanes(): number {
    const largest = this.items.reduce((most, one) => Math.max(most, partFactor(sealedSize(one.item.size))), 1);
    return Math.max(1, Math.floor(AT_ONCE / largest));
  }

  private *left(): Generator<[number, PartOf]> {
    for (const [at, one] of this.items.entries()) {
      for (const part of one.parts) if (!one.done.has(part.number)) yield [at, part];
    }
  }

  private async part(at: number, part: PartOf, signal: AbortSignal): Promise<void> {
    const one = this.items[at];
    if (!one) return;
    try {
      one.announced ??= this.announce(one, signal);
      await one.announced;
      const sealed = await this.inTurn(() => this.sealed(one, part), signal);
      await this.put(one.item, part, sealed, signal).finally(() => { release(sealed); });
      one.done.add(part.number);
      this.progress();
    } catch (error) {
      if (error instanceof Refusal && error.code === "part_differs") throw new Failed(at, new Changed());
      throw new Failed(at, error);
    }
  }

  /** One part is read and sealed after the other, while others are on their way: all threads work on each as it is. */
  private inTurn<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    const done = this.sealing.then(() => {
      signal.throwIfAborted();
      return work();
    });
    this.sealing = done.catch(() => undefined);
    return done;
  }

  /** A part, sealed; the digests of its blocks are kept. */
  private async sealed(one: Progressing, part: PartOf): Promise<Bytes> {
    const { from, to } = plainOf(part, one.item.size);
    const plain = await this.blobs.reader(one.item.path)(from, to);
    for (const number of one.blocksOf(part.number)) {
      const block = blockBounds(number, one.item.size);
      one.blocks.set(number, await sha256(plain.subarray(block.from - from, block.to - from)));
    }
    one.message ??= messageOf(this.send, one.item);
    const sealed = await sealPart(await one.message, part, one.item.size, plain);
    release(plain);
    return sealed;
  }

  private async announce(item: Progressing, signal: AbortSignal): Promise<void> {
    const { object, index, size } = item.item;
    try {
      await this.line.json("POST", "/objects", { object, index, size: sealedSize(size) }, signal);
    } catch (error) {
      item.announced = null;
      throw error;
    }
  }

  /** Sends a sealed part unless it is there. Its digest is noted first; one noted before must be the same. */
  private async put(
    object: { object: string },
    part: PartOf,
    sealed: Bytes,
    signal: AbortSignal,
  ): Promise<void> {
    const digest = await sha256(sealed);
    const text = b64u(digest);
    const there = this.held.get(object.object)?.parts.find(([number]) => number === part.number);
    const noted = await this.store?.part(this.send.share, object.object, part.number);
    if ((there?.[1] ?? noted ?? text) !== text) throw new Changed();
    if (there) return;
    await this.store?.note(this.send.share, object.object, part.number, text);
    signal.throwIfAborted();
    const key = `${object.object}/${String(part.number)}`;
    const sending = { object: object.object, number: part.number, bytes: sealed.buffer, digest };
    try {
      copied(sealed.length);
      await this.line.part(sending, typeof noted === "string", signal, (sent) => {
        this.flying.set(key, sent);
        this.progress();
      });
    } finally {
      this.flying.delete(key);
    }
  }

  /** Gives an item a new object, salt and size; nothing of the old one is used again. */
  private async renew(at: number, size: number, there: boolean, signal?: AbortSignal): Promise<void> {
    const old = this.send.items[at];
    if (!old) return;
    if (there) await this.line.json("DELETE", `/objects/${old.object}`, null, signal ?? AbortSignal.timeout(60_000));
    const item: Item = { ...old, size, object: newId(), salt: newSalt() };
    const items = this.send.items.with(at, item);
    this.items[at] = new Progressing(item);
    await this.keep({ items });
  }

  // The list of files, the links, the end.

  private async links(signal: AbortSignal, there: ReadonlySet<string>): Promise<void> {
    const list = listOf(this.send);
    const item = { ...this.send.list, index: 0, size: list.length, path: "", name: "", mtime: 0, type: "" };
    const one = new Progressing(item);
    await this.announce(one, signal);
    const message = await messageOf(this.send, item);
    for (const part of one.parts) {
      const { from, to } = plainOf(part, list.length);
      await this.put(item, part, await sealPart(message, part, list.length, list.subarray(from, to)), signal);
    }
    for (const [at, person] of this.send.people.entries()) {
      if (there.has(person.recipient)) continue;
      const ask = await linkFor(this.send, person, list);
      await this.once(() => this.line.json("POST", "/recipients", { ...ask, label: String(at + 1) }, signal));
    }
    const { into } = this.send;
    await this.line.json("POST", "/complete", into ? { sealed_key: into.sealedKey } : {}, signal);
    await this.keep({ stage: "ready", listed: this.send.keep ? b64u(list) : "" });
  }

  /** An ask whose id may be taken because its answer was lost. */
  private async once(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      if (!(error instanceof Refusal && error.status === 409 && error.code === "taken")) throw error;
    }
  }

  private async keep(change: Partial<Send>): Promise<void> {
    this.send = { ...this.send, ...change };
    await this.store?.put(this.send);
  }

  private progress(now = false): void {
    if (!now && performance.now() - this.told < TELL_MS) return;
    this.told = performance.now();
    let [done, total, files] = [0, 0, 0];
    for (const one of this.items) {
      total += sealedSize(one.item.size);
      files += one.whole ? 1 : 0;
      for (const part of one.parts) done += one.done.has(part.number) ? part.to - part.from : 0;
    }
    for (const sent of this.flying.values()) done += sent;
    this.tell({ is: "progress", done: Math.min(done, total), total, files });
  }
}

/** Which item an error is about. */
export class Failed extends Error {
  constructor(
    readonly at: number,
    override readonly cause: unknown,
  ) {
    super("A part failed.");
  }
}
