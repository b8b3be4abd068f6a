// Where a transfer meets the format: parts of objects sealed, the list of files, the links of people.
import { type Bytes, b64u, random, unb64u } from "./bytes";
import {
  HEADER,
  type Manifest,
  Message,
  PBKDF2_DEFAULT,
  SEALED_CHUNK,
  keysFor,
  receiptCheck,
  renderManifest,
  sealedSize,
  verifierOf,
  wrapShareKey,
} from "./cps1";
import { chunksOf, type PartOf } from "./send_plan";
import type { Item, Person, Send } from "./send_types";

const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;

/** The message of an item: the same one again for the same salt. */
export function messageOf(send: Send, item: Pick<Item, "index" | "object" | "salt">): Promise<Message> {
  return Message.make(unb64u(send.key, 32), send.share, item.index, item.object, unb64u(item.salt, 24));
}

/**
 * One part of an object of `size` plaintext bytes, byte for byte as it is stored. `plain` is the plaintext of all
 * chunks that it touches (`plainOf` of send_plan).
 */
export async function sealPart(message: Message, part: PartOf, size: number, plain: Bytes): Promise<Bytes> {
  const { first } = chunksOf(part);
  const into = new Uint8Array(part.to - part.from);
  into.set(message.header.subarray(part.from));
  await message.sealEach(first, plain, part.to === sealedSize(size), (sealed, n) => {
    const at = HEADER + (first + n) * SEALED_CHUNK - part.from;
    const before = Math.max(0, -at); // of the first chunk, the end alone lies in this part; of the last the beginning
    into.set(sealed.subarray(before, into.length - at), at + before);
  });
  return into;
}

/** The list of files, once their hashes are known: the same bytes again for the same transfer. */
export function listOf(send: Send): Bytes {
  const files = send.items.map((item, at) => ({
    index: item.index,
    object: item.object,
    name: item.name,
    type: typeOf(item.type),
    size: item.size,
    mtime: item.mtime,
    hash: send.hashes[at] ?? "",
    sealed_size: sealedSize(item.size),
  }));
  const kdf = Object.fromEntries(send.people.map((person) => [person.recipient, PBKDF2_DEFAULT]));
  const created = `${send.created.slice(0, 19)}Z`;
  const manifest: Manifest = { title: send.title, note: send.note, created, kdf, files };
  return renderManifest(manifest);
}

/** What the server is told of a person: nothing of it opens anything. `list` is the list of files. */
export async function linkFor(send: Send, person: Person, list: Bytes): Promise<Record<string, string>> {
  const [secret, salt] = [unb64u(person.secret, 32), unb64u(person.salt, 16)];
  const keys = await keysFor(secret, person.password, salt, PBKDF2_DEFAULT, person.recipient);
  const wrapped = await wrapShareKey(keys, unb64u(send.key, 32), PBKDF2_DEFAULT);
  return {
    recipient: person.recipient,
    params: PBKDF2_DEFAULT,
    salt: person.salt,
    verifier: b64u(await verifierOf(keys)),
    wrapped: b64u(wrapped),
    receipt_check: b64u(await receiptCheck(keys, list)),
  };
}

/** A new salt of an object. */
export function newSalt(): string {
  return b64u(random(24));
}

function typeOf(type: string): string {
  const plain = type.split(";")[0]?.trim().toLowerCase() ?? "";
  return TYPE.test(plain) ? plain : "application/octet-stream";
}
