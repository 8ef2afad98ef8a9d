// A slider beside each threshold, for those who have scripts; the number stays what is sent.
for (const number of document.querySelectorAll(".thresholds input[type=number]")) {
  const slider = document.createElement("input");
  Object.assign(slider, { type: "range", min: number.min, max: number.max, step: "0.5", value: number.value });
  slider.setAttribute("aria-label", document.querySelector(`label[for=${number.id}]`).textContent);
  slider.addEventListener("input", () => { number.value = slider.value; });
  slider.addEventListener("change", () => number.form.requestSubmit());
  number.addEventListener("input", () => { slider.value = number.value; });
  number.parentElement.append(slider);
}
