// The list of what was sent: what only this browser knows of it (titles, names), and links for more people.
import { unb64u } from "./bytes";
import { place, run } from "./dom";
import { shown } from "./names";
import { handOver } from "./send_hand";
import { People } from "./send_people";
import { linkFor } from "./send_seal";
import { Store } from "./send_store";
import type { Person, Send } from "./send_types";
import { Line, Refusal } from "./upload";
import { readWords, say } from "./words";

const TIMEOUT = 30_000;

/** Makes the list work. */
export async function startShares(root: HTMLElement): Promise<void> {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const store = await Store.open(root.dataset["vault"] ?? "").catch(() => null);
  const known = new Map((await store?.all())?.map((send) => [send.share, send]));
  for (const card of root.querySelectorAll<HTMLElement>("[data-share]")) {
    const send = known.get(card.dataset["share"] ?? "");
    if (send && store) new Row(root, card, send, store).start();
  }
}

class Row {
  constructor(
    private readonly root: HTMLElement,
    private readonly card: HTMLElement,
    private send: Send,
    private readonly store: Store,
  ) {}

  start(): void {
    if (this.send.title) place(this.card, "share-title").textContent = shown(this.send.title);
    for (const person of this.send.people) {
      const row = this.card.querySelector<HTMLElement>(`[data-link-of="${CSS.escape(person.recipient)}"]`);
      if (row && person.name) place(row, "link-name").textContent = shown(person.name);
    }
    const add = this.card.querySelector<HTMLElement>("[data-add-to]");
    if (!add || !this.send.key || !this.send.listed) return;
    add.hidden = false;
    add.addEventListener("click", () => { this.open(add); });
  }

  private open(add: HTMLElement): void {
    const made = place<HTMLTemplateElement>(this.root, "add-form").content.cloneNode(true) as DocumentFragment;
    const form = place<HTMLFormElement>(made, "add-person-form");
    form.prepend(...[this.root.querySelector("[data-person-form]")?.cloneNode(true)].filter((one) => one !== undefined));
    place(this.card, "adding").replaceChildren(form);
    add.hidden = true;
    const people = new People(form, 1);
    place(form, "name").focus();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      run(() => this.add(form, people), () => { place(form, "add-problem").textContent = say("failed"); });
    });
  }

  private async add(form: HTMLElement, people: People): Promise<void> {
    const [problem] = people.problems([this.send.title]);
    place(form, "add-problem").textContent = problem?.text ?? "";
    problem?.at.focus();
    const [person] = people.all();
    if (problem || !person) return;
    const button = form.querySelector<HTMLButtonElement>("[type=submit]");
    if (button) button.disabled = true;
    try {
      await this.register(person);
    } catch (error) {
      if (button) button.disabled = false;
      place(form, "add-problem").textContent = say(error instanceof Refusal && error.status === 410 ? "gone" : "failed");
      return;
    }
    this.handed(form, person);
  }

  private async register(person: Person): Promise<void> {
    const ask = await linkFor(this.send, person, unb64u(this.send.listed));
    const line = new Line(this.send.share, this.send.token, () => undefined);
    const label = String(this.send.people.length + 1);
    const limits = this.send.maxOpens ? { max_opens: this.send.maxOpens } : {};
    await line.json("POST", "/recipients", { ...ask, label, ...limits }, AbortSignal.timeout(TIMEOUT));
    const kept = { ...person, secret: "", password: "", salt: "", done: true };
    this.send = { ...this.send, people: [...this.send.people, kept] };
    await this.store.put(this.send);
  }

  private handed(form: HTMLElement, person: Person): void {
    place(form, "people").replaceChildren();
    const button = form.querySelector<HTMLElement>("[type=submit]");
    if (button) button.hidden = true;
    const list = place(form, "add-list");
    handOver(this.root, list, [person], this.root.dataset["origin"] ?? "");
    place(list, "copy-link").focus();
    const done = place(form, "add-done");
    done.hidden = false;
    done.addEventListener("click", () => { location.reload(); });
  }
}
