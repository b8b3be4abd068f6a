// The opened record on the page: who it is about, then section by section, newest first.
import { breathe, place } from "../sealed/dom";
import { say } from "../sealed/words";
import type { Content } from "./content";
import { type Paper, type Reading, type Row, type Section, read } from "./fhir";
import { keep, kindOf, look, save } from "./papers";

const AT_ONCE = 8;

/** Fills the page with what was opened. */
export async function showContents(root: HTMLElement, contents: readonly Content[]): Promise<void> {
  const readings = contents.flatMap((one) => one.resources.map(read));
  head(root, readings);
  place(root, "card-note").hidden = !contents.some((one) => one.card);
  const into = place(root, "sections");
  into.replaceChildren();
  const papers = { count: 0 };
  for (const section of readings.flatMap((one) => one.sections)) {
    into.append(sectionOf(root, section, papers));
    await breathe();
  }
  place(root, "nothing").hidden = into.childElementCount > 0;
  place(root, "save-all").onclick = () => {
    contents.forEach((one, at) => { keep(one.blob, `health-link-${String(at + 1)}.json`); });
  };
}

function head(root: HTMLElement, readings: readonly Reading[]): void {
  const found = readings.find((one) => one.person);
  const lines = [found?.person, found?.born && say("born", { day: dayOf(found.born) })].filter(Boolean);
  place(root, "person").textContent = lines.join(", ");
}

function sectionOf(root: HTMLElement, section: Section, papers: { count: number }): HTMLElement {
  const made = document.createElement("section");
  const heading = document.createElement("h2");
  heading.textContent = say(`section-${section.name}`);
  const rows = document.createElement("ul");
  rows.className = "rows share__files";
  made.append(heading, rows);
  const rest = [...section.rows];
  const more = (): void => {
    rows.append(...rest.splice(0, AT_ONCE).map((row) => rowOf(root, row, papers)));
  };
  more();
  if (rest.length) made.append(moreButton(rest, more));
  return made;
}

function moreButton(rest: readonly Row[], more: () => void): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button--secondary button--small";
  const label = (): void => { button.textContent = say("more", { n: rest.length }); };
  label();
  button.addEventListener("click", () => {
    more();
    if (rest.length) label();
    else button.remove();
  });
  return button;
}

function rowOf(root: HTMLElement, row: Row, papers: { count: number }): HTMLLIElement {
  const item = document.createElement("li");
  item.append(line("strong", row.title));
  const muted = [dayOf(row.when), row.status && statusOf(row.status)].filter(Boolean).join(" · ");
  if (muted) item.append(document.createElement("br"), line("span", muted, "muted"));
  for (const fact of row.facts) item.append(document.createElement("br"), line("span", fact));
  for (const paper of row.papers) item.append(paperOf(root, paper, row.title, papers));
  return item;
}

function paperOf(root: HTMLElement, paper: Paper, title: string, papers: { count: number }): HTMLElement {
  papers.count += 1;
  const number = papers.count;
  const name = paper.title || title;
  const tools = document.createElement("div");
  tools.className = "buttons";
  if (kindOf(paper)) tools.append(button(say("look"), name, () => { look(place<HTMLDialogElement>(root, "preview"), paper, name); }));
  tools.append(button(say("save"), name, () => { save(paper, number); }));
  return tools;
}

function button(text: string, of: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button button--secondary button--small";
  made.append(text, line("span", `: ${of}`, "visually-hidden"));
  made.addEventListener("click", act);
  return made;
}

function line(tag: "span" | "strong", text: string, style = ""): HTMLElement {
  const made = document.createElement(tag);
  made.dir = "auto";
  if (style) made.className = style;
  made.textContent = text;
  return made;
}

/** A FHIR date or moment with just the precision it has. */
export function dayOf(date: string): string {
  const found = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?/.exec(date);
  if (!found) return "";
  const [, year = "", month, day] = found;
  const moment = new Date(Date.UTC(Number(year), Number(month ?? 1) - 1, Number(day ?? 1)));
  const style = day ? ({ dateStyle: "long" } as const) : month ? ({ year: "numeric", month: "long" } as const) : null;
  if (!style || Number.isNaN(moment.getTime())) return year;
  return new Intl.DateTimeFormat(document.documentElement.lang, { ...style, timeZone: "UTC" }).format(moment);
}

function statusOf(code: string): string {
  try {
    return say(`status-${code.toLowerCase()}`);
  } catch {
    return code;
  }
}
