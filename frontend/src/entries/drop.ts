// Asking for files: making a link, and opening what arrived.
import { startInbox } from "../sealed/drop_inbox";
import { startMaking } from "../sealed/drop_make";

const making = document.querySelector<HTMLElement>("[data-drops]");
if (making) startMaking(making);
const inbox = document.querySelector<HTMLElement>("[data-inbox-page]");
if (inbox) startInbox(inbox);
