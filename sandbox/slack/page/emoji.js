/** The emoji that status messages use, by Slack's names. */

import { el } from "./dom.js";

/** @type {Record<string, string>} */
const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", heavy_multiplication_x: "✖️",
  warning: "⚠️", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑", construction: "🚧", rotating_light: "🚨",
  hourglass_flowing_sand: "⏳", hourglass: "⌛", alarm_clock: "⏰", stopwatch: "⏱️", timer_clock: "⏲️", clock3: "🕒",
  calendar: "📆", date: "📅", spiral_calendar_pad: "🗓️", eyes: "👀", rocket: "🚀", arrows_counterclockwise: "🔄",
  repeat: "🔁", rewind: "⏪", fast_forward: "⏩", arrow_up: "⬆️", arrow_down: "⬇️", arrow_right: "➡️", arrow_left: "⬅️",
  arrow_upper_right: "↗️", arrow_forward: "▶️", double_vertical_bar: "⏸️", black_square_for_stop: "⏹️",
  leftwards_arrow_with_hook: "↩️", arrow_right_hook: "↪️", twisted_rightwards_arrows: "🔀",
  large_green_circle: "🟢", large_orange_circle: "🟠", large_yellow_circle: "🟡", red_circle: "🔴", large_red_circle: "🔴",
  large_blue_circle: "🔵", large_purple_circle: "🟣", large_brown_circle: "🟤", white_circle: "⚪", black_circle: "⚫",
  large_green_square: "🟩", large_orange_square: "🟧", large_yellow_square: "🟨", large_red_square: "🟥",
  large_blue_square: "🟦", large_purple_square: "🟪", large_brown_square: "🟫", white_large_square: "⬜",
  black_large_square: "⬛", white_small_square: "▫️", black_small_square: "▪️", large_blue_diamond: "🔷",
  small_blue_diamond: "🔹", large_orange_diamond: "🔶", small_orange_diamond: "🔸", small_red_triangle: "🔺",
  small_red_triangle_down: "🔻", green_heart: "💚", heart: "❤️", yellow_heart: "💛", blue_heart: "💙",
  hammer_and_wrench: "🛠️", wrench: "🔧", hammer: "🔨", gear: "⚙️", nut_and_bolt: "🔩", lock: "🔒", unlock: "🔓",
  closed_lock_with_key: "🔐", key: "🔑", shield: "🛡️", bell: "🔔", no_bell: "🔕", mute: "🔇", loud_sound: "🔊",
  speaker: "🔈", zzz: "💤", sleeping: "😴", tada: "🎉", confetti_ball: "🎊", trophy: "🏆", medal: "🏅", mag: "🔍",
  mag_right: "🔎", chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊",
  pushpin: "📌", round_pushpin: "📍", paperclip: "📎", memo: "📝", pencil: "✏️", pencil2: "✏️", clipboard: "📋",
  page_facing_up: "📄", file_folder: "📁", open_file_folder: "📂", books: "📚", book: "📖", bookmark: "🔖", label: "🏷️",
  ticket: "🎫", information_source: "ℹ️", bulb: "💡", question: "❓", grey_question: "❔", exclamation: "❗",
  heavy_exclamation_mark: "❗", grey_exclamation: "❕", interrobang: "⁉️", bangbang: "‼️", speech_balloon: "💬",
  thought_balloon: "💭", left_speech_bubble: "🗨️", mega: "📣", loudspeaker: "📢", robot_face: "🤖", microphone: "🎤",
  studio_microphone: "🎙️", headphones: "🎧", ear: "👂", telephone_receiver: "📞", phone: "☎️", iphone: "📱",
  computer: "💻", desktop_computer: "🖥️", satellite_antenna: "📡", electric_plug: "🔌", battery: "🔋", package: "📦",
  inbox_tray: "📥", outbox_tray: "📤", email: "📧", envelope: "✉️", link: "🔗", chains: "⛓️", globe_with_meridians: "🌐",
  wastebasket: "🗑️", recycle: "♻️", broom: "🧹", sparkles: "✨", star: "⭐", star2: "🌟", fire: "🔥", boom: "💥", zap: "⚡",
  snowflake: "❄️", seedling: "🌱", sunny: "☀️", cloud: "☁️", rainbow: "🌈", coffee: "☕", test_tube: "🧪",
  microscope: "🔬", dart: "🎯", game_die: "🎲", jigsaw: "🧩", checkered_flag: "🏁", triangular_flag_on_post: "🚩",
  vertical_traffic_light: "🚦", white_flag: "🏳️", new: "🆕", ok: "🆗", cool: "🆒", free: "🆓", up: "🆙", sos: "🆘",
  heavy_plus_sign: "➕", heavy_minus_sign: "➖", infinity: "♾️", one: "1️⃣", two: "2️⃣", three: "3️⃣", four: "4️⃣", five: "5️⃣",
  raised_hand: "✋", hand: "✋", wave: "👋", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", ok_hand: "👌",
  clap: "👏", raised_hands: "🙌", pray: "🙏", muscle: "💪", point_right: "👉", point_left: "👈", point_up: "☝️",
  point_down: "👇", smile: "😄", smiley: "😃", slightly_smiling_face: "🙂", grin: "😁", joy: "😂", wink: "😉",
  thinking_face: "🤔", confused: "😕", cry: "😢", scream: "😱", sunglasses: "😎", relieved: "😌", sweat_smile: "😅",
  bust_in_silhouette: "👤", busts_in_silhouette: "👥", bug: "🐛", snail: "🐌", turtle: "🐢", owl: "🦉", bee: "🐝",
  mortar_board: "🎓", ballot_box_with_ballot: "🗳️", mailbox_closed: "📪",
};

const CODE = /:([a-z0-9_+-]+):(?::skin-tone-[2-6]:)?/g;

/** @param {string} text text with `:names:`; the ones that nobody knows stay as they are */
export function withEmoji(text) {
  return text.replace(CODE, (whole, name) => (Object.hasOwn(EMOJI, name) ? EMOJI[name] : whole));
}

/** One emoji with its name for screen readers. @param {string} name */
export function emojiNode(name) {
  if (!Object.hasOwn(EMOJI, name)) return document.createTextNode(`:${name}:`);
  return el("span", { class: "emoji", role: "img", "aria-label": name.replaceAll("_", " "), title: `:${name}:` }, EMOJI[name]);
}

/** Text nodes and emoji, in order. @param {string} text @returns {Node[]} */
export function emojiNodes(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(CODE)) {
    if (!Object.hasOwn(EMOJI, found[1])) continue;
    if (found.index > at) nodes.push(document.createTextNode(text.slice(at, found.index)));
    nodes.push(emojiNode(found[1]));
    at = found.index + found[0].length;
  }
  if (at < text.length) nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}
