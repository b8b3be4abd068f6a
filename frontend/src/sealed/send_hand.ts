// Passing on: for each person first the link, then, on its own, the password.
import { place, run } from "./dom";
import { shown } from "./names";
import type { Person } from "./send_types";
import { say } from "./words";

/** The link of a person. */
export function linkOf(origin: string, person: Person): string {
  return `${origin}/s/${person.recipient}#1.${person.secret}`;
}

/** Shows the links and passwords of some people in `list`. */
export function handOver(root: HTMLElement, list: HTMLElement, people: readonly Person[], origin: string): void {
  list.replaceChildren(...people.map((person, at) => row(root, person, at, origin)));
}

function row(root: HTMLElement, person: Person, at: number, origin: string): HTMLElement {
  const made = place<HTMLTemplateElement>(root, "hand-row").content.cloneNode(true) as DocumentFragment;
  const one = place(made, "hand-one");
  const name = shown(person.name || say("person", { n: at + 1 }));
  const link = linkOf(origin, person);
  place(one, "hand-name").textContent = name;
  place(one, "link").textContent = link;
  place(one, "words-shown").textContent = person.password;
  place(one, "how").textContent = say(`tell-${person.tell}`, { name: person.name ? name : say("them") });
  const subject = encodeURIComponent(say("mail-subject"));
  const body = encodeURIComponent(`${say("mail-body")}\n\n${link}\n`);
  place<HTMLAnchorElement>(one, "mail").href = `mailto:?subject=${subject}&body=${body}`;
  copying(root, place(one, "copy-link"), link);
  copying(root, place(one, "copy-password"), person.password);
  const turn = (password: boolean): void => {
    place(one, "hand-link").hidden = password;
    place(one, "hand-password").hidden = !password;
    place(one, password ? "how" : "copy-link").focus();
  };
  place(one, "link-sent").addEventListener("click", () => { turn(true); });
  place(one, "link-back").addEventListener("click", () => { turn(false); });
  return one;
}

/** A button that copies. */
export function copying(root: HTMLElement, button: HTMLElement, text: string): void {
  const told = (word: string): void => {
    place(root, "spoken").textContent = say(word);
    button.dataset["told"] = say(word);
  };
  button.addEventListener("click", () => {
    run(
      async () => {
        await navigator.clipboard.writeText(text);
        told("copied");
      },
      () => { told("not-copied"); },
    );
  });
}
