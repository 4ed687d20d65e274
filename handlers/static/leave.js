// Leaving replaces this page in the history, so that "back" does not return to it.
const leave = document.getElementById("leave");
const go = (event) => {
  event?.preventDefault();
  document.querySelector("main").replaceChildren();
  window.location.replace(leave.href);
};
leave.addEventListener("click", go);
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape") go(event);
});
// Coming back through the browser's cache shows nothing.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) go();
});
