// The page that opens SMART Health Links.
import { startViewing } from "../shl/page";

const root = document.querySelector<HTMLElement>("[data-shl]");
if (root) startViewing(root);
