// Times and days as Telegram shows them. Dates are Unix seconds.

const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("en-GB", { weekday: "short" });
const dayMonth = new Intl.DateTimeFormat("en-US", { month: "long", day: "numeric" });
const fullDay = new Intl.DateTimeFormat("en-US", { year: "numeric", month: "long", day: "numeric" });
const shortDay = new Intl.DateTimeFormat("en-GB", { day: "2-digit", month: "2-digit", year: "2-digit" });
const full = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "medium" });

const at = (unix) => new Date(unix * 1000);
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate());
const daysAgo = (unix) => Math.round((midnight(new Date()) - midnight(at(unix))) / 86_400_000);

export const timeOf = (unix) => time.format(at(unix));
export const momentOf = (unix) => full.format(at(unix));
/** Equal for two moments of the same local day. */
export const dayKey = (unix) => at(unix).toDateString();

/** A day separator: Today, Yesterday, November 19, November 19, 2025. */
export function dayOf(unix) {
  const ago = daysAgo(unix);
  if (ago === 0) return "Today";
  if (ago === 1) return "Yesterday";
  const sameYear = at(unix).getFullYear() === new Date().getFullYear();
  return (sameYear ? dayMonth : fullDay).format(at(unix));
}

/** The chat list: a time today, a weekday this week, else a date. */
export function briefOf(unix) {
  const ago = daysAgo(unix);
  if (ago === 0) return timeOf(unix);
  return ago < 7 ? weekday.format(at(unix)) : shortDay.format(at(unix));
}
