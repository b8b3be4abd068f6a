// Reads XML 1.0 as untrusted data: no entities but the five of the standard, no document type, bounded depth and size.
// Used where the browser's own parser would want to be trusted with what it makes.

export interface Element {
  /** Local name, without prefix. */
  name: string;
  attributes: Map<string, string>;
  children: (Element | string)[];
}

const NAME = "[^\\s<>/=\"'&]+";
const TOKEN = new RegExp(
  `<!--[\\s\\S]*?-->|<!\\[CDATA\\[([\\s\\S]*?)\\]\\]>|<\\?[\\s\\S]*?\\?>|<!DOCTYPE[^<>[]*>` +
    `|</(${NAME})\\s*>|<(${NAME})((?:\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*'))*)\\s*(/?)>|([^<]+)`,
  "y",
);
const ATTRIBUTE = new RegExp(`(${NAME})\\s*=\\s*(?:"([^"]*)"|'([^']*)')`, "g");
const REFERENCE = /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g;
const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
const DEEPEST = 200;
const MOST = 500_000;

/** The root element, or null when this is not well-formed XML or goes beyond the bounds. */
export function parseXml(text: string): Element | null {
  const top: Element = { name: "", attributes: new Map(), children: [] };
  const open = [top];
  TOKEN.lastIndex = text.startsWith("\ufeff") ? 1 : 0;
  for (let count = 0; TOKEN.lastIndex < text.length; count += 1) {
    const token = TOKEN.exec(text);
    if (!token || count > MOST || open.length > DEEPEST || !take(token, open)) return null;
  }
  const roots = top.children.filter((child) => typeof child !== "string");
  return open.length === 1 && roots.length === 1 ? (roots[0] ?? null) : null;
}

function take(token: RegExpExecArray, open: Element[]): boolean {
  const [, cdata, closed, opened, attributes, empty, text] = token;
  const current = open.at(-1);
  if (!current) return false;
  if (opened !== undefined) {
    const made: Element = { name: local(opened), attributes: attributesOf(attributes ?? ""), children: [] };
    current.children.push(made);
    if (!empty) open.push(made);
  } else if (closed !== undefined) {
    return open.length > 1 && open.pop()?.name === local(closed);
  } else if (cdata !== undefined) {
    current.children.push(cdata);
  } else if (text !== undefined) {
    current.children.push(plain(text));
  }
  return true;
}

function attributesOf(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name, double, single] of text.matchAll(ATTRIBUTE)) {
    found.set(local(name ?? ""), plain(double ?? single ?? ""));
  }
  return found;
}

function local(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

function plain(text: string): string {
  return text.replaceAll(REFERENCE, (whole, hex?: string, dec?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? Number(dec) : Number.parseInt(hex, 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** Elements among the children, by name if one is given. */
export function within(element: Element | undefined, name?: string): Element[] {
  const all = (element?.children ?? []).filter((child): child is Element => typeof child !== "string");
  return name === undefined ? all : all.filter((child) => child.name === name);
}

/** The first element down a path of names. */
export function at(element: Element | undefined, ...path: string[]): Element | undefined {
  return path.reduce<Element | undefined>((found, name) => within(found, name)[0], element);
}

/** All text below, with blanks made single. */
export function textOf(element: Element | string | undefined): string {
  if (element === undefined) return "";
  if (typeof element === "string") return element.replaceAll(/\s+/g, " ");
  return element.children.map(textOf).join("").trim();
}
