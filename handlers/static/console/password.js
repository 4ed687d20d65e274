// The button that shows a password; without this script it stays hidden.

for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  const show = button.textContent;
  button.hidden = false;
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? button.dataset.hide : show;
  });
  // A shown password must not be offered later as something typed into an ordinary field.
  field.form.addEventListener("submit", () => { field.type = "password"; });
}
