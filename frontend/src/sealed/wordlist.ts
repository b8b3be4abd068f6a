// EFF's long list of 7,776 words (CC BY 3.0 US; third_party/eff-wordlist/README.md), the same the Python side draws from.
import text from "../../../src/chartpost/formats/sealedbox/words.txt";

export const WORDS: readonly string[] = text.trim().split("\n");

/** The 7,772 words passwords are drawn from: four of the list have a hyphen, which here parts words. */
export const DRAWN: readonly string[] = WORDS.filter((word) => !word.includes("-"));
