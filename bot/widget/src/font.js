// Be Vietnam Pro (SIL Open Font License), in two weights; system fonts serve until it is there, or instead of it.

const RANGES = {
  latin: "U+0000-00FF, U+0131, U+0152-0153, U+02BB-02BC, U+02C6, U+02DA, U+02DC, U+2000-206F, U+20AC, U+2122, U+2191, U+2193, U+2212, U+2215",
  vietnamese: "U+0102-0103, U+0110-0111, U+0128-0129, U+0168-0169, U+01A0-01A1, U+01AF-01B0, U+0300-0301, U+0303-0304, U+0308-0309, U+0323, U+0329, U+1EA0-1EF9, U+20AB",
};

/** Not on a line that is slow or paid by the byte: 80 kB of letters are worth less there than an answer. */
export function loadFont(home) {
  const { saveData, effectiveType = "" } = navigator.connection || {};
  if (saveData || effectiveType.includes("2g")) return;
  if ([...document.fonts].some((face) => face.family.includes("Be Vietnam Pro"))) return;
  for (const weight of ["400", "600"]) {
    for (const [subset, unicodeRange] of Object.entries(RANGES)) {
      const source = `url(${new URL(`widget/fonts/be-vietnam-pro-${subset}-${weight}.woff2`, home).href}) format("woff2")`;
      document.fonts.add(new FontFace("Be Vietnam Pro", source, { weight, unicodeRange, display: "swap" }));
    }
  }
}
