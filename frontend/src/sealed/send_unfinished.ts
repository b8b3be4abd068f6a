// What was not finished: the list of it, and the step that asks for its files again where the browser lost hold of them.
import { place, run, showStep } from "./dom";
import { filesBehind, type Found, mayRead } from "./handles";
import { shown } from "./names";
import { alone, chosenAgain, match } from "./resume";
import { ask } from "./send_choose";
import type { Sender } from "./send_job";
import type { Store } from "./send_store";
import type { Send } from "./send_types";
import { momentOf, say, sizeOf } from "./words";

type Files = [string, File][];

/** What a page does with a transfer. */
export interface Acts {
  /** Whether the page shows it. */
  mine(send: Send): boolean;
  /** Goes on with its files. */
  work(send: Send, files: Files): void;
  /** Everything is sent; the rest of it, such as links, is still to do. */
  rest(send: Send): void;
  /** Says something above the first step. */
  say(word: string): void;
}

export class Unfinished {
  private send: Send | null = null;
  private files: Files = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Promise<Store | null>,
    private readonly sender: Sender,
    private readonly acts: Acts,
  ) {
    const failed = (): void => { acts.say("failed"); };
    for (const name of ["files", "folder"] as const) {
      place(root, `again-${name}`).addEventListener("click", () => {
        run(async () => { this.again(await ask(root, name)); }, failed);
      });
    }
    place(root, "again-back").addEventListener("click", () => {
      this.send = null;
      this.sender.end();
      showStep(root, "make");
    });
  }

  /** Shows the list. */
  async show(): Promise<void> {
    const live = ((await (await this.store)?.all()) ?? []).filter((send) => this.acts.mine(send));
    place(this.root, "unfinished").hidden = live.length === 0;
    place(this.root, "unfinished-list").replaceChildren(...live.map((send) => this.row(send)));
  }

  private row(send: Send): HTMLElement {
    const made = place<HTMLTemplateElement>(this.root, "open-row").content.cloneNode(true) as DocumentFragment;
    const row = made.firstElementChild as HTMLElement;
    const what = shown(send.title || say("untitled"));
    const word = send.stage === "ready" ? "open-hand" : "open-part";
    place(row, "open-words").textContent = say(word, { what, when: momentOf(send.created) });
    const failed = (): void => { this.acts.say("failed"); };
    place(row, "open-go").addEventListener("click", () => { run(() => this.goOn(send), failed); });
    place(row, "open-drop").addEventListener("click", () => { run(() => this.forget(send), failed); });
    return row;
  }

  private async goOn(send: Send): Promise<void> {
    if (send.stage === "ready") this.acts.rest(send);
    else if (!chosenAgain(send).length) this.acts.work(send, []);
    else await this.fromHandles(send, (await (await this.store)?.handles(send.share)) ?? []);
  }

  /** Goes on with the files the browser has hold of; while it asks whether it may, they can be chosen as well. */
  private async fromHandles(send: Send, handles: FileSystemHandle[]): Promise<void> {
    if (!(await mayRead(handles, false))) {
      this.chooseAgain(send);
      if (!(await mayRead(handles, true))) return;
    } else this.send = send;
    const files = await filesBehind(handles);
    if (this.send !== send) return;
    if (!this.again({ files, handles })) this.chooseAgain(send, this.files);
  }

  private async forget(send: Send): Promise<void> {
    const free = await alone(send.share, async () => {
      await this.sender.forget(send);
      await (await this.store)?.drop(send.share);
    });
    if (!free) this.acts.say("elsewhere");
    await this.show();
    place(this.root, "files").focus();
  }

  /** Asks for the files of a transfer; `files` are there already. */
  chooseAgain(send: Send, files: Files = []): void {
    this.send = send;
    this.files = files;
    const items = chosenAgain(send);
    const size = sizeOf(items.reduce((sum, item) => sum + item.size, 0));
    const about = say(items.length === 1 ? "one-file" : "some-files", { n: items.length, size });
    place(this.root, "again-about").textContent = say("again-about", { what: shown(send.title || say("untitled")), files: about });
    this.missing(files.length ? match(send, files).missing : []);
    showStep(this.root, "choose-again");
  }

  /** Takes files; whether all are there now, and it goes on. */
  private again(found: Found | null): boolean {
    const send = this.send;
    if (!send || !found?.files.length) return false;
    this.files = [...new Map([...this.files, ...found.files.map(({ path, file }): [string, File] => [path, file])])];
    const { files, missing } = match(send, this.files);
    this.missing(missing);
    if (missing.length) return false;
    this.send = null;
    this.acts.work(send, files);
    return true;
  }

  private missing(paths: readonly string[]): void {
    place(this.root, "again-problem").textContent = paths.length ? say("again-missing") : "";
    const list = place(this.root, "again-missing");
    list.hidden = paths.length === 0;
    const lines = paths.slice(0, 20).map((path) => {
      const line = document.createElement("li");
      line.textContent = shown(path);
      return line;
    });
    list.replaceChildren(...lines);
  }
}
