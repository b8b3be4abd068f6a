// The words of the page: delivered in its HTML, chosen here by name, with numbers and names filled in.

const found = new Map<string, string>();

/** Reads the words out of the page's template. */
export function readWords(template: HTMLTemplateElement): void {
  for (const one of template.content.querySelectorAll<HTMLElement>("[data-word]")) {
    found.set(one.dataset["word"] ?? "", one.textContent);
  }
}

/** The words called `name`; `{n}` and the like are replaced. A name the page lacks is a mistake of ours. */
export function say(name: string, values: Record<string, string | number> = {}): string {
  const text = found.get(name);
  if (text === undefined) throw new Error(`The page lacks the words "${name}".`);
  return text.replaceAll(/\{(\w+)\}/g, (whole, key: string) => String(values[key] ?? whole));
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

/** A size in the reader's own way of writing, in units of 1,000. */
export function sizeOf(bytes: number): string {
  const step = bytes < 1000 ? 0 : Math.min(Math.floor(Math.log10(bytes) / 3), UNITS.length - 1);
  const style = { style: "unit", unit: UNITS[step] ?? "byte", unitDisplay: step ? "short" : "long" } as const;
  const digits = { maximumFractionDigits: step > 1 ? 1 : 0 };
  return new Intl.NumberFormat(document.documentElement.lang, { ...style, ...digits }).format(bytes / 1000 ** step);
}

/** A moment, by day and time. */
export function momentOf(iso: string): string {
  const moment = new Date(iso);
  if (Number.isNaN(moment.getTime())) return "";
  const style = { dateStyle: "long", timeStyle: "short" } as const;
  return new Intl.DateTimeFormat(document.documentElement.lang, style).format(moment);
}
