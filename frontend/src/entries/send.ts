// Sending files: the page that seals them, and the list of what was sent.
import { startSending } from "../sealed/send_page";
import { startShares } from "../sealed/send_shares";

const page = document.querySelector<HTMLElement>("[data-send]");
if (page) void startSending(page);
const list = document.querySelector<HTMLElement>("[data-shares]");
if (list) void startShares(list);
