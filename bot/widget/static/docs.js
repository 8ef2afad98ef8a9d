// The examples' buttons: what a host page would write.
const chat = document.querySelector("#corner-chat");
const events = document.querySelector("#events");
document.querySelector("#open").addEventListener("click", () => chat.open());
document.querySelector("#ask").addEventListener("click", (event) => chat.ask(event.currentTarget.dataset.question || "đăng ký khai sinh cho con"));
for (const name of ["isee-ready", "isee-open", "isee-close", "isee-message", "isee-status"]) {
  chat.addEventListener(name, ({ type }) => (events.textContent = `${events.dataset.said || "Sự kiện gần nhất: "}${type}`));
}
