// Small enhancements of pages that work without them. Each module looks for its own data attributes.
import { arrangeChapters } from "../chapters";
import { countCharacters } from "../count";
import { saveDrafts } from "../draft";
import { watchIdle } from "../idle";
import { closeMenus } from "../menu";
import { focusProblems, printButtons, showPasskeyProblems } from "../page";
import { moveInRows } from "../rows";
import { pickTheme } from "../theme";

document.documentElement.classList.add("js");
for (const enhance of [
  countCharacters,
  saveDrafts,
  watchIdle,
  closeMenus,
  focusProblems,
  printButtons,
  showPasskeyProblems,
  moveInRows,
  pickTheme,
  arrangeChapters,
]) {
  enhance();
}
