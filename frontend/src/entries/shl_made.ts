// The page that shows a SMART Health Link just made.
import { startMade } from "../shl/made";

const root = document.querySelector<HTMLElement>("[data-made]");
if (root) startMade(root);
