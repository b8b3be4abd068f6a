// What the page and its worker say to each other.
import type { Grant } from "./api";
import type { Piece } from "./ccda";

/** How a file can be looked at; "" when it cannot. */
export type Look = "" | "image" | "text" | "pdf" | "xml";

export interface FileView {
  index: number;
  name: string;
  size: number;
  mtime: number;
  look: Look;
}

export interface ShareView {
  title: string;
  note: string;
  created: string;
  endsAt: string;
  sender: string;
  zeroKnowledge: boolean;
  files: FileView[];
}

/** Where saved bytes go. A folder takes each file by its name; the others take one file or one zip. */
export type SinkChoice =
  | { kind: "file"; handle: FileSystemFileHandle }
  | { kind: "folder"; handle: FileSystemDirectoryHandle }
  | { kind: "port"; port: MessagePort }
  | { kind: "opfs"; key: string }
  | { kind: "memory" };

export interface SaveAsk {
  do: "save";
  job: number;
  files: number[];
  /** Writable names in the order of `files`. */
  names: string[];
  sink: SinkChoice;
}

export type Ask =
  | { do: "probe" }
  | { do: "open"; recipient: string; secret: string; password: string }
  | { do: "arrival"; key: string; grant: Grant }
  | SaveAsk
  | { do: "look"; job: number; index: number }
  | { do: "pause" | "resume" | "cancel"; job: number };

/** Why a share does not open. */
export type Refusal =
  | "wrong"
  | "locked"
  | "expired"
  | "revoked"
  | "used"
  | "unfinished"
  | "busy"
  | "network"
  | "failed"
  | "damaged-share";

/** Why a file was not saved. */
export type Failure =
  | "damaged"
  | "cancelled"
  | "lost"
  | "ended"
  | "expired"
  | "revoked"
  | "full"
  | "unsaved"
  | "failed"
  | "no-look";

export type Looked =
  | { kind: "image" | "pdf"; blob: Blob }
  | { kind: "text"; text: string; cut: boolean }
  | { kind: "record"; pieces: Piece[] };

export type Told =
  | { say: "probed"; opfs: boolean }
  | { say: "opened"; share: ShareView }
  | { say: "refused"; why: Refusal; left?: number | undefined }
  | { say: "progress"; job: number; done: number; total: number; waiting: boolean }
  | { say: "saved"; job: number; blob?: Blob | undefined; receipt: boolean }
  | { say: "looked"; job: number; looked: Looked; receipt: boolean }
  | { say: "failed"; job: number; why: Failure; good: number };

/** An error with a reason the page has words for. */
export class Stopped extends Error {
  constructor(readonly why: Failure) {
    super(why);
  }
}
