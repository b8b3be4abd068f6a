// The page where somebody who was asked for files sends them.
import { startGiving } from "../sealed/drop_give";

const root = document.querySelector<HTMLElement>("[data-give]");
if (root) startGiving(root);
