// Files of a link: JWE compact, alg dir, enc A256GCM, zip DEF or none (RFC 7516, RFC 7518), opened by the browser.
import { type Bytes, unb64u } from "./base64";
import { Trouble } from "./trouble";

/** Bytes a file may unpack to: what a phone can still hold and show. */
export const MOST = 256 * 1024 * 1024;

export interface Opened {
  bytes: Bytes;
  type: string;
}

/** The content of an encrypted file; throws Trouble. */
export async function openJwe(text: string, key: Bytes): Promise<Opened> {
  const [head = "", direct, nonce = "", body = "", tag = "", ...more] = text.trim().split(".");
  const header = headerOf(head);
  const parts = [nonce, body, tag].map(unb64u);
  const [iv, data, mac] = parts;
  if (!header || direct !== "" || more.length || iv?.length !== 12 || mac?.length !== 16 || !data) throw new Trouble("tampered");
  const plain = await decrypt(key, iv, joined(data, mac), new TextEncoder().encode(head));
  const bytes = header["zip"] === "DEF" ? await inflated(plain, MOST) : plain;
  const type = header["cty"];
  return { bytes, type: typeof type === "string" ? type : "" };
}

function headerOf(encoded: string): Record<string, unknown> | null {
  try {
    const bytes = unb64u(encoded);
    const value: unknown = bytes && JSON.parse(new TextDecoder().decode(bytes));
    if (!value || typeof value !== "object") return null;
    const header = value as Record<string, unknown>;
    const known = header["alg"] === "dir" && header["enc"] === "A256GCM" && !("crit" in header);
    return known && (header["zip"] === undefined || header["zip"] === "DEF") ? header : null;
  } catch {
    return null;
  }
}

async function decrypt(raw: Bytes, iv: Bytes, data: Bytes, additionalData: Bytes): Promise<Bytes> {
  try {
    const key = await crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["decrypt"]);
    return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData }, key, data));
  } catch {
    throw new Trouble("tampered");
  }
}

/** Raw DEFLATE (RFC 1951) unpacked, up to `most` bytes; throws Trouble. */
export async function inflated(data: Bytes, most: number): Promise<Bytes> {
  const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const pieces: Bytes[] = [];
  let size = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read().catch(() => { throw new Trouble("tampered"); });
    if (done) break;
    size += value.length;
    if (size > most) {
      await reader.cancel();
      throw new Trouble("big");
    }
    pieces.push(value);
  }
  return joined(...pieces);
}

function joined(...pieces: Bytes[]): Bytes {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
