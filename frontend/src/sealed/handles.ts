// A hold of files and folders that some browsers (Chromium) keep over a reload, so that nobody has to choose them again.
// Where there is none, people choose the files themselves.
import type { DropItem, OpenPickers, Permitted } from "./platform";
import type { Chosen } from "./sources";
import { tidy } from "./sources";

const pickers = globalThis as OpenPickers;

/** What somebody brought: the files, and the holds by which the browser finds them again. */
export interface Found {
  files: Chosen[];
  handles: FileSystemHandle[];
}

/** Whether the browser's chooser gives holds. */
export function canPickFiles(): boolean {
  return typeof pickers.showOpenFilePicker === "function";
}

/** Files out of the browser's chooser; null when it was closed without a choice. */
export async function pickFiles(): Promise<Found | null> {
  try {
    const handles = (await pickers.showOpenFilePicker?.({ multiple: true })) ?? [];
    const files = await Promise.all(handles.map(async (handle) => ({ path: handle.name, file: await handle.getFile() })));
    return { files: tidy(files), handles };
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") return null;
    throw error;
  }
}

/** The holds of what was dropped. Call it in the event: the browser empties the list after. */
export async function handlesOf(data: DataTransfer): Promise<FileSystemHandle[]> {
  const items = [...data.items].filter((item) => item.kind === "file");
  const asked = items.map((item: DropItem) => item.getAsFileSystemHandle?.() ?? Promise.resolve(null));
  const found = await Promise.all(asked.map((one) => one.catch(() => null)));
  return found.filter((handle) => handle !== null);
}

/** Whether the browser lets the page read all of it; `ask` asks the person, when somebody has just pressed. */
export async function mayRead(handles: readonly Permitted[], ask: boolean): Promise<boolean> {
  const how = { mode: "read" } as const;
  try {
    for (const handle of handles) {
      let found = await handle.queryPermission?.(how);
      if (found === "prompt" && ask) found = await handle.requestPermission?.(how);
      if (found !== "granted") return false;
    }
  } catch {
    return false;
  }
  return handles.length > 0;
}

/** The files behind holds that may be read, folders walked through; what was moved or deleted is left out. */
export async function filesBehind(handles: readonly FileSystemHandle[]): Promise<Chosen[]> {
  const found: Chosen[] = [];
  for (const handle of handles) await walk(handle, "", found).catch(() => undefined);
  return tidy(found);
}

async function walk(handle: FileSystemHandle, folder: string, found: Chosen[]): Promise<void> {
  const path = folder + handle.name;
  if (handle.kind === "file") {
    found.push({ path, file: await (handle as FileSystemFileHandle).getFile() });
    return;
  }
  const inside = (handle as unknown as { values(): AsyncIterable<FileSystemHandle> }).values();
  for await (const child of inside) await walk(child, `${path}/`, found);
}
