/**
 * Keeps unsaved answers: a form with `data-draft-url` sends itself there a moment after each change. Nothing is kept
 * in the browser, where the next reader of a shared computer could find it. `[data-draft-note]` tells how it went.
 */
const WAIT = 1500;

async function send(form: HTMLFormElement, url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { method: "POST", body: answers(form), keepalive: true });
    return answer.ok;
  } catch {
    return false;
  }
}

function answers(form: HTMLFormElement): FormData {
  const data = new FormData(form);
  for (const [name, value] of [...data.entries()]) if (value instanceof File) data.delete(name);
  return data;
}

function watch(form: HTMLFormElement, url: string): void {
  const note = form.querySelector<HTMLElement>("[data-draft-note]");
  let timer = 0;
  let changed = false;
  const save = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (!changed) return;
    changed = false;
    const saved = await send(form, url);
    if (!saved) changed = true;
    if (note) note.textContent = (saved ? note.dataset["saved"] : note.dataset["failed"]) ?? "";
  };
  form.addEventListener("input", () => {
    changed = true;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void save(), WAIT);
  });
  form.addEventListener("submit", () => {
    changed = false;
    window.clearTimeout(timer);
  });
  document.addEventListener("visibilitychange", () => void (document.visibilityState === "hidden" && save()));
}

export function saveDrafts(): void {
  for (const form of document.querySelectorAll<HTMLFormElement>("form[data-draft-url]")) {
    if (form.dataset["draftUrl"]) watch(form, form.dataset["draftUrl"]);
  }
}
