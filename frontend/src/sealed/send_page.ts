// The send page: choose, say for whom, lock and send, pass on; and going on with what was not finished.
import { place, run, showStep } from "./dom";
import { newSalt } from "./send_seal";
import { alone, chosenAgain, match } from "./resume";
import { b64u, newId, random } from "./bytes";
import { ask, Chooser } from "./send_choose";
import { handOver } from "./send_hand";
import { finished, Sender } from "./send_job";
import { People, type Problem } from "./send_people";
import { Progress } from "./send_progress";
import { Store } from "./send_store";
import type { News, Send } from "./send_types";
import { type Chosen, itemsOf } from "./sources";
import { shown } from "./names";
import { momentOf, readWords, say, sizeOf } from "./words";
import { MadeError, postJson } from "./send_post";

const DAY = 86_400_000;
const MOST_FILES = 10_000;

/** Makes the page work. */
export async function startSending(root: HTMLElement): Promise<void> {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const store = await Store.open(root.dataset["vault"] ?? "").catch(() => null);
  const page = new Page(root, store);
  await page.start();
}

class Page {
  private readonly chooser: Chooser;
  private readonly people: People;
  private readonly progress: Progress;
  private readonly sender: Sender;
  private send: Send | null = null;
  private files: [string, File][] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store | null,
  ) {
    const failed = (): void => { this.say("failed"); };
    this.chooser = new Chooser(root, failed);
    this.people = new People(root);
    this.sender = new Sender(root.dataset["worker"] ?? "", root.dataset["vault"] ?? "", (news) => { this.hear(news); });
    this.progress = new Progress(root, {
      pause: () => { this.sender.tell({ do: "pause" }); },
      go: () => { this.sender.go(); },
      cancel: () => { this.sender.tell({ do: "cancel" }); },
    });
    place(root, "make").addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.begin(), failed);
    });
    this.wireAgain(failed);
    place(root, "hand-done").addEventListener("click", () => { run(() => this.handed(), failed); });
    addEventListener("beforeunload", (event) => {
      if (this.sender.busy) event.preventDefault();
    });
  }

  async start(): Promise<void> {
    if (!this.store) place(this.root, "start-problem").textContent = say("storage");
    await this.showUnfinished();
  }

  private say(word: string, values: Record<string, string | number> = {}): void {
    place(this.root, "start-problem").textContent = say(word, values);
  }

  private text(name: string): string {
    return place<HTMLInputElement>(this.root, name).value.trim();
  }

  // What is missing.

  private problems(): Problem[] {
    const at = place(this.root, "files");
    const largest = Number(this.root.dataset["largest"]);
    const found = this.people.problems([this.text("title")]);
    const big = this.chooser.chosen.find(([, file]) => file.size > largest);
    if (big) found.unshift({ text: say("too-big", { name: shown(big[0]), size: sizeOf(largest) }), at });
    if (this.chooser.count > MOST_FILES) found.unshift({ text: say("too-many", { n: MOST_FILES }), at });
    if (!this.chooser.count && !this.text("note")) found.unshift({ text: say("need-files"), at });
    return found;
  }

  private showProblems(problems: readonly Problem[]): void {
    const box = place(this.root, "problems");
    box.hidden = problems.length === 0;
    const lines = problems.map(({ text, at }) => {
      const line = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${at.id}`;
      link.textContent = text;
      link.addEventListener("click", (event) => {
        event.preventDefault();
        at.focus();
      });
      line.append(link);
      return line;
    });
    place(this.root, "problem-list").replaceChildren(...lines);
    if (problems.length) box.focus();
  }

  // Lock and send.

  private async begin(): Promise<void> {
    const problems = this.problems();
    this.showProblems(problems);
    this.root.querySelector("[data-start-problem]")?.replaceChildren();
    if (problems.length || this.sender.busy) return;
    const send = this.draft();
    const button = place<HTMLButtonElement>(this.root, "start");
    button.disabled = true;
    try {
      await this.make(send);
    } catch (error) {
      if (!(error instanceof MadeError)) throw error;
      this.say(error.word);
      if (error.word === "fresh" || error.word === "sign-in") window.open(this.root.dataset["signIn"], "_blank", "noopener");
      return;
    } finally {
      button.disabled = false;
    }
    await this.store?.put(send);
    this.work(send, this.chooser.chosen);
  }

  private async make(send: Send): Promise<void> {
    const tell = send.people.map((person) => person.tell);
    const { share, expires, maxOpens } = send;
    const person = this.root.dataset["person"] ?? "";
    const asked = { share, expires_at: expires, max_opens: maxOpens, tell, person };
    const made = await postJson(this.root, this.root.dataset["new"] ?? "", asked);
    send.token = String(made["upload_token"]);
  }

  private draft(): Send {
    return {
      share: newId(),
      token: "",
      key: b64u(random(32)),
      stage: "files",
      title: this.text("title"),
      note: this.text("note"),
      created: new Date().toISOString(),
      expires: new Date(Date.now() + Number(this.text("days")) * DAY).toISOString(),
      maxOpens: Number(this.text("opens")) || null,
      keep: place<HTMLInputElement>(this.root, "keep").checked,
      items: itemsOf(this.chooser.chosen, this.chooser.picked),
      people: this.people.all(),
      list: { object: newId(), salt: newSalt() },
      hashes: [],
      listed: "",
    };
  }

  private work(send: Send, files: [string, File][]): void {
    this.send = send;
    this.files = files;
    this.progress.begin();
    showStep(this.root, "work");
    this.sender.start(send, files);
  }

  private hear(news: News): void {
    if (news.is === "progress") this.progress.progress(news.done, news.total);
    else if (news.is === "state") this.progress.state(news.state);
    else if (news.is === "problem") {
      this.progress.problem(say(news.code, { name: shown(news.path ?? "") }), true);
      if (news.code === "unreadable" && this.send) this.chooseAgain(this.send);
    } else if (news.is === "ready") this.hand(news.send);
    else {
      this.send = null;
      showStep(this.root, "make");
      this.say("cancelled");
      run(() => this.showUnfinished(), () => undefined);
    }
  }

  // Passing on.

  private hand(send: Send): void {
    this.send = send;
    const many = send.people.length;
    place(this.root, "hand-title").textContent = say(many === 1 ? "hand-one" : "hand-many", { n: many });
    handOver(this.root, place(this.root, "hand-list"), send.people, this.root.dataset["origin"] ?? "");
    showStep(this.root, "hand");
  }

  private async handed(): Promise<void> {
    if (this.send) await this.store?.put(finished(this.send));
    this.sender.end();
    location.assign(this.root.dataset["after"] ?? "/");
  }

  // What was not finished.

  private async showUnfinished(): Promise<void> {
    const all = (await this.store?.all()) ?? [];
    const open = all.filter((send) => !send.into && send.people.some((person) => person.password));
    const live = open.filter((send) => new Date(send.expires).getTime() > Date.now());
    place(this.root, "unfinished").hidden = live.length === 0;
    place(this.root, "unfinished-list").replaceChildren(...live.map((send) => this.openRow(send)));
  }

  private openRow(send: Send): HTMLElement {
    const made = place<HTMLTemplateElement>(this.root, "open-row").content.cloneNode(true) as DocumentFragment;
    const row = made.firstElementChild as HTMLElement;
    const what = shown(send.title || say("untitled"));
    const word = send.stage === "ready" ? "open-hand" : "open-part";
    place(row, "open-words").textContent = say(word, { what, when: momentOf(send.created) });
    const failed = (): void => { this.say("failed"); };
    place(row, "open-go").addEventListener("click", () => { this.goOn(send); });
    place(row, "open-drop").addEventListener("click", () => { run(() => this.forget(send), failed); });
    return row;
  }

  private goOn(send: Send): void {
    if (send.stage === "ready") this.hand(send);
    else if (chosenAgain(send).length) this.chooseAgain(send);
    else this.work(send, []);
  }

  private async forget(send: Send): Promise<void> {
    const free = await alone(send.share, async () => {
      await this.sender.forget(send);
      await this.store?.drop(send.share);
    });
    if (!free) this.say("elsewhere");
    await this.showUnfinished();
    place(this.root, "files").focus();
  }

  private chooseAgain(send: Send): void {
    this.send = send;
    this.files = [];
    const items = chosenAgain(send);
    const size = sizeOf(items.reduce((sum, item) => sum + item.size, 0));
    const files = say(items.length === 1 ? "one-file" : "some-files", { n: items.length, size });
    place(this.root, "again-about").textContent = say("again-about", { what: shown(send.title || say("untitled")), files });
    this.missing([]);
    showStep(this.root, "choose-again");
  }

  private wireAgain(failed: () => void): void {
    for (const name of ["files", "folder"] as const) {
      place(this.root, `again-${name}`).addEventListener("click", () => {
        run(async () => { this.again((await ask(this.root, name)) ?? []); }, failed);
      });
    }
    place(this.root, "again-back").addEventListener("click", () => {
      this.sender.end();
      showStep(this.root, "make");
    });
  }

  private again(found: readonly Chosen[]): void {
    if (!this.send || !found.length) return;
    const all = new Map([...this.files, ...found.map(({ path, file }): [string, File] => [path, file])]);
    this.files = [...all];
    const { files, missing } = match(this.send, this.files);
    this.missing(missing);
    if (!missing.length) this.work(this.send, files);
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
