// The second part of the page: who gets a link, and how each will be told their password.
import { place } from "./dom";
import { b64u, newId, random } from "./bytes";
import { fiveWords, weakness } from "./send_password";
import type { Person, Tell } from "./send_types";
import { say } from "./words";

/** Something that is missing, and the field it is missing in. */
export interface Problem {
  text: string;
  at: HTMLElement;
}

const MOST = 20;
let made = 0;

/** The people of a form. */
export class People {
  private readonly list: HTMLElement;

  constructor(
    private readonly root: HTMLElement,
    private readonly most = MOST,
  ) {
    this.list = place(root, "people");
    place(root, "add-person").addEventListener("click", () => {
      place(this.add(), "name").focus();
    });
    this.add();
  }

  /** What is missing. */
  problems(near: readonly string[]): Problem[] {
    return this.forms().flatMap((form, at) => this.wrong(form, at, near));
  }

  /** Everybody, with a fresh link and password. */
  all(): Person[] {
    return this.forms().map((form) => ({
      recipient: newId(),
      secret: b64u(random(32)),
      password: this.own(form) ? place<HTMLInputElement>(form, "password").value.normalize("NFC") : fiveWords(),
      salt: b64u(random(16)),
      name: place<HTMLInputElement>(form, "name").value.trim(),
      tell: this.told(form) ?? "other",
    }));
  }

  private forms(): HTMLElement[] {
    return [...this.list.querySelectorAll<HTMLElement>("[data-one]")];
  }

  private add(): HTMLElement {
    const copy = place<HTMLTemplateElement>(this.root, "person-form").content.cloneNode(true) as DocumentFragment;
    const form = place(copy, "one");
    made += 1;
    this.wire(form, `person-${String(made)}`);
    this.list.append(form);
    this.renumber();
    return form;
  }

  private wire(form: HTMLElement, id: string): void {
    for (const name of ["name", "password"]) {
      const input = place<HTMLInputElement>(form, name);
      input.id = `${id}-${name}`;
      place<HTMLLabelElement>(form, `${name}-label`).htmlFor = input.id;
      place(form, `${name}-hint`).id = `${input.id}-hint`;
      input.setAttribute("aria-describedby", `${input.id}-hint`);
    }
    const problem = place(form, "password-problem");
    problem.id = `${id}-problem`;
    place(form, "password").setAttribute("aria-describedby", `${id}-password-hint ${problem.id}`);
    for (const radio of form.querySelectorAll<HTMLInputElement>("[data-tell]")) radio.name = `${id}-tell`;
    const own = place<HTMLInputElement>(form, "own");
    own.addEventListener("change", () => {
      place(form, "own-field").hidden = !own.checked;
      if (own.checked) place(form, "password").focus();
    });
    place(form, "remove-person").addEventListener("click", () => {
      form.remove();
      this.renumber();
      place(this.root, "add-person").focus();
    });
  }

  private renumber(): void {
    const forms = this.forms();
    forms.forEach((form, at) => {
      const name = say("person", { n: at + 1 });
      place(form, "one-title").textContent = name;
      const remove = place(form, "remove-person");
      remove.hidden = forms.length === 1;
      remove.textContent = say("remove", { name });
    });
    place(this.root, "add-person").hidden = forms.length >= this.most;
  }

  private own(form: HTMLElement): boolean {
    return place<HTMLInputElement>(form, "own").checked;
  }

  private told(form: HTMLElement): Tell | null {
    const found = [...form.querySelectorAll<HTMLInputElement>("[data-tell]")].find((radio) => radio.checked);
    return (found?.value as Tell | undefined) ?? null;
  }

  private wrong(form: HTMLElement, at: number, near: readonly string[]): Problem[] {
    const found: Problem[] = [];
    const name = place<HTMLInputElement>(form, "name").value.trim() || say("person", { n: at + 1 });
    const radio = form.querySelector<HTMLElement>("[data-tell]");
    if (!this.told(form) && radio) found.push({ text: say("need-tell", { name }), at: radio });
    const input = place<HTMLInputElement>(form, "password");
    const weak = this.own(form) ? weakness(input.value, [name, ...near]) : "";
    place(form, "password-problem").textContent = weak ? say(weak) : "";
    input.setAttribute("aria-invalid", String(weak !== ""));
    if (weak) found.push({ text: say(weak), at: input });
    return found;
  }
}
