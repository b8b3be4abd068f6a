// The page on a stick or a disc, OPEN-ME.html.
import { startBoxPage } from "../sealed/openme_page";

const root = document.querySelector<HTMLElement>("[data-box-page]");
if (root) startBoxPage(root);
