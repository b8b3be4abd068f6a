// What is shown once a share is open: who sent it, what it says, and its files.
import { place, run, showStep } from "./dom";
import type { FileView, ShareView } from "./messages";
import { shown } from "./names";
import { Looker } from "./receive_look";
import { Saver } from "./receive_save";
import type { Talk } from "./talk";
import { momentOf, say, sizeOf } from "./words";

const ROWS_AT_ONCE = 100;

/** Shows an open share and makes its buttons work. */
export function showShare(root: HTMLElement, share: ShareView, talk: Talk, opfs: () => boolean): void {
  facts(root, share);
  const rows = new Map<number, HTMLElement>();
  const saver = new Saver(root, talk, opfs, (files) => {
    for (const file of files) mark(rows.get(file.index), file);
  });
  const looker = new Looker(root, talk, (_, receipt) => {
    if (receipt) place(root, "spoken").textContent = say("saved-told");
  });
  const list = place(root, "files");
  list.hidden = share.files.length === 0;
  const more = place(root, "more");
  const add = (): void => {
    const next = share.files.slice(rows.size, rows.size + ROWS_AT_ONCE);
    for (const file of next) {
      const row = rowOf(root, file, saver, looker);
      rows.set(file.index, row);
      list.append(row);
    }
    more.hidden = rows.size >= share.files.length;
  };
  more.addEventListener("click", () => {
    const from = rows.size;
    add();
    list.children[from]?.querySelector<HTMLElement>("button:not([hidden])")?.focus();
  });
  add();
  saver.start(share);
  showStep(root, "open");
}

function facts(root: HTMLElement, share: ShareView): void {
  place(root, "title").textContent = shown(share.title || say("no-title"));
  const note = place(root, "note");
  note.hidden = !share.note;
  note.textContent = share.note.split("\n").map((line) => (line ? shown(line) : "")).join("\n");
  place(root, "fact='sender'").hidden = !share.sender;
  place(root, "sender").textContent = shown(share.sender);
  place(root, "created").textContent = momentOf(share.created);
  place(root, "fact='ends'").hidden = !share.endsAt;
  place(root, "ends").textContent = momentOf(share.endsAt);
  place(root, "who").textContent = say(share.zeroKnowledge ? "who-you" : "who-office");
  const n = share.files.length;
  place(root, "files-title").textContent = n === 1 ? say("one-file") : n ? say("some-files", { n }) : say("no-files");
}

function rowOf(root: HTMLElement, file: FileView, saver: Saver, looker: Looker): HTMLElement {
  const made = place<HTMLTemplateElement>(root, "row").content.cloneNode(true) as DocumentFragment;
  const row = made.firstElementChild as HTMLElement;
  const name = shown(file.name);
  place(row, "name").textContent = name;
  place(row, "facts").textContent = sizeOf(file.size);
  for (const button of row.querySelectorAll("button")) button.ariaLabel = `${button.textContent}: ${name}`;
  const look = place(row, "look");
  look.hidden = !file.look;
  const failed = (): void => {
    saver.failed("failed", 0);
  };
  look.addEventListener("click", () => { run(() => looker.look(file), failed); });
  place(row, "save").addEventListener("click", () => { run(() => saver.one(file), failed); });
  return row;
}

function mark(row: HTMLElement | undefined, file: FileView): void {
  if (!row) return;
  row.classList.add("share__file--saved");
  place(row, "facts").textContent = `${sizeOf(file.size)} · ${say("saved-title")}`;
}
