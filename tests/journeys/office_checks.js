/* What a reader with a keyboard, a screen reader or weak eyes needs of a page; gives a list of what is wrong. */
() => {
  const wrong = [];
  const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
  const name = (e) => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim();

  if (!document.documentElement.lang) wrong.push("no language");
  if (!document.title.trim()) wrong.push("no title");
  for (const landmark of ["header", "main", "footer"])
    if (document.querySelectorAll(landmark).length !== 1) wrong.push(`not one ${landmark}`);

  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  for (const id of new Set(ids.filter((id, place) => ids.indexOf(id) !== place))) wrong.push(`twice: #${id}`);
  for (const e of document.querySelectorAll("[aria-labelledby], [aria-describedby]"))
    for (const id of ((e.getAttribute("aria-labelledby") || "") + " " + (e.getAttribute("aria-describedby") || "")).trim().split(/\s+/))
      if (!document.getElementById(id)) wrong.push(`points at nothing: ${id}`);

  for (const e of document.querySelectorAll("input:not([type=hidden]), select, textarea"))
    if (!e.labels.length && !e.getAttribute("aria-label")) wrong.push(`no label: ${e.name}`);
  for (const e of document.querySelectorAll("a[href], button"))
    if (visible(e) && !name(e)) wrong.push(`no name: ${e.outerHTML.slice(0, 60)}`);
  for (const e of document.querySelectorAll("img")) if (!e.hasAttribute("alt")) wrong.push(`no alt: ${e.src}`);

  let level = 0;
  for (const e of document.querySelectorAll("h1, h2, h3, h4")) {
    const next = Number(e.tagName[1]);
    if (next > level + 1) wrong.push(`h${next} after h${level}: ${e.innerText}`);
    level = next;
  }
  if (document.querySelectorAll("h1").length !== 1) wrong.push("not one h1");

  for (const table of document.querySelectorAll("table")) {
    if (!table.caption || !table.caption.textContent.trim()) wrong.push("table without caption");
    for (const th of table.querySelectorAll("th")) if (!th.scope) wrong.push(`th without scope: ${th.innerText}`);
  }

  const parse = (colour) => (colour.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b]
    .map((part) => part / 255)
    .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  for (const e of document.querySelectorAll("body *")) {
    const says = [...e.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!says || !visible(e) || e.closest("svg, option")) continue;
    const style = getComputedStyle(e);
    const [high, low] = [light(parse(style.color)), light(ground(e))].sort((a, b) => b - a);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = (high + 0.05) / (low + 0.05);
    if (contrast < (large ? 3 : 4.5)) wrong.push(`contrast ${contrast.toFixed(2)}: ${e.textContent.trim().slice(0, 40)}`);
  }
  return wrong;
}
