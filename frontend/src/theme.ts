/** The reader's choice of colors, in a cookie so that the server sends the right ones at once. */
const YEAR = 31_536_000;

export function pickTheme(): void {
  const select = document.querySelector<HTMLSelectElement>("[data-theme-picker] select");
  select?.addEventListener("change", () => {
    const { value } = select;
    const age = value ? YEAR : 0;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `chartpost-theme=${value}; Path=/; Max-Age=${String(age)}; SameSite=Lax${secure}`;
    if (value) document.documentElement.dataset["theme"] = value;
    else delete document.documentElement.dataset["theme"];
  });
}
