/** Places a list that opens over the page: beside its control, inside the window, not cut off by a scroller. */

const GAP = 4;
const MARGIN = 8;
const TALLEST = 250;

/**
 * @param {HTMLElement} list what opens; `position: fixed`
 * @param {HTMLElement} control what it belongs to
 * @param {{asWide?: boolean, gone?: () => void}} [options] *asWide*: it is at least as wide as its control; *gone* is told
 *   when the control was scrolled out of sight, or replaced, while the list was open
 * @returns {(open: boolean) => void} shows the list, again at its place where it grew, or hides it
 */
export function floating(list, control, { asWide = false, gone = () => {} } = {}) {
  const put = () => {
    if (!inSight(control)) {
      show(false);
      return gone();
    }
    const at = control.getBoundingClientRect();
    const above = at.top - GAP - MARGIN;
    const below = window.innerHeight - at.bottom - GAP - MARGIN;
    if (asWide) list.style.minWidth = `${at.width}px`;
    list.style.maxHeight = `${TALLEST}px`;
    const up = list.offsetHeight > below && above > below;
    list.style.maxHeight = `${Math.min(TALLEST, up ? above : below)}px`;
    const left = Math.min(at.left, window.innerWidth - MARGIN - list.offsetWidth);
    list.style.left = `${Math.max(MARGIN, left)}px`;
    list.style.top = `${up ? at.top - GAP - list.offsetHeight : at.bottom + GAP}px`;
  };
  const moved = (event) => {
    if (event.target !== list) put();
  };
  const show = (open) => {
    list.hidden = !open;
    document.removeEventListener("scroll", moved, true);
    window.removeEventListener("resize", moved);
    if (!open) return;
    put();
    if (list.hidden) return;
    // Scroll events do not bubble; listen in the capturing phase to get those of every scroller.
    document.addEventListener("scroll", moved, true);
    window.addEventListener("resize", moved);
  };
  return show;
}

/** Whether a control is on the page and its scroller shows at least a part of it. */
function inSight(control) {
  if (!control.isConnected) return false;
  const scroller = control.closest(".messages, .scroll, .home")?.getBoundingClientRect();
  const at = control.getBoundingClientRect();
  return !scroller || (at.bottom > scroller.top && at.top < scroller.bottom);
}
