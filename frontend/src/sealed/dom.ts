// Finding the marked places of a page.

/** The element marked `data-<name>` below `root`; a page without it is a mistake of ours. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as querySelector itself has it
export function place<T extends HTMLElement = HTMLElement>(root: ParentNode, name: string): T {
  const found = root.querySelector<T>(`[data-${name}]`);
  if (!found) throw new Error(`The page lacks ${name}.`);
  return found;
}

/** Shows one step of the page, hides the others, and reads its heading out. */
export function showStep(root: HTMLElement, name: string): void {
  for (const step of root.querySelectorAll<HTMLElement>("[data-step]")) {
    step.hidden = step.dataset["step"] !== name;
    if (!step.hidden) place(step, "focus").focus();
  }
}

/** Runs what may fail; nothing is thrown into the void. */
export function run(step: () => Promise<unknown>, failed: (error: unknown) => void): void {
  step().catch(failed);
}

/** Lets the page answer the person before going on. */
export async function breathe(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve));
}
