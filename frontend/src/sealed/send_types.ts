// What a transfer is while it is under way: kept sealed in this browser (send_store.ts), worked on by the worker.

export type Tell = "phone" | "person" | "other";

/** One person who gets a link. `name` never leaves this browser. Binary values are base64url. */
export interface Person {
  recipient: string;
  secret: string;
  password: string;
  salt: string;
  name: string;
  tell: Tell;
  done?: boolean;
}

/** One file: where it is in the share, and what it must be when it is chosen again; `path` is where it was found,
 * `name` what the list of files calls it. `url`: it comes from the record. */
export interface Item {
  index: number;
  object: string;
  salt: string;
  path: string;
  name: string;
  size: number;
  mtime: number;
  type: string;
  url?: string;
}

/** A drop the share goes into, with no links: the key sealed to the drop's public key. */
export interface Into {
  drop: string;
  sealedKey: string;
}

/** `files`: parts go up. `links`: the list of files is fixed. `ready`: everything is there. */
export type Stage = "files" | "links" | "ready";

export interface Send {
  share: string;
  token: string;
  key: string;
  stage: Stage;
  title: string;
  note: string;
  created: string;
  expires: string;
  maxOpens: number | null;
  keep: boolean;
  items: Item[];
  people: Person[];
  list: { object: string; salt: string };
  hashes: string[];
  /** The list of files as sealed, for links made later; empty unless the sender keeps the key. */
  listed: string;
  into?: Into;
}

/** What a page tells the worker. `vault` opens the store of this browser; `files` are the chosen ones by path. */
export type Order =
  | { do: "start"; vault: string; send: Send; files: [string, File][] }
  | { do: "pause" }
  | { do: "go" }
  | { do: "cancel" };

/** What the worker tells the page. */
export type News =
  | { is: "progress"; done: number; total: number; files: number }
  | { is: "state"; state: "working" | "waiting" | "paused" | "elsewhere" }
  | { is: "ready"; send: Send }
  | { is: "cancelled" }
  | { is: "missing"; paths: string[] }
  | { is: "problem"; code: string; path?: string };
