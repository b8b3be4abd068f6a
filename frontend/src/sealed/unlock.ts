// Unlocks an object as it arrives: parts of ciphertext in, blocks of 8 MiB plaintext out, each authenticated.
// Hundreds of chunks are under way at once, and the next block is unlocked while the last is written.
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
  if (plainSize(source.size) < 0) throw new Stopped("damaged");
  const under: Promise<Block>[] = [];
  const chunks = new Chunks(unlock);
  for await (const part of partsOf(source, control)) {
    await chunks.add(part);
    for (const block of chunks.full()) under.push(begun(block));
    while (under.length > BLOCKS_AHEAD) yield await next(under);
  }
  under.push(begun(chunks.rest()));
  while (under.length) yield await next(under);
}

function begun(block: Promise<Block>): Promise<Block> {
  block.catch(() => undefined); // awaited later, in its turn
  return block;
}

async function next(under: Promise<Block>[]): Promise<Block> {
  const first = under.shift();
  if (!first) throw new Stopped("failed");
  return await first.catch(() => {
    throw new Stopped("damaged");
  });
}

/** Cuts parts into chunks, also the chunk that lies in two parts. */
class Chunks {
  private open: OpenChunk | null = null;
  private waiting: Bytes[] = [];
  private left: Bytes = new Uint8Array();
  private number = 0;

  constructor(private readonly unlock: Unlock) {}

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
      const joined = new Uint8Array(Math.min(SEALED, this.left.length + part.length));
      joined.set(this.left);
      joined.set(part.subarray(0, missing), this.left.length);
      this.left = new Uint8Array();
      at = Math.min(missing, part.length);
      if (joined.length < SEALED) this.left = joined;
      else this.waiting.push(joined);
    }
    for (; at + SEALED <= part.length; at += SEALED) this.waiting.push(part.subarray(at, at + SEALED));
    if (at < part.length) this.left = part.slice(at);
  }

  *full(): Generator<Promise<Block>> {
    while (this.waiting.length >= IN_BLOCK) yield this.block(this.waiting.splice(0, IN_BLOCK));
  }

  /** What is left, with the last chunk, which is always short. */
  rest(): Promise<Block> {
    return this.block([...this.waiting.splice(0), this.left]);
  }

  private async block(sealed: Bytes[]): Promise<Block> {
    const open = this.open;
    if (!open) throw new Stopped("damaged");
    const from = this.number;
    this.number += sealed.length;
    const size = sealed.reduce((sum, chunk) => sum + chunk.length - 16, 0);
    const plain = new Uint8Array(size);
    await Promise.all(
      sealed.map(async (chunk, n) => {
        plain.set(new Uint8Array(await open(from + n, chunk)), n * CHUNK);
      }),
    );
    return { plain, digest: await crypto.subtle.digest("SHA-256", plain) };
  }
}
