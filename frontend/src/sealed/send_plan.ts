// The parts of an object: which plaintext each needs, and what of it is there already.
import type { Bytes } from "./bytes";
import { CHUNK, fileHash, HEADER, type Message, PART_CHUNKS, SEALED_CHUNK, sealedSize } from "./cps1";
import type { Item } from "./send_types";

const PART = PART_CHUNKS * SEALED_CHUNK;
const BLOCK = PART_CHUNKS * CHUNK;
const MOST_PARTS = 10_000;

/** How many times the usual part one part of an object is: more where it would have over 10,000. */
export function partFactor(sealed: number): number {
  return Math.max(1, Math.ceil(sealed / (PART * MOST_PARTS)));
}

/** One part of an object: ciphertext bytes `from` up to `to`. */
export interface PartOf {
  number: number;
  from: number;
  to: number;
}

/** The parts of an object of `sealed` bytes. */
export function partsOf(sealed: number): PartOf[] {
  const each = PART * partFactor(sealed);
  const count = Math.ceil(sealed / each);
  return Array.from({ length: count }, (_, number) => ({
    number,
    from: number * each,
    to: Math.min(sealed, (number + 1) * each),
  }));
}

/** The chunks that bytes of ciphertext lie in: the first, and the one after the last. */
export function chunksOf(part: PartOf): { first: number; end: number } {
  const first = Math.max(0, Math.floor((part.from - HEADER) / SEALED_CHUNK));
  return { first, end: Math.ceil((part.to - HEADER) / SEALED_CHUNK) };
}

/** The bytes of plaintext, of `size` in all, in the chunks that a part touches; its blocks lie within. */
export function plainOf(part: PartOf, size: number): { from: number; to: number } {
  const { first, end } = chunksOf(part);
  return { from: first * CHUNK, to: Math.min(size, end * CHUNK) };
}

/** How far an item is: digests of its 8 MiB blocks of plaintext by number, and which parts are at the server. */
export class Progressing {
  readonly blocks = new Map<number, Bytes>();
  readonly done = new Set<number>();
  announced: Promise<void> | null = null;
  message: Promise<Message> | null = null;
  parts: PartOf[];

  constructor(readonly item: Item) {
    this.parts = partsOf(sealedSize(item.size));
  }

  get whole(): boolean {
    return this.done.size === this.parts.length;
  }

  /** The blocks of plaintext that part `number` answers for. */
  blocksOf(number: number): number[] {
    const factor = partFactor(sealedSize(this.item.size));
    const count = Math.ceil(this.item.size / BLOCK);
    const first = number * factor;
    return Array.from({ length: Math.max(0, Math.min(count, first + factor) - first) }, (_, at) => first + at);
  }

  /** The hash of the file, once all of it was read. */
  async hash(): Promise<string> {
    const count = Math.ceil(this.item.size / BLOCK);
    const digests = Array.from({ length: count }, (_, number) => this.blocks.get(number));
    return await fileHash(digests.filter((one) => one !== undefined));
  }
}

/** Bytes of block `number` of a file. */
export function blockBounds(number: number, size: number): { from: number; to: number } {
  return { from: number * BLOCK, to: Math.min(size, (number + 1) * BLOCK) };
}
