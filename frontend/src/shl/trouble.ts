// What can go wrong between a link and its record, by the names the page has words for.
export type Why =
  | "gone"
  | "passcode"
  | "busy"
  | "waiting"
  | "unreachable"
  | "failed"
  | "foreign"
  | "tampered"
  | "big"
  | "old";

/** A reason, with what belongs to it: tries left, or seconds to wait. */
export class Trouble extends Error {
  constructor(
    readonly why: Why,
    readonly count: number | null = null,
  ) {
    super(why);
  }
}
