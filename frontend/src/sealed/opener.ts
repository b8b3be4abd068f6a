// An open share in the worker: its keys, its list of files, and the proof that all of it arrived.
import { type Grant, type Header, post, RefusedError } from "./api";
import * as cps1 from "./cps1";
import { Control, type Source } from "./fetching";
import { lookOf } from "./looking";
import { type ShareView, Stopped } from "./messages";
import type { Bytes } from "./platform";
import { blocksOf, plainSize, type Unlock } from "./unlock";

const MOST_LISTED = 64 * 1024 * 1024;

export { RefusedError };

/** Opens a share: derives the keys, proves them to the server, reads the list of files. Throws RefusedError. */
export async function openShare(recipient: string, secret: string, password: string): Promise<Opener> {
  const { params, salt } = await post<Header>(`${recipient}/header`, {});
  const keys = await cps1.keysFor(cps1.unb64u(secret), password, cps1.unb64u(salt), params, recipient);
  const grant = await post<Grant>(recipient, { auth: cps1.b64u(keys.auth) });
  try {
    const key = await cps1.unwrapShareKey(keys, cps1.unb64u(grant.wrapped), params);
    return await Opener.read({ keys, params }, `/s/api/open/${recipient}/objects/`, key, grant);
  } catch (error) {
    throw refused(error);
  }
}

/** Opens what came into a drop, whose key (base64url) its owner has; nobody is sent a receipt. Throws RefusedError. */
export async function openArrival(key: string, grant: Grant): Promise<Opener> {
  try {
    return await Opener.read(null, `/s/api/shares/${grant.share}/objects/`, cps1.unb64u(key), grant);
  } catch (error) {
    throw refused(error);
  }
}

function refused(error: unknown): RefusedError {
  const damaged = !(error instanceof Stopped) || error.why === "damaged";
  if (!damaged) return new RefusedError(error.why === "lost" ? "network" : "failed");
  return new RefusedError("damaged-share");
}

/** The keys of a link, and what they were made with. */
interface Holder {
  keys: cps1.RecipientKeys;
  params: string;
}

export class Opener {
  private readonly verified = new Set<number>();
  private confirmed = false;

  private constructor(
    private readonly keys: cps1.RecipientKeys | null,
    private readonly at: string,
    private readonly key: Bytes,
    private readonly grant: Grant,
    private readonly list: cps1.Manifest,
    private readonly padded: Bytes,
  ) {}

  /** Reads the list of files, which also says what the keys were made with: a server cannot weaken them unseen. */
  static async read(holder: Holder | null, at: string, key: Bytes, grant: Grant): Promise<Opener> {
    const listed = grant.objects.find((one) => one.index === 0);
    if (!listed || listed.size > MOST_LISTED) throw new Stopped("damaged");
    const source = sourceOf(at, grant, listed);
    const pieces: Bytes[] = [];
    const unlock = unlockOf(key, grant, 0, listed.object);
    for await (const block of blocksOf(source, unlock, new Control())) pieces.push(block.plain);
    const padded = new Uint8Array(await new Blob(pieces).arrayBuffer());
    const list = cps1.parseManifest(padded);
    if (holder) cps1.checkParams(list, holder.keys.recipient, holder.params);
    if (!sameObjects(list, grant)) throw new Stopped("damaged");
    return new Opener(holder?.keys ?? null, at, key, grant, list, padded);
  }

  get view(): ShareView {
    const { title, note, created } = this.list;
    const files = this.list.files.map(({ index, name, size, mtime, type }) => {
      return { index, name, size, mtime: mtime ?? Date.parse(created), look: lookOf(name, type, size) };
    });
    const { expires_at: endsAt, sender, zero_knowledge: zeroKnowledge } = this.grant;
    return { title, note, created, endsAt, sender, zeroKnowledge, files };
  }

  /** An entry of the list, by its index; throws Stopped. */
  file(index: number): cps1.FileEntry {
    const found = this.list.files.find((one) => one.index === index);
    if (!found) throw new Stopped("failed");
    return found;
  }

  /** The bytes of a file in order; ends without an error only when every byte is what the sender sealed. */
  async *plain(index: number, control: Control): AsyncGenerator<Bytes> {
    const file = this.file(index);
    const object = this.grant.objects.find((one) => one.index === index && one.object === file.object);
    if (!object) throw new Stopped("damaged");
    const digests: ArrayBuffer[] = [];
    const unlock = unlockOf(this.key, this.grant, index, object.object);
    for await (const block of blocksOf(sourceOf(this.at, this.grant, object), unlock, control)) {
      if (block.plain.length) digests.push(block.digest);
      yield block.plain;
    }
    if ((await cps1.fileHash(digests)) !== file.hash) throw new Stopped("damaged");
    this.verified.add(index);
  }

  /** Once every file was checked, proves it to the sender; whether they can see it now. */
  async confirm(): Promise<boolean> {
    if (!this.keys || this.confirmed || this.list.files.some((file) => !this.verified.has(file.index))) return false;
    const receipt = await cps1.receiptOf(this.keys, this.grant.grant_id, this.padded);
    try {
      await post(`${this.keys.recipient}/receipt`, receipt, this.grant.grant);
      this.confirmed = true;
    } catch {
      return false; // the files are whole all the same; the next save tries again
    }
    return true;
  }
}

function sourceOf(at: string, grant: Grant, object: { object: string; size: number }): Source {
  return { address: at + object.object, token: grant.grant, size: object.size };
}

function unlockOf(key: Bytes, grant: Grant, index: number, object: string): Unlock {
  return (header) => cps1.chunkOpener(key, grant.share, index, object, header);
}

/** Whether the server lists the very objects the sender listed. */
function sameObjects(list: cps1.Manifest, grant: Grant): boolean {
  const listed = new Map(grant.objects.filter((one) => one.index > 0).map((one) => [one.index, one]));
  return listed.size === list.files.length && list.files.every((file) => {
    const found = listed.get(file.index);
    return found?.object === file.object && found.size === file.sealed_size && plainSize(found.size) === file.size;
  });
}
