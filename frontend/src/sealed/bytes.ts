// Bytes, base64url (RFC 4648 5) and the hashes of WebCrypto in the shapes the sealed format needs.

export type Bytes = Uint8Array<ArrayBuffer>;

const STEP = 0x8000;
const encoder = new TextEncoder();

/** UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** base64url without padding. */
export function b64u(data: ArrayBuffer | Bytes): string {
  const bytes = new Uint8Array(data);
  let text = "";
  for (let at = 0; at < bytes.length; at += STEP) text += String.fromCharCode(...bytes.subarray(at, at + STEP));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of canonical base64url; throws for anything else, and for another `size`. */
export function unb64u(text: string, size?: number): Bytes {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  if (b64u(bytes) !== text || (size !== undefined && bytes.length !== size)) throw new Error("not canonical base64url");
  return bytes;
}

/** Random bytes. */
export function random(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}

/** A fresh id of a share, an object, a recipient or a drop: 16 random bytes, 22 letters. */
export function newId(): string {
  return b64u(random(16));
}

/** Whether `text` is 16 bytes in canonical base64url. */
export function isId(text: unknown): text is string {
  return typeof text === "string" && /^[A-Za-z0-9_-]{21}[AQgw]$/.test(text);
}

/** All of them one after the other. */
export function cat(...all: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(all.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of all) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}

/** A big-endian number of `size` bytes. */
export function big(value: number, size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = size - 1, left = value; left > 0; at -= 1, left = Math.floor(left / 256)) bytes[at] = left % 256;
  return bytes;
}

/** Whether two values are the same, in a time that depends on the length alone. */
export function same(one: Uint8Array, other: Uint8Array): boolean {
  let differs = one.length ^ other.length;
  for (let at = 0; at < one.length; at += 1) differs |= (one[at] ?? 0) ^ (other[at] ?? 0);
  return differs === 0;
}

const BUNDLE = 2 * 1024 * 1024;
let spent: ArrayBuffer[] = [];
let spentBytes = 0;

/**
 * Gives back the memory of bytes nobody reads any more, in bundles of 2 MiB: they are moved to somebody who is gone.
 * Left to the collector, which sees but the small objects that hold them, hundreds of megabytes pile up; `transfer(0)`
 * detaches them, but the browser's own hold on what it was once given stays.
 */
export function release(bytes: ArrayBuffer | Bytes): void {
  const buffer = bytes instanceof ArrayBuffer ? bytes : bytes.buffer;
  if (!buffer.byteLength) return; // moved elsewhere before
  spent.push(buffer);
  spentBytes += buffer.byteLength;
  if (spentBytes < BUNDLE) return;
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, spent);
  port1.close();
  port2.close();
  [spent, spentBytes] = [[], 0];
}

const untouched: ArrayBuffer[] = [];

/**
 * Tells the collector of `size` bytes that the browser copied for a request and keeps until it collects: it counts
 * buffers alone, and hundreds of megabytes would pile up unseen. A buffer nobody ever writes to takes no memory.
 */
export function copied(size: number): void {
  untouched.push(new ArrayBuffer(4 * size));
  untouched.pop();
}

export async function sha256(data: ArrayBuffer | Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

export async function hmac(hash: "SHA-256" | "SHA-512", key: Bytes, data: Bytes): Promise<Bytes> {
  // WebCrypto imports no empty key; HMAC pads a key with zeros to the block all the same (RFC 2104 2).
  const raw = key.length ? key : new Uint8Array(32);
  const held = await crypto.subtle.importKey("raw", raw, { name: "HMAC", hash }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, data));
}

/** 32 bytes of HKDF-SHA-256 (RFC 5869). */
export async function hkdf(secret: Bytes, salt: Bytes, info: string): Promise<Bytes> {
  const held = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const how = { name: "HKDF", hash: "SHA-256", salt, info: utf8(info) };
  return new Uint8Array(await crypto.subtle.deriveBits(how, held, 256));
}

/** An AES-256-GCM key that cannot be read out again. */
export function aesKey(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Nonce and AES-256-GCM ciphertext of a small value. */
export async function sealSmall(key: Bytes, plain: Bytes, bound: string, nonce = random(12)): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: nonce, additionalData: utf8(bound) };
  return cat(nonce, new Uint8Array(await crypto.subtle.encrypt(how, await aesKey(key), plain)));
}

/** The value again; throws for another key, another binding or changed bytes. */
export async function openSmall(key: Bytes, sealed: Bytes, bound: string): Promise<Bytes> {
  const how = { name: "AES-GCM", iv: sealed.slice(0, 12), additionalData: utf8(bound) };
  return new Uint8Array(await crypto.subtle.decrypt(how, await aesKey(key), sealed.slice(12)));
}
