// The page that opens a sealed share.
import { startReceiving } from "../sealed/receive";

const root = document.querySelector<HTMLElement>("[data-share]");
if (root) startReceiving(root);
