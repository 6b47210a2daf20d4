"use strict";
// The page of `broaden review`. All it knows is what the server said; all it does is ask again and show the answer.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const state = one("state");
  const sliders = all("input[type=range][data-key]");
  const say = (words, busy) => {
    state.textContent = words;
    state.classList.toggle("busy", Boolean(busy));
  };

  const ask = async (what, body) => {
    const reply = await fetch("/" + what, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!reply.ok) throw new Error(await reply.text());
    return reply.json();
  };

  // What is chosen: only what differs from today.
  const choices = () => {
    const set = {};
    for (const slider of sliders) {
      if (slider.value !== slider.dataset.today) set[slider.dataset.key] = Number(slider.value);
    }
    return { set };
  };

  // Puts parts in place, and the focus where it was.
  const show = (reply) => {
    const line = document.activeElement?.closest?.("[data-line]")?.dataset.line;
    for (const [id, html] of Object.entries(reply.parts)) {
      const part = one(id);
      if (part) part.innerHTML = html;
    }
    for (const [key, words] of Object.entries(reply.values ?? {})) {
      const slider = sliders.find((slider) => slider.dataset.key === key);
      if (!slider) continue;
      one(slider.id + "-value").textContent = words;
      slider.setAttribute("aria-valuetext", words);
      slider.closest(".threshold").classList.toggle("moved", slider.value !== slider.dataset.today);
    }
    if (line) all("[data-line]").find((row) => row.dataset.line === line)?.focus();
  };

  // One question at a time, and always the latest: what came in between is not asked.
  let running = false, wanted = null, later = 0;
  const plan = async () => {
    wanted = performance.now();
    if (running) return;
    running = true;
    clearTimeout(later);
    say("planning", true);
    try {
      while (wanted !== null) {
        const since = wanted;
        wanted = null;
        show(await ask("plan", choices()));
        requestAnimationFrame(() => setTimeout(() => {
          const took = Math.round(performance.now() - since);
          state.dataset.took = String(took);
          if (wanted === null) say("planned in " + took + " ms");
        }));
      }
      // What takes longer comes when the hand rests: what would be otherwise, and which limit decides.
      later = setTimeout(more, 250);
    } catch (error) {
      say("not planned: " + error.message);
    }
    running = false;
  };
  const more = async () => {
    if (running) return;
    running = true;
    try {
      const reply = await ask("more", {});
      if (wanted === null) {
        show(reply);
        state.dataset.whole = String(reply.revision);
      }
    } catch (error) {
      say("not planned: " + error.message);
    }
    running = false;
    if (wanted !== null) plan();
  };

  const why = async (name) => {
    one("why-title").textContent = "Why " + name;
    one("why-text").textContent = "…";
    if (!one("why").open) one("why").showModal();
    try {
      one("why-text").textContent = (await ask("why", { name })).text;
    } catch (error) {
      one("why-text").textContent = error.message;
    }
  };

  for (const slider of sliders) slider.addEventListener("input", plan);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.why) why(button.dataset.why);
    if (button.dataset.reset) {
      const slider = one(button.dataset.reset);
      slider.value = slider.dataset.today;
      plan();
    }
  });

  const lines = () => all("[data-line]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || one("why").open) return;
    if (event.target.closest("input, textarea, select")) return;
    const rows = lines(), at = rows.indexOf(event.target.closest("[data-line]"));
    const go = (to) => rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
    const keys = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at < 0 ? 0 : at - 1),
      j: () => go(at + 1),
      k: () => go(at < 0 ? 0 : at - 1),
      t: () => sliders[0]?.focus(),
      w: () => at >= 0 && rows[at].querySelector("[data-why]").click(),
    };
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  if (lines()[0]) lines()[0].tabIndex = 0;
  later = setTimeout(more, 0);
})();
