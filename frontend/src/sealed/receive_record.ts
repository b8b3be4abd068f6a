// Keeping files of an open share in a record: chosen here, unlocked here one by one, taken by a page of the portal that
// this page opens. Nothing is unlocked for it before the person said there that the office may read it.
import { place, run } from "./dom";
import type { FileView, ShareView } from "./messages";
import { leaf, shown } from "./names";
import { type Asked, type Given, isReady, type Offer } from "./record_words";
import type { Talk } from "./talk";
import { say, sizeOf } from "./words";

const TAKEN = /\.(?:pdf|png|jpe?g|tiff?|xml|cda|ccda)$/i;
const LARGEST = 200 * 1024 * 1024;
const MOST = 100;

export class Keeper {
  private readonly dialog: HTMLDialogElement;
  private readonly portal: string;
  private opened: Window | null = null;
  private chosen: FileView[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly talk: Talk,
  ) {
    this.dialog = place<HTMLDialogElement>(root, "keep-dialog");
    const portal = root.dataset["portal"] ?? "";
    this.portal = portal === "" ? location.origin : portal;
    addEventListener("message", (event: MessageEvent<unknown>) => {
      const window = this.opened;
      if (window && event.origin === this.portal && event.source === window && isReady(event.data)) this.offer(window);
    });
  }

  /** Wires the button of a share that was opened. */
  start(share: ShareView): void {
    const fit = share.files.filter((file) => TAKEN.test(file.name) && file.size > 0 && file.size <= LARGEST).slice(0, MOST);
    place(this.root, "keep-part").hidden = fit.length === 0;
    if (!fit.length) return;
    place(this.root, "keep-files").replaceChildren(...fit.map((file) => this.choice(file)));
    place(this.root, "keep-left").hidden = fit.length === share.files.length;
    place(this.root, "keep").addEventListener("click", () => { this.dialog.showModal(); });
    place(this.root, "keep-no").addEventListener("click", () => { this.dialog.close(); });
    place(this.root, "keep-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.go(fit);
    });
  }

  private choice(file: FileView): HTMLElement {
    const made = place<HTMLTemplateElement>(this.root, "keep-row").content.cloneNode(true) as DocumentFragment;
    const row = made.firstElementChild as HTMLElement;
    place<HTMLInputElement>(row, "keep-index").value = String(file.index);
    place(row, "keep-name").textContent = `${shown(file.name)} (${sizeOf(file.size)})`;
    return row;
  }

  private go(fit: readonly FileView[]): void {
    const boxes = [...this.root.querySelectorAll<HTMLInputElement>("[data-keep-index]")];
    const wanted = new Set(boxes.filter((box) => box.checked).map((box) => Number(box.value)));
    this.chosen = fit.filter((file) => wanted.has(file.index));
    place(this.root, "keep-problem").textContent = this.chosen.length ? "" : say("keep-none");
    if (!this.chosen.length) return;
    this.opened = window.open(`${this.portal}/record/add/shared/`, "_blank");
    place(this.root, "keep-problem").textContent = this.opened ? "" : say("keep-blocked");
    if (!this.opened) return;
    this.dialog.close();
    this.status(say("keep-there"));
  }

  /** Offers the chosen files to the page that was opened; again whenever it was loaded again. */
  private offer(window: Window): void {
    const channel = new MessageChannel();
    channel.port1.onmessage = ({ data }: MessageEvent<Asked>) => {
      if ("want" in data) run(() => this.give(data.want, channel.port1), () => undefined);
      else if ("kept" in data) this.status(say("keep-done", { n: data.kept, all: data.of }));
      else this.status("");
    };
    const files = this.chosen.map(({ index, name, size }) => ({ index, name: leaf(name), size }));
    const offer: Offer = { chartpost: "record-offer", files };
    window.postMessage(offer, this.portal, [channel.port2]);
  }

  /** Unlocks one of the chosen files, checks all of it, and hands it over. */
  private async give(index: number, port: MessagePort): Promise<void> {
    const file = this.chosen.find((one) => one.index === index);
    const send = (given: Given): void => { port.postMessage(given); };
    if (!file) return;
    const job = this.talk.nextJob();
    const ask = { do: "save", job, files: [index], names: [leaf(file.name)], sink: { kind: "memory" } } as const;
    const told = await this.talk.ask({ ...ask, files: [...ask.files], names: [...ask.names] }, ["saved", "failed"]);
    if (told.say === "saved" && told.blob) send({ index, file: told.blob });
    else send({ index, failed: true });
  }

  private status(text: string): void {
    const status = place(this.root, "keep-status");
    status.textContent = text;
    status.hidden = !text;
  }
}
