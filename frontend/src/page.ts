/** The error summary takes the focus, so that it is read first. */
export function focusProblems(): void {
  document.querySelector<HTMLElement>("[data-focus]")?.focus();
}

/** Buttons marked `data-print` open the print dialog. */
export function printButtons(): void {
  for (const button of document.querySelectorAll("[data-print]")) {
    button.addEventListener("click", () => {
      window.print();
    });
  }
}

/** Says in words that a passkey did not work, where the library would only write to the console. */
export function showPasskeyProblems(): void {
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    document.querySelector("[data-passkey-problem]")?.removeAttribute("hidden");
  });
}
