// The page that shows a new link once: copying it. Printing is there on every page.
import { place, run } from "../sealed/dom";

/** Makes the button copy the link and say so. */
export function startMade(root: HTMLElement): void {
  const button = place(root, "copy");
  const said = place(root, "spoken");
  button.addEventListener("click", () => {
    const link = place(root, "link");
    run(
      async () => {
        await navigator.clipboard.writeText(link.textContent);
        said.textContent = button.textContent = button.dataset["done"] ?? "";
      },
      () => { getSelection()?.selectAllChildren(link); },
    );
  });
}
