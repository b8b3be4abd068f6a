// CRC-32 as ZIP has it (ISO 3309), sixteen bytes a step.

const STEPS = 16;
const tables = makeTables();

function makeTables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let n = 0; n < 256; n += 1) {
    let value = n;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    first[n] = value;
  }
  const all = [first];
  for (let k = 1; k < STEPS; k += 1) {
    const before = all[k - 1] ?? first;
    all.push(before.map((value) => (value >>> 8) ^ (first[value & 0xff] ?? 0)));
  }
  return all;
}

/* eslint-disable @typescript-eslint/no-non-null-assertion -- every index is masked to its table; this loop is hot */
const [t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, ta, tb, tc, td, te, tf] = tables as Uint32Array[] & { length: 16 };

/** The checksum of `bytes` after others whose checksum is `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  let crc = ~before;
  let i = 0;
  for (const end = bytes.length - 15; i < end; i += 16) {
    crc =
      tf![(bytes[i]! ^ crc) & 0xff]! ^
      te![(bytes[i + 1]! ^ (crc >>> 8)) & 0xff]! ^
      td![(bytes[i + 2]! ^ (crc >>> 16)) & 0xff]! ^
      tc![bytes[i + 3]! ^ (crc >>> 24)]! ^
      tb![bytes[i + 4]!]! ^
      ta![bytes[i + 5]!]! ^
      t9![bytes[i + 6]!]! ^
      t8![bytes[i + 7]!]! ^
      t7![bytes[i + 8]!]! ^
      t6![bytes[i + 9]!]! ^
      t5![bytes[i + 10]!]! ^
      t4![bytes[i + 11]!]! ^
      t3![bytes[i + 12]!]! ^
      t2![bytes[i + 13]!]! ^
      t1![bytes[i + 14]!]! ^
      t0![bytes[i + 15]!]!;
  }
  for (; i < bytes.length; i += 1) crc = t0![(crc ^ bytes[i]!) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
