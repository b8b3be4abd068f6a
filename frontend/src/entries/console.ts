// The try-it console: a public SMART client that runs in the page.
import { startConsole } from "../console";

const root = document.querySelector<HTMLElement>("[data-console]");
if (root) void startConsole(root);
