// Drop boxes: a share key encrypted to a public key by HPKE base mode (RFC 9180) on WebCrypto, and the private key kept
// safe. Suite 16 is DHKEM(P-256, HKDF-SHA256), suite 32 DHKEM(X25519, HKDF-SHA256), each with HKDF-SHA256 and AES-256-GCM.
import { aesKey, big, type Bytes, cat, hkdf, hmac, openSmall, same, sealSmall, sha256, utf8 } from "./bytes";
import { BoxError } from "./cps1";

export const P256 = 16;
export const X25519 = 32;
export type Suite = typeof P256 | typeof X25519;

const ROOT = "chartpost/drop/v1/";
const KDF_AEAD = [0, 1, 0, 2]; // HKDF-SHA256, AES-256-GCM
const KEM = {
  [P256]: { algorithm: { name: "ECDH", namedCurve: "P-256" }, dh: "ECDH", size: 65 },
  [X25519]: { algorithm: { name: "X25519" }, dh: "X25519", size: 32 },
} as const;

/** The key pair of a drop: the public key as RFC 9180 writes it, the private key as PKCS #8. */
export interface DropKeys {
  suite: Suite;
  publicKey: Bytes;
  privateKey: Bytes;
}

/** A fresh key pair; rejects where the browser lacks X25519. */
export async function newDropKeys(suite: Suite = P256): Promise<DropKeys> {
  const pair = await pairOf(suite);
  const privateKey = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return { suite, publicKey: await rawOf(pair.publicKey), privateKey };
}

/** What a drop link carries, so that a swapped public key is noticed. */
export function fingerprintOf(publicKey: Bytes): Promise<Bytes> {
  return sha256(publicKey);
}

/** Refuses another public key than the link names; throws BoxError. */
export async function checkFingerprint(publicKey: Bytes, expected: Bytes): Promise<void> {
  if (!same(await fingerprintOf(publicKey), expected)) throw new BoxError("another public key than the link names");
}

/** The share key for the owner of the drop: encapsulated key and ciphertext. */
export async function sealForDrop(shareKey: Bytes, publicKey: Bytes, suite: Suite, drop: string): Promise<Bytes> {
  return await sealTo(await pairOf(suite), publicKey, suite, utf8(ROOT + drop), shareKey);
}

/** The share key; `pair` is the drop's own. Throws for another pair, another drop or changed bytes. */
export async function openFromDrop(sealed: Bytes, pair: DropKeys, drop: string): Promise<Bytes> {
  const key = await openWith(pair, sealed, utf8(ROOT + drop));
  if (key.length !== 32) throw new BoxError("a share key of another length");
  return key;
}

/** PKCS #8 under a passphrase's key (`derive` with `salt` and `params`), or with `params` "0" under the printed 32 bytes. */
export async function wrapPrivateKey(
  privateKey: Bytes,
  root: Bytes,
  salt: Bytes,
  params: string,
  drop: string,
  nonce?: Bytes,
): Promise<Bytes> {
  const key = await hkdf(root, salt, `${ROOT}key/${drop}`);
  return await sealSmall(key, privateKey, `${ROOT}key/${drop}/${params}`, nonce);
}

/** The private key as PKCS #8; throws for another passphrase, sheet or drop. */
export async function unwrapPrivateKey(
  wrapped: Bytes,
  root: Bytes,
  salt: Bytes,
  params: string,
  drop: string,
): Promise<Bytes> {
  return await openSmall(await hkdf(root, salt, `${ROOT}key/${drop}`), wrapped, `${ROOT}key/${drop}/${params}`);
}

// HPKE itself (RFC 9180 4 and 5). `aad` is empty in our format; the RFC's vectors have one.

/** Encrypts to a public key with an ephemeral pair of our own. */
export async function sealTo(
  ephemeral: CryptoKeyPair,
  publicKey: Bytes,
  suite: Suite,
  info: Bytes,
  plain: Bytes,
  aad: Bytes = new Uint8Array(),
): Promise<Bytes> {
  const enc = await rawOf(ephemeral.publicKey);
  const secret = await shared(suite, ephemeral.privateKey, publicKey, cat(enc, publicKey));
  const { key, nonce } = await schedule(suite, secret, info);
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return cat(enc, new Uint8Array(await crypto.subtle.encrypt(how, key, plain)));
}

/** Decrypts with a key pair. */
export async function openWith(
  pair: DropKeys,
  sealed: Bytes,
  info: Bytes,
  aad: Bytes = new Uint8Array(),
): Promise<Bytes> {
  const { algorithm, size } = KEM[pair.suite];
  const own = await crypto.subtle.importKey("pkcs8", pair.privateKey, algorithm, false, ["deriveBits"]);
  const enc = sealed.slice(0, size);
  const secret = await shared(pair.suite, own, enc, cat(enc, pair.publicKey));
  const { key, nonce } = await schedule(pair.suite, secret, info);
  const how = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.decrypt(how, key, sealed.slice(size)));
}

async function shared(suite: Suite, own: CryptoKey, other: Bytes, context: Bytes): Promise<Bytes> {
  const { algorithm, dh, size } = KEM[suite];
  if (other.length !== size) throw new BoxError("a public key of another length");
  const found = await crypto.subtle.importKey("raw", other, algorithm, false, []);
  const bits = new Uint8Array(await crypto.subtle.deriveBits({ name: dh, public: found }, own, 256));
  if (bits.every((byte) => byte === 0)) throw new BoxError("a public key of small order"); // RFC 9180 7.1.4
  const kem = cat(utf8("KEM"), big(suite, 2));
  return await expand(kem, await extract(kem, new Uint8Array(), "eae_prk", bits), "shared_secret", context, 32);
}

async function schedule(suite: Suite, secret: Bytes, info: Bytes): Promise<{ key: CryptoKey; nonce: Bytes }> {
  const id = cat(utf8("HPKE"), big(suite, 2), Uint8Array.from(KDF_AEAD));
  const none = new Uint8Array();
  const hashes = [await extract(id, none, "psk_id_hash", none), await extract(id, none, "info_hash", info)];
  const context = cat(Uint8Array.of(0), ...hashes);
  const root = await extract(id, secret, "secret", none);
  const key = await aesKey(await expand(id, root, "key", context, 32));
  return { key, nonce: await expand(id, root, "base_nonce", context, 12) };
}

function extract(suite: Bytes, salt: Bytes, label: string, ikm: Bytes): Promise<Bytes> {
  return hmac("SHA-256", salt, cat(utf8("HPKE-v1"), suite, utf8(label), ikm));
}

async function expand(suite: Bytes, key: Bytes, label: string, info: Bytes, size: number): Promise<Bytes> {
  const labelled = cat(big(size, 2), utf8("HPKE-v1"), suite, utf8(label), info);
  return (await hmac("SHA-256", key, cat(labelled, Uint8Array.of(1)))).slice(0, size);
}

async function pairOf(suite: Suite): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(KEM[suite].algorithm, true, ["deriveBits"])) as CryptoKeyPair;
}

async function rawOf(key: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}
