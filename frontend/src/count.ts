/** Characters left in a text, told under it: `data-char-limit` with the sentences `data-left` and `data-over`. */
export function sentence(length: number, limit: number, left: string, over: string): string {
  const rest = limit - length;
  return (rest < 0 ? over : left).replace("%n", String(Math.abs(rest)));
}

export function countCharacters(): void {
  for (const field of document.querySelectorAll<HTMLElement>("[data-char-limit]")) {
    const text = field.querySelector("textarea");
    const note = field.querySelector<HTMLElement>(".char-count");
    const { charLimit, left, over } = field.dataset;
    if (!text || !note || !charLimit || !left || !over) continue;
    const limit = Number(charLimit);
    text.removeAttribute("maxlength"); // let people paste and then shorten
    const tell = (): void => {
      note.textContent = sentence(text.value.length, limit, left, over);
      note.classList.toggle("char-count--over", text.value.length > limit);
    };
    text.addEventListener("input", tell);
    tell();
  }
}
