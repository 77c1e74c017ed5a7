/** Makes elements. Foreign text only ever becomes a text node. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `class`, `dataset`, `on…` listeners, anything else is an attribute
 * @param {...(Node|string|null|undefined|false|Array<any>)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "dataset") Object.assign(node.dataset, value);
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(5).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** An avatar with initials in a colour of the person's own. */
export function avatar(person, size = 36) {
  const name = person?.real_name ?? "?";
  const initials = name.split(/\s+/).map((word) => word[0]).slice(0, 2).join("");
  let sum = 0;
  for (const letter of person?.id ?? "") sum = (sum * 31 + letter.charCodeAt(0)) % 360;
  const box = el("span", { class: person?.is_bot ? "avatar bot" : "avatar", "aria-hidden": "true" });
  box.style.setProperty("--hue", String(sum));
  box.style.setProperty("--size", `${size}px`);
  box.textContent = person?.is_bot && person.id !== "USLACKBOT" ? "" : initials;
  if (person?.is_bot && person.id !== "USLACKBOT") {
    for (const height of [35, 70, 100, 55]) {
      const bar = el("i");
      bar.style.height = `${height}%`;
      box.append(bar);
    }
  }
  return box;
}
