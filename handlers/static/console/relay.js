// When the whole moving part is shown anew, what somebody had unfolded stays unfolded and what they
// had typed stays typed.

const live = document.getElementById("live");

function place(details) {
  const row = details.closest("[data-key]");
  return row && `${row.dataset.key} ${[...row.querySelectorAll("details")].indexOf(details)}`;
}

function carryOver(old, shown) {
  const open = new Set([...old.querySelectorAll("details[open]")].map(place));
  for (const details of shown.querySelectorAll("details")) if (open.has(place(details))) details.open = true;
  for (const typed of old.querySelectorAll("textarea")) {
    const field = shown.querySelector(`#${CSS.escape(typed.id)}`);
    if (field && typed.value) field.value = typed.value;
  }
}

new MutationObserver((changes) => {
  for (const { removedNodes, addedNodes } of changes) {
    const [old] = [...removedNodes].filter((node) => node.matches?.("[data-state]"));
    const [shown] = [...addedNodes].filter((node) => node.matches?.("[data-state]"));
    if (old && shown) carryOver(old, shown);
  }
}).observe(live, { childList: true });
