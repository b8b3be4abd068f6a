// Names of files as a sender gave them, made safe to show and to write: a sender may be nobody's friend.

const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Zl}\p{Zp}]/gu;
const UNWRITABLE = /[<>:"|?*\\]/g;
const RESERVED = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
const LONGEST = 200;

/** A path to show: without characters that hide or turn text round. Shown as text only. */
export function shown(path: string): string {
  return path.normalize("NFC").replaceAll(UNSEEN, "").slice(0, 1000) || "?";
}

/** The parts of a path that any system can write; never empty, never `.` or `..`. */
export function parts(path: string): string[] {
  const found = path.normalize("NFC").split(/[/\\]+/).map(part).filter(Boolean);
  return found.length ? found : ["file"];
}

/** The last part of a path. */
export function leaf(path: string): string {
  return parts(path).at(-1) ?? "file";
}

/** Writable paths in the same order, no two alike, also where upper and lower case are one. */
export function distinct(paths: readonly string[]): string[] {
  const taken = new Set<string>();
  return paths.map((path) => {
    const wanted = parts(path).join("/");
    const dot = wanted.lastIndexOf(".");
    const cut = dot > wanted.lastIndexOf("/") + 1 ? dot : wanted.length;
    let name = wanted;
    for (let n = 2; taken.has(name.toLowerCase()); n += 1) {
      name = `${wanted.slice(0, cut)} (${String(n)})${wanted.slice(cut)}`;
    }
    taken.add(name.toLowerCase());
    return name;
  });
}

function part(text: string): string {
  const clean = text.replaceAll(UNSEEN, "").replaceAll(UNWRITABLE, "_").trim().replace(/[. ]+$/, "");
  if (/^\.*$/.test(clean)) return "";
  const short = clean.length > LONGEST ? clean.slice(0, LONGEST - 20) + clean.slice(-20) : clean;
  return RESERVED.test(short) ? `_${short}` : short;
}
