// Runs docs/sealed-format-vectors.json through the browser's implementation, in Node or in a page: a list of what failed.
import * as bytes from "../../../frontend/src/sealed/bytes";
import * as cps1 from "../../../frontend/src/sealed/cps1";
import * as hpke from "../../../frontend/src/sealed/hpke";
import { readLink } from "../../../frontend/src/sealed/link";
import { bits, weakness } from "../../../frontend/src/sealed/send_password";
import { readSheet, sheetLines } from "../../../frontend/src/sealed/sheet";
import { WORDS } from "../../../frontend/src/sealed/wordlist";

type Case = Record<string, any>;
type Run = (one: any) => Promise<void>;

const { b64u, unb64u, utf8 } = bytes;

function equal(found: unknown, expected: unknown): void {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)];
  if (a !== b) throw new Error(`${a} is not ${b}`);
}

async function refused(run: () => unknown): Promise<void> {
  let done: unknown;
  try {
    done = await run();
  } catch {
    return;
  }
  throw new Error(`was taken: ${JSON.stringify(done)}`);
}

function pattern(size: number): bytes.Bytes {
  return Uint8Array.from({ length: size }, (_, n) => n % 251);
}

function hex(text: string): bytes.Bytes {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

function padded(text: string): bytes.Bytes {
  const data = utf8(text);
  const whole = new Uint8Array(Math.ceil(data.length / 4096) * 4096).fill(0x20);
  whole.set(data);
  return whole;
}

function message(one: Case): Promise<cps1.Message> {
  return cps1.Message.make(unb64u(one.share_key), one.share, one.index, one.object, unb64u(one.salt));
}

async function sealed(one: Case): Promise<bytes.Bytes> {
  return await cps1.sealWhole(await message(one), pattern(one.size));
}

function opened(one: Case, data: bytes.Bytes): Promise<bytes.Bytes> {
  return cps1.openWhole(unb64u(one.share_key), one.share, one.index, one.object, data);
}

async function pairOf(suite: hpke.Suite, secret: string, open: string): Promise<[CryptoKeyPair, hpke.DropKeys]> {
  const [d, raw] = [b64u(hex(secret)), hex(open)];
  const p256 = suite === hpke.P256;
  const point = p256 ? { x: b64u(raw.slice(1, 33)), y: b64u(raw.slice(33)) } : { x: b64u(raw) };
  const shape = p256 ? { kty: "EC", crv: "P-256" } : { kty: "OKP", crv: "X25519" };
  const how = p256 ? { name: "ECDH", namedCurve: "P-256" } : { name: "X25519" };
  const privateKey = await crypto.subtle.importKey("jwk", { ...shape, ...point, d }, how, true, ["deriveBits"]);
  const publicKey = await crypto.subtle.importKey("raw", raw, how, true, []);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  return [{ privateKey, publicKey }, { suite, publicKey: raw, privateKey: pkcs8 }];
}

const each: Record<string, Run> = {
  async links(one: Case) {
    const { recipient, secret } = readLink(one.text) ?? {};
    equal([recipient, secret], [one.recipient, one.secret]);
    if (!one.mangled) equal(cps1.linkOf("https://records.example.org", one.recipient, unb64u(one.secret)), one.text);
  },
  async links_refused(text: string) {
    equal(readLink(text), null);
  },
  async kdf(one: Case) {
    equal(b64u(await cps1.derive(one.password, unb64u(one.salt), one.params)), one.key);
  },
  async kdf_refused(one: Case) {
    await refused(() => cps1.derive("xxxxxxxxxxxx", unb64u(one.salt), one.params));
  },
  async recipients(one: Case) {
    const keys = await cps1.keysFor(unb64u(one.secret), one.password, unb64u(one.salt), one.params, one.recipient);
    equal([keys.auth, keys.wrap, keys.receipt].map(b64u), [one.auth, one.wrap, one.receipt]);
    equal(b64u(await cps1.verifierOf(keys)), one.verifier);
    const key = unb64u(one.share_key);
    equal(b64u(await cps1.wrapShareKey(keys, key, one.params, unb64u(one.nonce))), one.wrapped);
    equal(b64u(await cps1.unwrapShareKey(keys, unb64u(one.wrapped), one.params)), one.share_key);
    const manifest = padded(one.manifest);
    equal(await cps1.receiptOf(keys, one.grant, manifest), { opened: one.opened, mac: one.mac });
    equal(b64u(await cps1.receiptCheck(keys, manifest)), one.receipt_check);
  },
  async wraps_refused(one: Case) {
    const first = vectors.recipients[0];
    const [auth, wrap, receipt] = [unb64u(first.auth), unb64u(first.wrap), unb64u(first.receipt)];
    const keys = { recipient: one.recipient, auth, wrap, receipt };
    await refused(() => cps1.unwrapShareKey(keys, unb64u(one.wrapped), one.params));
  },
  async objects(one: Case) {
    const data = await sealed(one);
    equal([data.length, b64u(await bytes.sha256(data))], [one.sealed_size, one.sealed_sha256]);
    equal(cps1.sealedSize(one.size), one.sealed_size);
    equal(b64u(await opened(one, data)), b64u(pattern(one.size)));
    if (one.size > 16_384) await inRuns(one, data);
  },
  async file_hashes([size, hash]: [number, string]) {
    const whole = pattern(size);
    const digests = [];
    for (let at = 0; at < size; at += 2 ** 23) digests.push(await bytes.sha256(whole.slice(at, at + 2 ** 23)));
    equal(await cps1.fileHash(digests), hash);
  },
  async manifests(text: string) {
    equal(b64u(cps1.renderManifest(cps1.parseManifest(padded(text)))), b64u(padded(text)));
  },
  async manifests_refused(text: string) {
    await refused(() => cps1.parseManifest(padded(text)));
  },
  async passwords(one: Case) {
    equal(Math.round(bits(one.password, one.near) * 1e6) / 1e6, one.bits);
    equal(weakness(one.password, one.near) === "", one.taken);
  },
  async names(name: string) {
    equal(cps1.isSafeName(name), true);
  },
  async names_refused(name: string) {
    equal(cps1.isSafeName(name), false);
  },
  async hpke(one: Case) {
    const [, own] = await pairOf(one.suite, one.private, one.public);
    const [ephemeral] = await pairOf(one.suite, one.ephemeral, one.enc);
    const [info, plain, aad] = [hex(one.info), hex(one.plain), hex(one.aad)];
    const data = await hpke.sealTo(ephemeral, hex(one.public), one.suite, info, plain, aad);
    equal(b64u(data), b64u(hex(one.enc + one.sealed)));
    equal(b64u(await hpke.openWith(own, data, info, aad)), b64u(plain));
  },
  async drops(one: Case) {
    const [salt, open] = [unb64u(one.salt), unb64u(one.public)];
    const root = await cps1.derive(one.passphrase, salt, one.params);
    const key = await hpke.unwrapPrivateKey(unb64u(one.wrapped), root, salt, one.params, one.drop);
    const printed = unb64u(one.sheet);
    const again = await hpke.unwrapPrivateKey(unb64u(one.wrapped_for_sheet), printed, salt, "0", one.drop);
    equal([b64u(key), b64u(again)], [one.private, one.private]);
    const nonce = unb64u(one.wrapped).slice(0, 12);
    equal(b64u(await hpke.wrapPrivateKey(key, root, salt, one.params, one.drop, nonce)), one.wrapped);
    const pair = { suite: one.suite, publicKey: open, privateKey: key };
    equal(b64u(await hpke.openFromDrop(unb64u(one.sealed_key), pair, one.drop)), one.share_key);
    await hpke.checkFingerprint(open, unb64u(one.fingerprint));
    await refused(() => hpke.checkFingerprint(key, unb64u(one.fingerprint)));
    await refused(() => hpke.openFromDrop(unb64u(one.sealed_key), pair, one.sheet));
    const fresh = await hpke.newDropKeys(one.suite);
    const sent = await hpke.sealForDrop(unb64u(one.share_key), fresh.publicKey, one.suite, one.drop);
    equal(b64u(await hpke.openFromDrop(sent, fresh, one.drop)), one.share_key);
    await refused(() => hpke.openFromDrop(sent, pair, one.drop));
    await refused(() => hpke.sealForDrop(key.slice(0, 32), new Uint8Array(open.length), one.suite, one.drop));
  },
  async sheets(one: Case) {
    equal(await sheetLines(unb64u(one.secret)), one.lines);
    equal(b64u(await readSheet(one.lines.join("\n").toLowerCase().replaceAll("0", "o"))), one.secret);
  },
  async sheets_refused(text: string) {
    await refused(() => readSheet(text));
  },
};

/** Runs of chunks, sealed and opened apart, are the object. */
async function inRuns(one: Case, data: bytes.Bytes): Promise<void> {
  const made = await message(one);
  const plain = pattern(one.size);
  const head = new Uint8Array(await made.sealRun(0, plain.slice(0, 16_384), false));
  const tail = new Uint8Array(await made.sealRun(1, plain.slice(16_384), true));
  equal(b64u(bytes.cat(made.header, head, tail)), b64u(data));
  equal(b64u(await made.openRun(1, tail, true)), b64u(plain.slice(16_384)));
  await refused(() => made.openRun(0, tail, true));
  await refused(() => made.sealRun(0, plain, false));
}

async function tampered(edit: Case): Promise<void> {
  const one = { ...vectors.tampered.object, ...edit };
  const good = await sealed(vectors.tampered.object);
  const data = bytes.cat(...edit.take.map(([from, to]: [number, number]) => good.slice(from, to)));
  if (edit.xor) data[edit.xor[0]] = (data[edit.xor[0]] ?? 0) ^ edit.xor[1];
  await refused(() => opened(one, data));
}

let vectors: Case = {};

/** What failed, and how many cases of each kind ran. */
export async function check(all: Case): Promise<{ failed: string[]; ran: Record<string, number>; words: number }> {
  vectors = all;
  const failed: string[] = [];
  const ran: Record<string, number> = {};
  const kinds: [string, any[], Run][] = Object.entries(each).map(([kind, run]) => [kind, all[kind], run]);
  for (const [kind, cases, run] of [...kinds, ["tampered", all.tampered.cases, tampered] as const]) {
    for (const [at, one] of cases.entries()) {
      await run(one).catch((error: unknown) => failed.push(`${kind} ${at} ${one.why ?? ""}: ${String(error)}`));
      ran[kind] = (ran[kind] ?? 0) + 1;
    }
  }
  return { failed, ran, words: new Set(WORDS).size };
}

Object.assign(globalThis, { checkVectors: check });
