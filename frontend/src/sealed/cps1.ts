// CPS1, the format of sealed shares, on WebCrypto alone; docs/sealed-format.md is its description and
// docs/sealed-format-vectors.json its test. The Python twin is chartpost.formats.sealedbox.
import { aesKey, b64u, big, type Bytes, cat, hkdf, hmac, openSmall, release, same, sealSmall } from "./bytes";
import { sha256, unb64u, utf8 } from "./bytes";
import { derive } from "./kdf";

export { b64u, type Bytes, newId, random, unb64u } from "./bytes";
export { ARGON2_DEFAULT, derive, ParamsError, PBKDF2_DEFAULT } from "./kdf";
export * from "./manifest";

export const CHUNK = 16_384;
export const SEALED_CHUNK = CHUNK + 16;
export const HEADER = 56;
export const PART_CHUNKS = 512;
const ROOT = "chartpost/share/v1/";
const MESSAGE = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
const MOST_CHUNKS = 2 ** 38;
const AT_ONCE = 64;

/** Bytes that are not the whole, unchanged object, or a key that does not fit. */
export class BoxError extends Error {}

// Links and keys.

/** The link of one recipient. */
export function linkOf(origin: string, recipient: string, secret: Bytes): string {
  return `${origin}/s/${recipient}#1.${b64u(secret)}`;
}

/** What link and password of one recipient give: `auth` goes to the server, the others never do. */
export interface RecipientKeys {
  recipient: string;
  auth: Bytes;
  wrap: Bytes;
  receipt: Bytes;
}

/** The keys of a recipient from the key of their password; `secret` is the link's 32 bytes. */
export async function recipientKeys(
  secret: Bytes,
  passwordKey: Bytes,
  salt: Bytes,
  recipient: string,
): Promise<RecipientKeys> {
  if (secret.length !== 32 || passwordKey.length !== 32) throw new BoxError("keys of another length");
  const of = (label: string): Promise<Bytes> => hkdf(cat(secret, passwordKey), salt, `${ROOT}${label}/${recipient}`);
  const [auth, wrap, receipt] = await Promise.all([of("auth"), of("wrap"), of("receipt")]);
  return { recipient, auth, wrap, receipt };
}

/** The keys of a recipient from their password: takes a good part of a second. Throws ParamsError. */
export async function keysFor(
  secret: Bytes,
  password: string,
  salt: Bytes,
  params: string,
  recipient: string,
): Promise<RecipientKeys> {
  return await recipientKeys(secret, await derive(password, salt, params), salt, recipient);
}

/** What the server stores to know `auth` by. */
export function verifierOf(keys: RecipientKeys): Promise<Bytes> {
  return sha256(keys.auth);
}

/** The share key under `keys.wrap`, 60 bytes. `nonce` is random unless a vector fixes it. */
export function wrapShareKey(keys: RecipientKeys, shareKey: Bytes, params: string, nonce?: Bytes): Promise<Bytes> {
  return sealSmall(keys.wrap, shareKey, `${ROOT}wrap/${keys.recipient}/${params}`, nonce);
}

/** The share key; throws for another recipient, other parameters or changed bytes. */
export async function unwrapShareKey(keys: RecipientKeys, wrapped: Bytes, params: string): Promise<Bytes> {
  const key = await openSmall(keys.wrap, wrapped, `${ROOT}wrap/${keys.recipient}/${params}`);
  if (key.length !== 32) throw new BoxError("a share key of another length");
  return key;
}

// Receipts. `manifest` is the plaintext of object 0 as padded.

/** What a reader posts after everything was decrypted: `opened` for the server, `mac` for the sender. */
export async function receiptOf(
  keys: RecipientKeys,
  grant: string,
  manifest: Bytes,
): Promise<{ opened: string; mac: string }> {
  const hash = await sha256(manifest);
  const opened = await hmac("SHA-256", keys.receipt, cat(utf8("opened"), hash));
  return { opened: b64u(opened), mac: b64u(await hmac("SHA-256", keys.receipt, cat(utf8(grant), hash))) };
}

/** What a sender registers, so that the server knows the proof when it sees it. */
export async function receiptCheck(keys: RecipientKeys, manifest: Bytes): Promise<Bytes> {
  return await sha256(await hmac("SHA-256", keys.receipt, cat(utf8("opened"), await sha256(manifest))));
}

// Objects.

/** The keys of one object, ready for its chunks. */
export class Message {
  private constructor(
    readonly header: Bytes,
    private readonly key: CryptoKey,
    private readonly base: Bytes,
  ) {}

  /** For sealing: the same share key, place, ids and `salt` (24 bytes) give the same bytes again. */
  static async make(shareKey: Bytes, share: string, index: number, object: string, salt: Bytes): Promise<Message> {
    if (salt.length !== 24) throw new BoxError("a salt of another length");
    const key = await hkdf(shareKey, new Uint8Array(), `${ROOT}obj/${String(index)}`);
    const context = cat(utf8("CPS1"), unb64u(share, 16), big(index, 4), unb64u(object, 16));
    const info = cat(utf8(MESSAGE), salt, context);
    const first = await hmac("SHA-512", key, cat(info, Uint8Array.of(1)));
    const out = cat(first, await hmac("SHA-512", key, cat(first, info, Uint8Array.of(2))));
    return new Message(cat(salt, out.subarray(44, 76)), await aesKey(out.slice(0, 32)), out.slice(32, 44));
  }

  /** For opening: from an object's first 56 bytes; throws BoxError for another key, place or id. */
  static async of(shareKey: Bytes, share: string, index: number, object: string, header: Bytes): Promise<Message> {
    if (header.length !== HEADER) throw new BoxError("an object without its beginning");
    const made = await Message.make(shareKey, share, index, object, header.slice(0, 24));
    if (!same(made.header, header)) throw new BoxError("the object belongs elsewhere, or its beginning was changed");
    return made;
  }

  /** Seals chunk `number`: 16,384 bytes, the last chunk fewer. */
  seal(number: number, plain: Bytes): Promise<ArrayBuffer> {
    return crypto.subtle.encrypt({ name: "AES-GCM", iv: this.nonce(number) }, this.key, plain);
  }

  /** Opens chunk `number`; rejects for anything but what was sealed there. */
  open(number: number, sealed: Bytes): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt({ name: "AES-GCM", iv: this.nonce(number) }, this.key, sealed);
  }

  /** Seals a run of chunks from number `first` on, all at once; with `last`, the short last chunk too. */
  async sealRun(first: number, plain: ArrayBuffer | Bytes, last: boolean): Promise<ArrayBuffer> {
    const into = new Uint8Array(plain.byteLength + 16 * runLength(plain.byteLength, last));
    await this.sealEach(first, plain, last, (sealed, n) => { into.set(sealed, n * SEALED_CHUNK); });
    return into.buffer;
  }

  /** The same, but hands over each sealed chunk of the run, counted from 0, as it comes; it is gone afterwards. */
  async sealEach(
    first: number,
    plain: ArrayBuffer | Bytes,
    last: boolean,
    take: (sealed: Bytes, n: number) => void,
  ): Promise<void> {
    const from = plain instanceof ArrayBuffer ? new Uint8Array(plain) : plain;
    await each(runLength(from.length, last), async (n) => {
      const sealed = await this.seal(first + n, from.subarray(n * CHUNK, (n + 1) * CHUNK));
      take(new Uint8Array(sealed), n);
      release(sealed);
    });
  }

  /** Opens a run of chunks from number `first` on; with `last`, it ends with the short last chunk. Throws BoxError. */
  async openRun(first: number, sealed: ArrayBuffer | Bytes, last: boolean): Promise<ArrayBuffer> {
    const from = sealed instanceof ArrayBuffer ? new Uint8Array(sealed) : sealed;
    const rest = from.length % SEALED_CHUNK;
    if (last ? rest < 16 : rest) throw new BoxError("the object was cut");
    const count = Math.ceil(from.length / SEALED_CHUNK);
    const into = new Uint8Array(from.length - 16 * count);
    await each(count, async (n) => {
      const plain = await this.open(first + n, from.subarray(n * SEALED_CHUNK, (n + 1) * SEALED_CHUNK)).catch(() => {
        throw new BoxError("a chunk was changed or moved");
      });
      into.set(new Uint8Array(plain), n * CHUNK);
      release(plain);
    });
    return into.buffer;
  }

  private nonce(number: number): Bytes {
    if (!(number >= 0 && number < MOST_CHUNKS)) throw new BoxError("a chunk number outside the format");
    const nonce = this.base.slice();
    for (let at = 11, left = number; left > 0; at -= 1, left = Math.floor(left / 256)) {
      nonce[at] = (nonce[at] ?? 0) ^ (left % 256);
    }
    return nonce;
  }
}

/** Opens chunks of an object by number, once its header is there; rejects like `Message.of`. */
export async function chunkOpener(
  shareKey: Bytes,
  share: string,
  index: number,
  object: string,
  header: Bytes,
): Promise<(number: number, sealed: Bytes) => Promise<ArrayBuffer>> {
  const message = await Message.of(shareKey, share, index, object, header);
  return (number, sealed) => message.open(number, sealed);
}

/** A small object whole, such as a manifest. */
export async function sealWhole(message: Message, plain: Bytes): Promise<Bytes> {
  return cat(message.header, new Uint8Array(await message.sealRun(0, plain, true)));
}

/** The plaintext of a small object; throws BoxError. */
export async function openWhole(
  shareKey: Bytes,
  share: string,
  index: number,
  object: string,
  sealed: Bytes,
): Promise<Bytes> {
  const message = await Message.of(shareKey, share, index, object, sealed.slice(0, HEADER));
  return new Uint8Array(await message.openRun(0, sealed.subarray(HEADER), true));
}

/** The hash of a file: SHA-256 over the SHA-256 digests of its 8 MiB parts. */
export async function fileHash(digests: readonly (ArrayBuffer | Bytes)[]): Promise<string> {
  return b64u(await sha256(cat(...digests.map((one) => new Uint8Array(one)))));
}

/** How many chunks a run of plaintext has; throws BoxError unless all but the last are whole. */
function runLength(size: number, last: boolean): number {
  const count = last ? Math.floor(size / CHUNK) + 1 : size / CHUNK;
  if (!Number.isInteger(count)) throw new BoxError("a run of whole chunks was expected");
  return count;
}

// Many at once: browsers queue them, and one at a time would leave their threads idle between two chunks. Not all: of
// each that waits the browser holds a copy.
async function each(count: number, run: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const row = async (): Promise<void> => {
    while (next < count) await run(next++);
  };
  await Promise.all(Array.from({ length: Math.min(count, AT_ONCE) }, row));
}
