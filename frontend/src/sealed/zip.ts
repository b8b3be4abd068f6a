// Writes a ZIP as it streams by, stored without compression, ZIP64 where a size asks for it (PKWARE APPNOTE 6.3.10).
import { crc32 } from "./crc32";
import type { Bytes } from "./platform";

export interface ZipFile {
  /** "/"-separated, already safe to write. */
  name: string;
  size: number;
  /** Milliseconds since 1970. */
  mtime: number;
}

interface Written {
  file: ZipFile;
  crc: number;
  offset: number;
}

const MAX32 = 0xffffffff;
const MAX16 = 0xffff;
const FLAGS = 0x0808; // sizes follow the data; names are UTF-8
const UNIX_FILE = 0o100644 * 0x10000;

/** Bytes of the archive that holds these files. */
export function zipSize(files: readonly ZipFile[]): number {
  let offset = 0;
  let central = 0;
  for (const file of files) {
    central += centralHeader({ file, crc: 0, offset }).length;
    offset += localHeader(file).length + file.size + descriptor(file, 0).length;
  }
  return offset + central + ending(files.length, central, offset).length;
}

/** Takes the files one after another: `begin`, `write` until its size, `end`; then `finish`. */
export class ZipWriter {
  private readonly done: Written[] = [];
  private offset = 0;
  private current: Written | null = null;
  private left = 0;

  constructor(private readonly out: (bytes: Bytes) => Promise<void>) {}

  async begin(file: ZipFile): Promise<void> {
    this.current = { file, crc: 0, offset: this.offset };
    this.left = file.size;
    await this.put(localHeader(file));
  }

  async write(bytes: Bytes): Promise<void> {
    if (!this.current) throw new Error("No file was begun.");
    this.current.crc = crc32(bytes, this.current.crc);
    this.left -= bytes.length;
    await this.put(bytes);
  }

  async end(): Promise<void> {
    if (!this.current || this.left !== 0) throw new Error("The file has not the size it was begun with.");
    await this.put(descriptor(this.current.file, this.current.crc));
    this.done.push(this.current);
    this.current = null;
  }

  async finish(): Promise<void> {
    const start = this.offset;
    for (const one of this.done) await this.put(centralHeader(one));
    await this.put(ending(this.done.length, this.offset - start, start));
  }

  private async put(bytes: Bytes): Promise<void> {
    this.offset += bytes.length;
    await this.out(bytes);
  }
}

/** Little-endian fields, one after another. */
class Fields {
  private readonly bytes: number[] = [];

  u16(...values: number[]): this {
    for (const value of values) this.bytes.push(value & 0xff, (value >>> 8) & 0xff);
    return this;
  }

  u32(...values: number[]): this {
    for (const value of values) this.u16(value & 0xffff, Math.floor(value / 0x10000) & 0xffff);
    return this;
  }

  u64(...values: number[]): this {
    for (const value of values) this.u32(value % 2 ** 32, Math.floor(value / 2 ** 32));
    return this;
  }

  add(more: Iterable<number>): this {
    for (const value of more) this.bytes.push(value);
    return this;
  }

  get all(): Bytes {
    return Uint8Array.from(this.bytes);
  }
}

function big(file: ZipFile): boolean {
  return file.size >= MAX32;
}

/** Date and time of MS-DOS, in the reader's own time zone. */
function dosTime(file: ZipFile): [number, number] {
  const at = new Date(file.mtime);
  const year = Math.min(Math.max(at.getFullYear(), 1980), 2107) - 1980;
  const time = (at.getHours() << 11) | (at.getMinutes() << 5) | (at.getSeconds() >> 1);
  return [time, (year << 9) | ((at.getMonth() + 1) << 5) | at.getDate()];
}

/** Extra field 0x5455: the time of change in seconds of UTC. */
function stamp(file: ZipFile): Bytes {
  return new Fields().u16(0x5455, 5).add([1]).u32(Math.max(0, Math.floor(file.mtime / 1000)) % 2 ** 32).all;
}

function localHeader(file: ZipFile): Bytes {
  const name = new TextEncoder().encode(file.name);
  const extra = new Fields().add(stamp(file));
  if (big(file)) extra.u16(1, 16).u64(0, 0);
  const size = big(file) ? MAX32 : 0;
  const head = new Fields().u32(0x04034b50).u16(big(file) ? 45 : 20, FLAGS, 0, ...dosTime(file)).u32(0, size, size);
  return head.u16(name.length, extra.all.length).add(name).add(extra.all).all;
}

function descriptor(file: ZipFile, crc: number): Bytes {
  const fields = new Fields().u32(0x08074b50, crc);
  return big(file) ? fields.u64(file.size, file.size).all : fields.u32(file.size, file.size).all;
}

function centralHeader({ file, crc, offset }: Written): Bytes {
  const name = new TextEncoder().encode(file.name);
  const wide = big(file) || offset >= MAX32;
  const extra = new Fields().add(stamp(file));
  if (wide) {
    const values = [...(big(file) ? [file.size, file.size] : []), ...(offset >= MAX32 ? [offset] : [])];
    extra.u16(1, values.length * 8).u64(...values);
  }
  const size = Math.min(file.size, MAX32);
  const head = new Fields().u32(0x02014b50).u16(0x031e, wide ? 45 : 20, FLAGS, 0, ...dosTime(file));
  head.u32(crc, size, size).u16(name.length, extra.all.length, 0, 0, 0).u32(UNIX_FILE, Math.min(offset, MAX32));
  return head.add(name).add(extra.all).all;
}

function ending(count: number, size: number, offset: number): Bytes {
  const fields = new Fields();
  if (count >= MAX16 || size >= MAX32 || offset >= MAX32) {
    fields.u32(0x06064b50).u64(44).u16(0x031e, 45).u32(0, 0).u64(count, count, size, offset);
    fields.u32(0x07064b50, 0).u64(offset + size).u32(1);
  }
  const few = Math.min(count, MAX16);
  return fields.u32(0x06054b50).u16(0, 0, few, few).u32(Math.min(size, MAX32), Math.min(offset, MAX32)).u16(0).all;
}
