// Guide values as words: amounts as "8.000 đồng", dates as 24/11/2026, durations as "3 ngày làm việc".
import { TEXTS as T } from "./texts.js";

export const date = (iso) => iso.slice(0, 10).split("-").reverse().join("/");

export const money = (amount) => (amount === 0 ? T.free : `${amount.toLocaleString("vi-VN")} ${T.dong}`);

/** One line for a list of fees: the amount when there is one, else that it depends or that the centre confirms. */
export function feeFact(fees = []) {
  const amounts = fees.map((fee) => fee.amount ?? null);
  const known = amounts.filter((amount) => amount !== null).sort((a, b) => a - b);
  if (known.length === amounts.length && known[0] === known.at(-1) && known.length && !fees.some((fee) => fee.when)) return money(known[0]);
  if (known.length && known[0] !== known.at(-1)) return `${money(known[0])} – ${money(known.at(-1))}`;
  if (known.length) return `${money(known[0])} (${T.byCase.toLowerCase()})`;
  return fees.length === 1 && fees[0].verbatim ? fees[0].verbatim : T.feeUnknown;
}

export function timeFact(times = []) {
  const lines = [...new Set(times.map(duration).filter(Boolean))];
  if (lines.length === 1) return lines[0];
  return lines.length ? T.byCase : "";
}

const duration = (time) => (time.amount ? `${time.amount} ${T.units[time.unit] ?? ""}`.trim() : time.verbatim ?? "");

export function onlineFact(fields) {
  if (fields.online_level) return T.onlineLevel[fields.online_level];
  if (!fields.channels?.length) return "";
  return fields.channels.includes("online") ? T.onlineYes : T.onlineLevel.none;
}
