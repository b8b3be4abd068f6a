// Unlocks an object as it arrives: parts of ciphertext in, blocks of 8 MiB plaintext out, each authenticated.
// Hundreds of chunks are under way at once, and the next block is unlocked while the last is written. Whoever takes a
// block releases it; nothing else of what was used stays.
import { cat, release } from "./bytes";
import type { Control, Source } from "./fetching";
import { partsOf } from "./fetching";
import { Stopped } from "./messages";
import type { Bytes } from "./platform";

export const CHUNK = 16_384;
const SEALED = CHUNK + 16;
const HEADER = 56;
const IN_BLOCK = 512;
const BLOCKS_AHEAD = 2;

/** Opens one chunk of the object by its number; rejects for anything but what the sender sealed there. */
export type OpenChunk = (number: number, sealed: Bytes) => Promise<ArrayBuffer>;
/** Makes that of an object's first 56 bytes; rejects for another key, object or context. */
export type Unlock = (header: Bytes) => Promise<OpenChunk>;

export interface Block {
  plain: Bytes;
  /** SHA-256. */
  digest: ArrayBuffer;
}

/** Bytes of plaintext in an object of `sealed` bytes; -1 for a length no object has. */
export function plainSize(sealed: number): number {
  const rest = (sealed - HEADER) % SEALED;
  if (sealed < HEADER + 16 || rest < 16) return -1;
  return Math.floor((sealed - HEADER) / SEALED) * CHUNK + rest - 16;
}

/** The blocks of an object in order; throws Stopped, `damaged` for whatever was changed, cut or swapped. */
export async function* blocksOf(source: Source, unlock: Unlock, control: Control): AsyncGenerator<Block> {
  const size = plainSize(source.size);
  if (size < 0) throw new Stopped("damaged");
  const chunks = new Chunks(unlock, size);
  for await (const part of partsOf(source, control)) {
    await chunks.add(part);
    release(part);
    while (chunks.full > BLOCKS_AHEAD) yield await chunks.next();
  }
  chunks.end();
  while (chunks.full) yield await chunks.next();
}

/** Cuts parts into chunks, also the chunk that lies in two parts, and begins to unlock each at once. */
class Chunks {
  private open: OpenChunk | null = null;
  private left: Bytes = new Uint8Array();
  private number = 0;
  private filling: Filling | null = null;
  private readonly filled: Promise<Block>[] = [];

  constructor(
    private readonly unlock: Unlock,
    private readonly size: number,
  ) {}

  /** How many blocks got all of their chunks. */
  get full(): number {
    return this.filled.length;
  }

  /** Takes the next part; what it holds is not needed afterwards, since WebCrypto takes copies. */
  async add(part: Bytes): Promise<void> {
    let at = 0;
    if (!this.open) {
      this.open = await this.unlock(part.slice(0, HEADER)).catch(() => {
        throw new Stopped("damaged");
      });
      at = HEADER;
    }
    if (this.left.length) {
      const missing = SEALED - this.left.length;
      const joined = cat(this.left, part.subarray(0, missing));
      this.left = new Uint8Array();
      at = Math.min(missing, part.length);
      if (joined.length < SEALED) this.left = joined;
      else this.begin(joined);
    }
    for (; at + SEALED <= part.length; at += SEALED) this.begin(part.subarray(at, at + SEALED));
    if (at < part.length) this.left = part.slice(at);
  }

  /** Begins with the last chunk, which is always short. */
  end(): void {
    this.begin(this.left);
    this.finish();
  }

  /** The next block; throws Stopped. */
  async next(): Promise<Block> {
    const first = this.filled.shift();
    if (!first) throw new Stopped("failed");
    return await first;
  }

  private begin(sealed: Bytes): void {
    if (!this.open) throw new Stopped("damaged");
    const place = this.number % IN_BLOCK;
    const from = (this.number - place) * CHUNK;
    this.filling ??= new Filling(Math.min(IN_BLOCK * CHUNK, this.size - from));
    this.filling.add(this.open(this.number, sealed), place * CHUNK);
    this.number += 1;
    if (place === IN_BLOCK - 1) this.finish();
  }

  private finish(): void {
    const block = this.filling?.done();
    block?.catch(() => undefined); // awaited later, in its turn
    if (block) this.filled.push(block);
    this.filling = null;
  }
}

/** A block whose chunks come in. */
class Filling {
  private readonly plain: Bytes;
  private readonly under: Promise<void>[] = [];
  private damaged = false;

  constructor(size: number) {
    this.plain = new Uint8Array(size);
  }

  add(opened: Promise<ArrayBuffer>, at: number): void {
    this.under.push(this.put(opened, at));
  }

  /** The block, once all of it is there. */
  async done(): Promise<Block> {
    await Promise.all(this.under);
    if (this.damaged) throw new Stopped("damaged");
    return { plain: this.plain, digest: await crypto.subtle.digest("SHA-256", this.plain) };
  }

  private async put(opened: Promise<ArrayBuffer>, at: number): Promise<void> {
    try {
      const chunk = await opened;
      this.plain.set(new Uint8Array(chunk), at);
      release(chunk);
    } catch {
      this.damaged = true; // told in its turn
    }
  }
}
