/**
 * Parts of a long document (`[data-chapter]` inside `[data-chapters]`): all opened or closed at once, moved up and down,
 * and their order remembered on this device. Names of parts are codes; nothing about a person is kept.
 */
const STORE = "chartpost-chapters";
const REMEMBERED = 100;

function keys(parts: HTMLElement[]): string[] {
  return parts.map((part) => part.dataset["chapter"] ?? "");
}

function remembered(): string[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(STORE) ?? "[]");
    return Array.isArray(found) ? found.filter((key): key is string => typeof key === "string") : [];
  } catch {
    return [];
  }
}

/** What was remembered, with the parts of this document in their new order; parts of other documents stay. */
function remember(now: string[]): void {
  const others = remembered().filter((key) => !now.includes(key));
  localStorage.setItem(STORE, JSON.stringify([...now, ...others].slice(0, REMEMBERED)));
}

/** Parts that were moved before come in that order; the others stay behind the part they followed. */
export function sorted(now: string[], wanted: string[]): string[] {
  const known = wanted.filter((key) => now.includes(key));
  const found = [...known];
  for (const [place, key] of now.entries()) {
    if (known.includes(key)) continue;
    const before = now[place - 1];
    found.splice(before === undefined ? 0 : found.indexOf(before) + 1, 0, key);
  }
  return found;
}

class Chapters {
  readonly #frame: HTMLElement;
  readonly #usual: HTMLElement[];

  constructor(frame: HTMLElement) {
    this.#frame = frame;
    this.#usual = this.#parts();
  }

  start(): void {
    this.#arrange(sorted(keys(this.#usual), remembered()));
    for (const part of this.#usual) {
      for (const button of part.querySelectorAll<HTMLButtonElement>("[data-move]")) {
        button.addEventListener("click", () => {
          this.#move(part, button);
        });
      }
    }
    this.#press("[data-chapters-open]", () => {
      this.#open(true);
    });
    this.#press("[data-chapters-close]", () => {
      this.#open(false);
    });
    this.#press("[data-chapters-usual]", () => {
      localStorage.removeItem(STORE);
      this.#arrange(keys(this.#usual));
    });
    this.#print();
  }

  #press(what: string, run: () => void): void {
    this.#frame.querySelector(what)?.addEventListener("click", run);
  }

  #parts(): HTMLElement[] {
    return [...this.#frame.querySelectorAll<HTMLElement>("[data-chapter]")];
  }

  #arrange(order: string[]): void {
    const byKey = new Map(this.#usual.map((part) => [part.dataset["chapter"] ?? "", part]));
    for (const key of order) {
      const part = byKey.get(key);
      if (part) this.#frame.append(part);
    }
    this.#ends();
  }

  /** The first part cannot go up, the last not down; the buttons keep the focus, so they are only marked. */
  #ends(): void {
    const parts = this.#parts();
    for (const [place, part] of parts.entries()) {
      part.querySelector("[data-move='-1']")?.setAttribute("aria-disabled", String(place === 0));
      part.querySelector("[data-move='1']")?.setAttribute("aria-disabled", String(place === parts.length - 1));
    }
  }

  #move(part: HTMLElement, button: HTMLButtonElement): void {
    if (button.getAttribute("aria-disabled") === "true") return;
    const parts = this.#parts();
    const place = parts.indexOf(part) + Number(button.dataset["move"]);
    const other = parts[place];
    if (!other) return;
    if (button.dataset["move"] === "1") other.after(part);
    else other.before(part);
    remember(keys(this.#parts()));
    this.#ends();
    button.focus();
    part.scrollIntoView({ block: "nearest" });
    this.#say(part, place + 1, parts.length);
  }

  #say(part: HTMLElement, place: number, all: number): void {
    const status = this.#frame.querySelector<HTMLElement>("[data-chapters-says]");
    const name = part.querySelector("h2")?.textContent ?? "";
    const said: Record<string, string> = { part: name.trim(), place: String(place), all: String(all) };
    if (status) {
      status.textContent = (status.dataset["chaptersSays"] ?? "").replaceAll(/\{(\w+)\}/g, (_, key: string) => said[key] ?? "");
    }
  }

  #open(open: boolean): void {
    for (const details of this.#frame.querySelectorAll("details")) details.open = open;
  }

  /** Closed parts are printed as well; afterwards they are as they were. */
  #print(): void {
    let closed: HTMLDetailsElement[] = [];
    addEventListener("beforeprint", () => {
      closed = [...this.#frame.querySelectorAll<HTMLDetailsElement>("details:not([open])")];
      this.#open(true);
    });
    addEventListener("afterprint", () => {
      for (const details of closed) details.open = false;
    });
  }
}

export function arrangeChapters(): void {
  for (const frame of document.querySelectorAll<HTMLElement>("[data-chapters]")) new Chapters(frame).start();
}
