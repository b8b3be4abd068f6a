// The first part of the page: what is to be sent. Long lists show their first rows only, so the page stays quick.
import { place, run } from "./dom";
import { shown } from "./names";
import { canPickFiles, type Found, handlesOf, pickFiles } from "./handles";
import { type Chosen, fromDrop, fromInput, type Picked, risky } from "./sources";
import { say, sizeOf } from "./words";

const ROWS = 100;
const NAMED = 5;

/** Opens the browser's chooser of files or of a folder; null when it was closed without a choice. */
export async function ask(root: HTMLElement, name: "files" | "folder"): Promise<Found | null> {
  if (name === "files" && canPickFiles()) return await pickFiles();
  const input = place<HTMLInputElement>(root, `${name}-input`);
  return await new Promise((done) => {
    input.value = "";
    input.onchange = (): void => {
      done({ files: fromInput(input), handles: [] });
    };
    input.oncancel = (): void => {
      done(null);
    };
    input.click();
  });
}

/** The files that are to be sent. */
export class Chooser {
  private readonly files = new Map<string, File>();
  /** By which the browser finds files again after a reload, where it can. */
  handles: FileSystemHandle[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly failed: (error: unknown) => void,
  ) {
    for (const name of ["files", "folder"] as const) {
      place(root, name).addEventListener("click", () => {
        run(async () => { this.add(await ask(root, name)); }, failed);
      });
    }
    place(root, "clear").addEventListener("click", () => {
      this.files.clear();
      this.handles = [];
      for (const box of this.boxes()) box.checked = false;
      this.show();
      place(root, "files").focus();
    });
    for (const box of this.boxes()) box.addEventListener("change", () => { this.show(); });
    this.dropping(place(root, "drop"));
  }

  /** Chosen files by path, and what was picked out of the record. */
  get chosen(): [string, File][] {
    return [...this.files];
  }

  get picked(): Picked[] {
    const found = this.boxes().filter((box) => box.checked);
    return found.map((box) => ({
      path: box.dataset["pickName"] ?? "",
      url: box.dataset["pick"] ?? "",
      type: box.dataset["pickType"] ?? "",
    }));
  }

  /** Bytes of everything, as far as known. */
  get size(): number {
    const picks = this.boxes().filter((box) => box.checked);
    const picked = picks.reduce((sum, box) => sum + Number(box.dataset["pickSize"] ?? 0), 0);
    return this.chosen.reduce((sum, [, file]) => sum + file.size, picked);
  }

  get count(): number {
    return this.files.size + this.picked.length;
  }

  private boxes(): HTMLInputElement[] {
    return [...this.root.querySelectorAll<HTMLInputElement>("[data-pick]")];
  }

  private dropping(zone: HTMLElement): void {
    const over = (on: boolean) => (event: DragEvent): void => {
      event.preventDefault();
      zone.classList.toggle("send__drop--over", on);
    };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      const data = event.dataTransfer;
      if (data) run(() => this.dropped(data), this.failed);
    });
  }

  private async dropped(data: DataTransfer): Promise<void> {
    const [files, handles] = await Promise.all([fromDrop(data), handlesOf(data)]);
    this.add({ files, handles });
  }

  private add(all: Found | null): void {
    const found: readonly Chosen[] = all?.files ?? [];
    this.handles.push(...(all?.handles ?? []));
    const left = found.filter(({ path }) => risky(path));
    for (const { path, file } of found) if (!risky(path)) this.files.set(path, file);
    place(this.root, "risky").hidden = left.length === 0;
    const names = left.slice(0, NAMED).map(({ path }) => shown(path));
    const rest = left.length > NAMED ? ` ${say("more-files", { n: left.length - NAMED })}` : "";
    place(this.root, "risky-names").textContent = names.join(", ") + rest;
    this.show();
  }

  private show(): void {
    const words = say(this.count === 1 ? "one-file" : "some-files", { n: this.count, size: sizeOf(this.size) });
    place(this.root, "chosen").hidden = this.count === 0;
    place(this.root, "sum").textContent = words;
    place(this.root, "spoken").textContent = this.count ? words : "";
    const rows = this.chosen.slice(0, ROWS).map(([path, file]) => this.row(path, file));
    place(this.root, "list").replaceChildren(...rows);
    const more = place(this.root, "list-more");
    more.hidden = this.files.size <= ROWS;
    more.textContent = say("more-files", { n: this.files.size - ROWS });
  }

  private row(path: string, file: File): HTMLElement {
    const made = place<HTMLTemplateElement>(this.root, "file-row").content.cloneNode(true) as DocumentFragment;
    const row = made.firstElementChild as HTMLElement;
    place(row, "file-name").textContent = shown(path);
    place(row, "file-size").textContent = sizeOf(file.size);
    place(row, "of").textContent = `: ${shown(path)}`;
    place(row, "take-out").addEventListener("click", () => {
      const next = (row.nextElementSibling ?? row.previousElementSibling) === null ? -1 : [...(row.parentElement?.children ?? [])].indexOf(row);
      this.files.delete(path);
      this.show();
      const rows = place(this.root, "list").children;
      const there = rows[Math.min(next, rows.length - 1)];
      (there?.querySelector<HTMLElement>("button") ?? place(this.root, "files")).focus();
    });
    return row;
  }
}
