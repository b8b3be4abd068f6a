// The portal's page that adds files of a sealed share to a record. It never has a key: the page of the share, or of what
// arrived for somebody who asked, opened this one, unlocks each file when asked and hands it over, after a yes here.
import { place, run, showStep } from "./dom";
import { shown } from "./names";
import { type Asked, type Given, isOffer, type Offer, type Ready } from "./record_words";
import { MadeError, postForm } from "./send_post";
import { readWords, say, sizeOf } from "./words";

const UNLOCK_MS = 10 * 60_000;

/** Makes the page work. */
export function startTaking(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const from = window.opener as Window | null;
  const told = root.dataset["shareOrigin"] ?? "";
  const origins = new Set([location.origin, told === "" ? location.origin : told]);
  if (!from) return;
  addEventListener("message", (event: MessageEvent<unknown>) => {
    const [port] = event.ports;
    if (!origins.has(event.origin) || event.source !== from || !port || !isOffer(event.data)) return;
    new Taking(root, event.data.files, port).start();
  });
  const ready: Ready = { chartpost: "record-ready" };
  for (const origin of origins) from.postMessage(ready, origin); // it is a page of one of them, or of neither
}

class Taking {
  private readonly rows = new Map<number, HTMLElement>();
  private readonly waiting = new Map<number, (given: Given) => void>();
  private added = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly files: Offer["files"],
    private readonly port: MessagePort,
  ) {
    port.onmessage = ({ data }: MessageEvent<Given>) => {
      this.waiting.get(data.index)?.(data);
    };
  }

  start(): void {
    if (!this.root.querySelector("input[name=person]")) {
      place(this.root, "again").onclick = () => { location.reload(); };
      showStep(this.root, "who");
      return;
    }
    const list = place(this.root, "offered");
    list.replaceChildren(...this.files.map((file) => this.row(file)));
    place(this.root, "confirm").onsubmit = (event) => {
      event.preventDefault();
      run(() => this.keep(), () => { this.end(); });
    };
    place(this.root, "no").onclick = () => { this.leave(); };
    showStep(this.root, "confirm");
  }

  private row(file: Offer["files"][number]): HTMLElement {
    const made = place<HTMLTemplateElement>(this.root, "row").content.cloneNode(true) as DocumentFragment;
    const row = made.firstElementChild as HTMLElement;
    place(row, "name").textContent = `${shown(file.name)} (${sizeOf(file.size)})`;
    place(row, "told").textContent = say("waiting");
    this.rows.set(file.index, row);
    return row;
  }

  private async keep(): Promise<void> {
    const person = this.root.querySelector<HTMLInputElement>("input[name=person]:checked")?.value ?? "";
    for (const control of place(this.root, "confirm").querySelectorAll<HTMLInputElement>("button, input")) {
      control.disabled = true;
    }
    for (const file of this.files) {
      const told = await this.one(file, person).catch((error: unknown) => {
        return say(error instanceof MadeError ? error.word : "failed");
      });
      this.tell(file.index, told);
    }
    this.end();
  }

  /** Adds one file; what came of it, in plain words. */
  private async one(file: Offer["files"][number], person: string): Promise<string> {
    if (file.size > Number(this.root.dataset["largest"])) return say("large");
    this.tell(file.index, say("unlocking"));
    const given = await this.asked(file.index);
    if (!given) return say("gone");
    if ("failed" in given) return say("not-unlocked");
    this.tell(file.index, say("sending"));
    const form = new FormData();
    form.set("person", person);
    form.set("file", given.file, file.name.slice(file.name.lastIndexOf("/") + 1));
    const answer = await postForm(this.root, this.root.dataset["add"] ?? "", form);
    if (answer["good"] === true) this.added += 1;
    return String(answer["text"]);
  }

  /** A file of the other page; null when it does not answer any more. */
  private asked(index: number): Promise<Given | null> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => { resolve(null); }, UNLOCK_MS);
      const closed = setInterval(() => {
        if ((window.opener as Window | null)?.closed !== false) resolve(null);
      }, 500);
      this.waiting.set(index, (given) => {
        clearTimeout(timer);
        clearInterval(closed);
        resolve(given);
      });
      this.say({ want: index });
    });
  }

  private tell(index: number, text: string): void {
    const row = this.rows.get(index);
    if (row) place(row, "told").textContent = text;
  }

  private end(): void {
    const [n, all] = [this.added, this.files.length];
    this.say({ kept: n, of: all });
    place(this.root, "done-title").textContent = say(n === all ? "all-title" : n ? "some-title" : "none-title", { n, all });
    place(this.root, "done-text").textContent = say(n === all ? "close" : "rest");
    place(this.root, "done-text").after(place(this.root, "offered"));
    showStep(this.root, "done");
  }

  private leave(): void {
    this.say({ leave: true });
    place(this.root, "done-title").textContent = say("none-title");
    place(this.root, "done-text").textContent = say("refused");
    showStep(this.root, "done");
  }

  private say(word: Asked): void {
    this.port.postMessage(word);
  }
}
