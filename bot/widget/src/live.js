// What a screen reader hears: one short sentence for each thing that happens, not the whole log as it grows.

const GATHER_MS = 400;
const KEEP_MS = 8000;
const LONGEST = 600;

/** `say(text)` speaks through `region`; what comes close together is said in one go, and is gone afterwards. */
export function announcer(region) {
  let [waiting, timer] = [[], 0];
  return (text) => {
    waiting.push(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);
    clearTimeout(timer);
    timer = setTimeout(() => {
      region.textContent = waiting.join(" ");
      waiting = [];
      timer = setTimeout(() => (region.textContent = ""), KEEP_MS);
    }, GATHER_MS);
  };
}
