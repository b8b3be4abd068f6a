/**
 * Keys for staff who work a list: j and k move between the rows of `table[data-rows]`, Enter opens (the row's link has
 * the focus), / goes to the search box. `[data-keys]` turns single-letter keys off (WCAG 2.1.4).
 */
const STORE = "chartpost-keys";

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function move(rows: HTMLTableRowElement[], by: number): void {
  const here = rows.findIndex((row) => row.ariaCurrent === "true" || row.contains(document.activeElement));
  const next = rows[here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(here + by, 0), rows.length - 1)];
  if (!next) return;
  for (const row of rows) row.removeAttribute("aria-current");
  next.setAttribute("aria-current", "true");
  next.querySelector("a")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

function toggle(): () => boolean {
  const box = document.querySelector<HTMLInputElement>("[data-keys]");
  if (!box) return () => true;
  box.checked = localStorage.getItem(STORE) !== "off";
  box.addEventListener("change", () => {
    localStorage.setItem(STORE, box.checked ? "on" : "off");
  });
  return () => box.checked;
}

export function moveInRows(): void {
  const rows = [...document.querySelectorAll<HTMLTableRowElement>("table[data-rows] tbody tr")];
  const search = document.querySelector<HTMLInputElement>("[data-search]");
  if (!rows.length && !search) return;
  const wanted = toggle();
  document.addEventListener("keydown", (event) => {
    if (!wanted() || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.key === "j") move(rows, 1);
    else if (event.key === "k") move(rows, -1);
    else if (event.key === "/" && search) search.focus();
    else return;
    event.preventDefault();
  });
}
