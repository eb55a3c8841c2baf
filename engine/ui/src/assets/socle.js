// Improves pages that already work without it: focus on errors, copy buttons, session hint, no double sending.
(() => {
  "use strict";
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  // The summary of errors is what the person must read first.
  const problem = document.querySelector("[data-focus]");
  if (problem) problem.focus();

  // A live region for what changes without a new page.
  const live = document.createElement("div");
  live.className = "unseen";
  live.setAttribute("role", "status");
  document.body.append(live);
  const say = (text) => { live.textContent = ""; setTimeout(() => { live.textContent = text; }, 50); };

  // Copy buttons appear only where copying works.
  if (navigator.clipboard) {
    each("[data-copy]", (button) => {
      const source = document.getElementById(button.dataset.copy);
      if (!source) return;
      const label = button.textContent;
      button.hidden = false;
      button.addEventListener("click", async () => {
        await navigator.clipboard.writeText(source.textContent.trim());
        button.textContent = button.dataset.done;
        say(button.dataset.done);
        setTimeout(() => { button.textContent = label; }, 3000);
      });
    });
  }

  // A second press on the same button sends nothing twice; coming back to the page allows it again.
  each("form[method=post]", (form) => {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
    window.addEventListener("pageshow", () => { delete form.dataset.sent; });
  });

  // On paper, everything is open.
  window.addEventListener("beforeprint", () => each("details", (details) => { details.open = true; }));

  // Two minutes before the end of the session: one press extends it, nothing written is lost.
  const hint = document.getElementById("session-hint");
  if (hint) {
    const seconds = Number(hint.dataset.seconds);
    const text = hint.querySelector("p");
    const button = hint.querySelector("button");
    const warning = text.textContent;
    let timers = [];
    const start = () => {
      timers.forEach(clearTimeout);
      hint.hidden = true;
      text.textContent = warning;
      timers = [
        setTimeout(() => { hint.hidden = false; }, Math.max(0, seconds - 120) * 1000),
        setTimeout(() => { text.textContent = hint.dataset.over; button.hidden = true; hint.hidden = false; }, seconds * 1000),
      ];
    };
    button.addEventListener("click", async () => {
      const answer = await fetch(hint.dataset.extend, { credentials: "same-origin", cache: "no-store", redirect: "error" }).catch(() => null);
      if (answer && answer.ok) { start(); say(hint.dataset.done); }
      else { text.textContent = hint.dataset.over; button.hidden = true; }
    });
    start();
  }
})();
