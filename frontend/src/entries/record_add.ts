// Adding files of a sealed share to a record.
import { startTaking } from "../sealed/record_take";

const root = document.querySelector<HTMLElement>("[data-take]");
if (root) startTaking(root);
