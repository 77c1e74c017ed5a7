/** Tables: as they are sent, and the kind that people sort and turn the pages of. */

import { el } from "./dom.js";
import { richText } from "./richtext.js";

const ROWS = 5;
/** Rows of a data_table that are seen at a time where the app does not say. */

function cell(source) {
  if (source.type === "rich_text") return richText(source);
  return source.type === "raw_number" ? String(source.text ?? source.value) : source.text;
}

function framed(label, ...parts) {
  return el("div", { class: "tabular", tabindex: "0", role: "region", "aria-label": label }, parts);
}

/** A `table` block. */
export function table(block) {
  const align = (column) => ({ "text-align": block.column_settings?.[column]?.align ?? "left" });
  const wrap = (column) => (block.column_settings?.[column]?.is_wrapped ? "wrap" : null);
  const row = (cells, tag) => el(
    "tr",
    {},
    cells.map(
      (one, column) => el(tag, { style: align(column), class: wrap(column), scope: tag === "th" ? "col" : null }, cell(one))
    ),
  );
  return framed("Table", el("table", {},
    el("thead", {}, block.rows.slice(0, 1).map((cells) => row(cells, "th"))),
    el("tbody", {}, block.rows.slice(1).map((cells) => row(cells, "td")))));
}

/** A `data_table` block: a click on a title sorts by its column, and again the other way round. */
export function dataTable(block) {
  const [titles, ...rows] = block.rows;
  const size = block.page_size ?? ROWS;
  const last = Math.ceil(rows.length / size) - 1;
  let sorted = { column: -1, down: false };
  let page = 0;

  const body = el("tbody");
  const heads = titles.map((title, column) => el("th", { scope: "col", class: figures(rows, column) ? "figure" : null }, el(
    "button",
    { class: "sort", type: "button", onclick: () => sortBy(column) },
    cell(title),
    el("span", { class: "way", "aria-hidden": "true" }),
  )));
  const told = el("span", { role: "status" });
  const turn = (text, label, by) => el(
    "button",
    { class: "btn", type: "button", "aria-label": label, onclick: () => { page += by; draw(); } },
    text,
  );
  const before = turn("‹", "Previous rows", -1);
  const after = turn("›", "Next rows", 1);

  function sortBy(column) {
    sorted = { column, down: sorted.column === column && !sorted.down };
    page = 0;
    draw();
  }

  function draw() {
    const order = sorted.column < 0 ? rows : [...rows].sort((a, b) => compare(a[sorted.column], b[sorted.column]));
    if (sorted.down) order.reverse();
    heads.forEach((head, column) => {
      const here = column === sorted.column;
      head.setAttribute("aria-sort", here ? (sorted.down ? "descending" : "ascending") : "none");
      head.querySelector(".way").textContent = here ? (sorted.down ? "▼" : "▲") : "";
    });
    const shown = order.slice(page * size, (page + 1) * size);
    body.replaceChildren(...shown.map((cells) => el("tr", {}, cells.map((one, column) => el(
      column === block.row_header_column_index ? "th" : "td",
      { scope: column === block.row_header_column_index ? "row" : null, class: one.type === "raw_number" ? "figure" : null },
      cell(one),
    )))));
    told.textContent = `${page * size + 1}–${page * size + shown.length} of ${rows.length}`;
    before.disabled = page === 0;
    after.disabled = page >= last;
  }

  draw();
  const turns = last > 0 && el("div", { class: "turns" }, before, told, after);
  return el("div", { class: "data" },
    framed(block.caption, el("table", {}, el("caption", {}, block.caption), el("thead", {}, el("tr", {}, heads)), body)),
    turns);
}

function figures(rows, column) {
  return rows.every((cells) => cells[column].type === "raw_number");
}

/** Numbers by what they are; words as people sort them; numbers before words. */
function compare(a, b) {
  const [left, right] = [a, b].map((one) => (one.type === "raw_number" ? one.value : null));
  if (left !== null && right !== null) return left - right;
  if (left !== null || right !== null) return left !== null ? -1 : 1;
  return words(a).localeCompare(words(b), "en", { numeric: true });
}

function words(source) {
  return source.type === "rich_text" ? richText(source).textContent : source.text;
}
