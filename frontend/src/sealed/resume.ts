// Going on after a break: which of the files chosen again are those of the transfer, and who may send in this browser.
import type { Item, Send } from "./send_types";

/** The files of a transfer by path, and the paths for which nothing fits. */
export interface Match {
  files: [string, File][];
  missing: string[];
}

/** Items that come from the person's disk and must be chosen again. */
export function chosenAgain(send: Send): Item[] {
  return send.stage === "files" ? send.items.filter((item) => item.url === undefined) : [];
}

/**
 * Fits files to items: by path, else by path without its first folder, else by name and size where only one has them.
 * What is inside is compared when it is sealed: another content is sealed anew, never under an old salt.
 */
export function match(send: Send, found: readonly (readonly [string, File])[]): Match {
  const byPath = new Map(found);
  const byTail = unique(found, ([path]) => path.slice(path.indexOf("/") + 1));
  const byName = unique(found, ([path, file]) => nameAndSize(path, file.size));
  const files: [string, File][] = [];
  const missing: string[] = [];
  for (const item of chosenAgain(send)) {
    const tail = item.path.slice(item.path.indexOf("/") + 1);
    const file = byPath.get(item.path) ?? byTail.get(tail) ?? byName.get(nameAndSize(item.path, item.size));
    if (file) files.push([item.path, file]);
    else missing.push(item.path);
  }
  return { files, missing };
}

/** Milliseconds in which a tab that is just closing gives up what it held. */
const CLOSING = 1_500;
const WAITED = new Set(["TimeoutError", "AbortError"]);

/** Holds the one right to send a share in this browser while `work` runs; false when another tab has it. */
export async function alone(share: string, work: () => Promise<void>): Promise<boolean> {
  const right = { had: false };
  const signal = AbortSignal.timeout(CLOSING);
  try {
    await navigator.locks.request(`chartpost-send-${share}`, { signal }, async () => {
      right.had = true;
      await work();
    });
  } catch (error) {
    if (right.had || !(error instanceof Error && WAITED.has(error.name))) throw error;
  }
  return right.had;
}

function nameAndSize(path: string, size: number): string {
  return `${path.slice(path.lastIndexOf("/") + 1)}/${String(size)}`;
}

function unique(
  found: readonly (readonly [string, File])[],
  key: (one: readonly [string, File]) => string,
): Map<string, File> {
  const seen = new Map<string, File | null>();
  for (const one of found) seen.set(key(one), seen.has(key(one)) ? null : one[1]);
  return new Map([...seen].filter((pair): pair is [string, File] => pair[1] !== null));
}
