// Making a link that takes files: keys, the recovery sheet, then the link.
import { place, run, showStep } from "./dom";
import { makeDrop, type MadeDrop } from "./drop_keys";
import { dropLinkOf } from "./drop_link";
import { copying } from "./send_hand";
import { MadeError, postJson } from "./send_post";
import { momentOf, readWords, say } from "./words";

const DAY = 86_400_000;

/** Makes the page work. */
export function startMaking(root: HTMLElement): void {
  readWords(place<HTMLTemplateElement>(root, "words"));
  const problem = place(root, "start-problem");
  const button = place<HTMLButtonElement>(root, "start");
  place(root, "make").addEventListener("submit", (event) => {
    event.preventDefault();
    problem.textContent = "";
    button.disabled = true;
    run(
      () => make(root),
      (error) => {
        button.disabled = false;
        const word = error instanceof MadeError ? error.word : "failed";
        problem.textContent = say(word);
        if (word === "fresh" || word === "sign-in") window.open(root.dataset["signIn"], "_blank", "noopener");
      },
    );
  });
}

async function make(root: HTMLElement): Promise<void> {
  const days = Number(place<HTMLSelectElement>(root, "days").value);
  const made = await makeDrop(new Date(Date.now() + days * DAY));
  await postJson(root, root.dataset["new"] ?? "", made.asked);
  sheet(root, made);
  await link(root, made);
}

function sheet(root: HTMLElement, made: MadeDrop): void {
  const inbox = (root.dataset["drop"] ?? "").replace("DROP", made.drop);
  place(root, "sheet-made").textContent = momentOf(new Date().toISOString());
  place(root, "sheet-place").textContent = location.origin + inbox;
  place(root, "sheet-words").textContent = made.words;
  const lines = made.code.map((text) => {
    const line = document.createElement("li");
    line.textContent = text.slice(2);
    return line;
  });
  place(root, "sheet-code").replaceChildren(...lines);
  const [kept, done] = [place<HTMLInputElement>(root, "kept"), place<HTMLButtonElement>(root, "sheet-done")];
  kept.addEventListener("change", () => { done.disabled = !kept.checked; });
  done.addEventListener("click", () => { showStep(root, "link"); });
  place<HTMLAnchorElement>(root, "inbox").href = inbox;
  showStep(root, "sheet");
}

async function link(root: HTMLElement, made: MadeDrop): Promise<void> {
  const text = await dropLinkOf(root.dataset["origin"] ?? "", made.drop, made.publicKey);
  place(root, "link").textContent = text;
  copying(root, place(root, "copy-link"), text);
}
