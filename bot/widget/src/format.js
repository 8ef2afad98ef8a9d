// Guide values as words: amounts as "8.000 đồng", dates as 24/11/2026, durations as "3 ngày làm việc".

/** Numbers alone are read differently from country to country, so in English the month is a word. */
export function date(iso, T) {
  if (T.locale === "vi-VN") return iso.slice(0, 10).split("-").reverse().join("/");
  return new Date(iso.slice(0, 10)).toLocaleDateString(T.locale, { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
}

const money = (amount, T) => (amount === 0 ? T.free : `${amount.toLocaleString(T.locale)} ${T.dong}`);

/** One line for a list of fees: the amount when there is one, else that it depends or that the centre confirms. */
export function feeFact(fees = [], T) {
  const amounts = fees.map((fee) => fee.amount ?? null);
  const known = amounts.filter((amount) => amount !== null).sort((a, b) => a - b);
  const most = known[known.length - 1];
  if (known.length === amounts.length && known[0] === most && known.length && !fees.some((fee) => fee.when)) return money(known[0], T);
  if (known.length && known[0] !== most) return `${money(known[0], T)} – ${money(most, T)}`;
  // Free in one case is no promise for the others.
  if (known.length) return known[0] ? `${money(known[0], T)} (${T.byCase.toLowerCase()})` : T.byCase;
  return fees.length === 1 && fees[0].verbatim ? fees[0].verbatim : T.feeUnknown;
}

export function timeFact(times = [], T) {
  const lines = [...new Set(times.map((time) => duration(time, T)).filter(Boolean))];
  if (lines.length === 1) return lines[0];
  return lines.length ? T.byCase : "";
}

function duration({ amount, unit, verbatim = "" }, T) {
  if (!amount) return verbatim;
  return T.units[unit] ? `${amount} ${T.units[unit]}${amount === 1 ? "" : T.plural}` : `${amount}`;
}

export function onlineFact(fields, T) {
  if (fields.online_level) return T.onlineLevel[fields.online_level];
  if (!fields.channels?.length) return "";
  return fields.channels.includes("online") ? T.onlineYes : T.onlineLevel.none;
}
