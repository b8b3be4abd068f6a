// Looking at a file in place of saving it. Pictures, plain text and clinical documents are shown on the page; a PDF
// opens in a tab of its own, in the browser's own viewer. What a sender wrote never becomes markup.
import { type Piece, TAGS } from "./ccda";
import { breathe, place } from "./dom";
import type { FileView, Looked } from "./messages";
import { shown } from "./names";
import type { Talk } from "./talk";
import { say } from "./words";

const BLOCK = 16 * 1024;
const PIECES_AT_ONCE = 400;

export class Looker {
  private readonly dialog: HTMLDialogElement;
  private address = "";
  private job = 0;

  constructor(
    root: HTMLElement,
    private readonly talk: Talk,
    private readonly seen: (file: FileView, receipt: boolean) => void,
  ) {
    this.dialog = place<HTMLDialogElement>(root, "preview");
    place(root, "preview-close").addEventListener("click", () => { this.dialog.close(); });
    this.dialog.addEventListener("close", () => { this.clear(); });
  }

  async look(file: FileView): Promise<void> {
    this.clear();
    place(this.dialog, "preview-name").textContent = shown(file.name);
    this.note(say("reading", { name: shown(file.name) }));
    this.dialog.showModal();
    const job = this.talk.nextJob();
    this.job = job;
    const told = await this.talk.ask({ do: "look", job, index: file.index }, ["looked", "failed"]);
    if (this.job !== job) return;
    if (told.say === "failed") {
      this.note(`${say(`${told.why}-title`)}. ${say(`${told.why}-text`)}`);
      return;
    }
    this.seen(file, told.receipt);
    await this.show(told.looked, shown(file.name), job);
  }

  private async show(looked: Looked, name: string, job: number): Promise<void> {
    this.note("");
    if (looked.kind === "text") {
      this.note(looked.cut ? say("look-cut") : "");
      await this.text(looked.text, job);
    } else if (looked.kind === "record") {
      this.note(say("look-record"));
      await this.pieces(looked.pieces, job);
    } else {
      this.address = URL.createObjectURL(looked.blob);
      if (looked.kind === "image") this.image(name);
      else this.document();
    }
  }

  private image(name: string): void {
    const image = document.createElement("img");
    image.alt = name;
    image.src = this.address;
    image.addEventListener("error", () => { this.note(`${say("no-look-title")}. ${say("no-look-text")}`); });
    this.body.replaceChildren(image);
  }

  /** A viewer of PDF does not run inside a sandbox, so it gets a tab; the link is there for blockers of pop-ups. */
  private document(): void {
    this.note(say("look-tab"));
    const link = document.createElement("a");
    link.className = "button";
    link.href = this.address;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = say("look-tab-link");
    this.body.replaceChildren(link);
    link.click();
    link.focus();
  }

  private async text(text: string, job: number): Promise<void> {
    for (let start = 0; start < text.length && this.job === job; start += BLOCK) {
      const block = document.createElement("pre");
      block.textContent = text.slice(start, start + BLOCK);
      this.body.append(block);
      await breathe();
    }
  }

  private async pieces(pieces: readonly Piece[], job: number): Promise<void> {
    const todo: { piece: Piece; into: Node }[] = pieces.map((piece) => ({ piece, into: this.body })).reverse();
    for (let made = 1; todo.length && this.job === job; made += 1) {
      const next = todo.pop();
      if (!next) return;
      const { piece, into } = next;
      const node = build(piece);
      into.appendChild(node);
      const inside = typeof piece === "string" ? [] : piece.pieces;
      todo.push(...inside.map((child) => ({ piece: child, into: node })).reverse());
      if (made % PIECES_AT_ONCE === 0) await breathe();
    }
  }

  private get body(): HTMLElement {
    return place(this.dialog, "preview-body");
  }

  private note(text: string): void {
    const note = place(this.dialog, "preview-note");
    note.textContent = text;
    note.hidden = !text;
  }

  private clear(): void {
    if (this.job) this.talk.send({ do: "cancel", job: this.job });
    this.job = 0;
    this.body.replaceChildren();
    this.note("");
    // A tab that shows the document has read it by now; the page's own picture is gone with its element.
    const old = this.address;
    if (old) setTimeout(() => { URL.revokeObjectURL(old); }, 60_000);
    this.address = "";
  }
}

/** One node of a piece; its children are added later. Only listed elements, only two attributes, both numbers. */
function build(piece: Piece): Node {
  if (typeof piece === "string") return document.createTextNode(piece);
  const element = document.createElement(TAGS.has(piece.tag) ? piece.tag : "span");
  if (element instanceof HTMLTableCellElement) {
    element.colSpan = piece.columns ?? 1;
    element.rowSpan = piece.rows ?? 1;
  }
  return element;
}
