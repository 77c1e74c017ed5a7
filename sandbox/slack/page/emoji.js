/** The emoji that status messages use, by Slack's names. */

export const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", warning: "⚠️", no_entry: "⛔",
  no_entry_sign: "🚫", hourglass_flowing_sand: "⏳", hourglass: "⌛", alarm_clock: "⏰", eyes: "👀", rocket: "🚀",
  arrows_counterclockwise: "🔄", leftwards_arrow_with_hook: "↩️", large_green_circle: "🟢", large_orange_circle: "🟠",
  large_yellow_circle: "🟡", large_red_circle: "🔴", large_blue_circle: "🔵", white_circle: "⚪", black_circle: "⚫",
  large_green_square: "🟩", large_yellow_square: "🟨", large_red_square: "🟥", white_large_square: "⬜",
  hammer_and_wrench: "🛠️", lock: "🔒", unlock: "🔓", bell: "🔔", no_bell: "🔕", zzz: "💤", tada: "🎉", mag: "🔍",
  chart_with_upwards_trend: "📈", bar_chart: "📊", pushpin: "📌", memo: "📝", information_source: "ℹ️", bulb: "💡",
  raised_hand: "✋", wave: "👋", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", fire: "🔥", snowflake: "❄️",
  question: "❓", grey_question: "❔", exclamation: "❗", grey_exclamation: "❕", stopwatch: "⏱️", calendar: "📅",
  speech_balloon: "💬", robot_face: "🤖", gear: "⚙️", link: "🔗", point_right: "👉", sparkles: "✨", star: "⭐",
  microphone: "🎤", headphones: "🎧", loud_sound: "🔊", ear: "👂", wastebasket: "🗑️", package: "📦", shield: "🛡️",
};

/** @param {string} text text with :names: */
export function withEmoji(text) {
  return text.replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}
