// A box (records.cps): sealed files on a stick or a disc, read in pieces from a file somebody chose, and opened with a
// password alone. docs/sealed-format.md describes it; the Python twin is chartpost.formats.media.
import { type Bytes, isId, release, unb64u } from "./bytes";
import * as cps1 from "./cps1";
import type { Control } from "./fetching";
import { parseParams } from "./kdf";
import { Stopped } from "./messages";
import { plainSize } from "./unlock";

const MAGIC = "CPS1BOX\n";
const PREFIX = MAGIC.length + 4;
const HEAD_LIMIT = 16 * 1024 * 1024;
const MOST_LISTED = 128 * 1024 * 1024;
const WRAPPED = 60;
const BLOCK = cps1.PART_CHUNKS * cps1.SEALED_CHUNK;
/** A box has no link: zeros stand in the place of its secret. */
const NO_LINK = new Uint8Array(32);

/** Why a box does not open. */
export type BoxRefusal = "no-box" | "cut" | "wrong" | "changed";

export class BoxRefused extends Error {
  constructor(readonly why: BoxRefusal) {
    super(why);
  }
}

interface Head {
  share: string;
  recipient: string;
  params: string;
  salt: Bytes;
  wrapped: Bytes;
  objects: { object: string; size: number; at: number }[];
}

/** An open box. Reads like an open share: `file` and `plain`. */
export class Box {
  private constructor(
    private readonly blob: Blob,
    private readonly head: Head,
    private readonly key: Bytes,
    readonly list: cps1.Manifest,
  ) {}

  /** Opens a box; throws BoxRefused. */
  static async open(blob: Blob, password: string): Promise<Box> {
    const head = await readHead(blob);
    const keys = await cps1.keysFor(NO_LINK, password, head.salt, head.params, head.recipient);
    const key = await cps1.unwrapShareKey(keys, head.wrapped, head.params).catch(() => {
      throw new BoxRefused("wrong");
    });
    try {
      return new Box(blob, head, key, await readList(blob, head, key));
    } catch {
      throw new BoxRefused("changed");
    }
  }

  /** An entry of the list, by its index; throws Stopped. */
  file(index: number): cps1.FileEntry {
    const found = this.list.files.find((one) => one.index === index);
    if (!found) throw new Stopped("failed");
    return found;
  }

  /** The bytes of a file in order; ends without an error only when every byte is what was sealed. */
  async *plain(index: number, control: Control): AsyncGenerator<Bytes> {
    const digests: ArrayBuffer[] = [];
    for await (const bytes of this.blocks(index, control)) {
      if (bytes.length) digests.push(await crypto.subtle.digest("SHA-256", bytes));
      yield bytes;
    }
    if ((await cps1.fileHash(digests)) !== this.file(index).hash) throw new Stopped("damaged");
  }

  private async *blocks(index: number, control: Control): AsyncGenerator<Bytes> {
    for await (const bytes of blocksOf(this.blob, this.head, this.key, index)) {
      await control.pass();
      yield bytes;
    }
  }
}

async function readList(blob: Blob, head: Head, key: Bytes): Promise<cps1.Manifest> {
  const pieces: Bytes[] = [];
  for await (const bytes of blocksOf(blob, head, key, 0)) pieces.push(bytes);
  const list = cps1.parseManifest(new Uint8Array(await new Blob(pieces).arrayBuffer()));
  cps1.checkParams(list, head.recipient, head.params);
  const fits = list.files.every((file) => {
    const listed = head.objects[file.index];
    return listed?.object === file.object && listed.size === file.sealed_size;
  });
  if (!fits || list.files.length !== head.objects.length - 1) throw new BoxRefused("changed");
  return list;
}

/** The opened blocks of an object, 8 MiB each; throws Stopped, `damaged` for whatever was changed, cut or swapped. */
async function* blocksOf(blob: Blob, head: Head, key: Bytes, index: number): AsyncGenerator<Bytes> {
  const place = head.objects[index];
  if (!place) throw new Stopped("damaged");
  const { object, at, size } = place;
  const begin = await slice(blob, at, cps1.HEADER);
  const message = await cps1.Message.of(key, head.share, index, object, begin).catch(damaged);
  for (let from = cps1.HEADER, chunk = 0; ; from += BLOCK, chunk += cps1.PART_CHUNKS) {
    // A last chunk is never full, so an object that ends with a block has one more, which may hold nothing.
    const last = size - from < BLOCK;
    const sealed = await slice(blob, at + from, Math.min(BLOCK, size - from));
    const plain = await message.openRun(chunk, sealed, last).catch(damaged);
    release(sealed);
    yield new Uint8Array(plain);
    if (last) return;
  }
}

function damaged(): never {
  throw new Stopped("damaged");
}

async function slice(blob: Blob, at: number, length: number): Promise<Bytes> {
  const bytes = new Uint8Array(await blob.slice(at, at + length).arrayBuffer().catch(unreadable));
  if (bytes.length !== length) throw new Stopped("damaged");
  return bytes;
}

/** A stick that was pulled out, or a file that changed since it was chosen. */
function unreadable(): never {
  throw new Stopped("lost");
}

/** Reads the public beginning; throws BoxRefused. */
async function readHead(blob: Blob): Promise<Head> {
  const prefix = new Uint8Array(await blob.slice(0, PREFIX).arrayBuffer());
  const magic = new TextDecoder("latin1").decode(prefix.subarray(0, MAGIC.length));
  if (prefix.length < PREFIX || magic !== MAGIC) throw new BoxRefused("no-box");
  const length = new DataView(prefix.buffer).getUint32(MAGIC.length);
  if (length < 1 || length > HEAD_LIMIT) throw new BoxRefused("no-box");
  if (blob.size < PREFIX + length) throw new BoxRefused("cut");
  let head: Head;
  try {
    head = parseHead(await blob.slice(PREFIX, PREFIX + length).text(), PREFIX + length);
  } catch {
    throw new BoxRefused("changed");
  }
  const end = head.objects.reduce((sum, one) => sum + one.size, PREFIX + length);
  if (blob.size !== end) throw new BoxRefused(blob.size < end ? "cut" : "changed");
  return head;
}

function parseHead(text: string, start: number): Head {
  const value = JSON.parse(text) as Record<string, unknown>;
  const { v, share, recipient, params, salt, wrapped, objects } = value;
  if (v !== 1 || !isId(share) || !isId(recipient) || typeof params !== "string") throw new BoxRefused("changed");
  if (typeof salt !== "string" || typeof wrapped !== "string" || !Array.isArray(objects)) throw new BoxRefused("changed");
  parseParams(params);
  let at = start;
  const places = (objects as unknown[]).map((one) => {
    const [object, size] = Array.isArray(one) ? (one as unknown[]) : [];
    if (!isId(object) || !Number.isSafeInteger(size) || plainSize(size as number) < 0) throw new BoxRefused("changed");
    const place = { object, size: size as number, at };
    at += place.size;
    return place;
  });
  if (!places[0] || places[0].size > MOST_LISTED) throw new BoxRefused("changed");
  return { share, recipient, params, salt: unb64u(salt, 16), wrapped: unb64u(wrapped, WRAPPED), objects: places };
}
