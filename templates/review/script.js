"use strict";
// The page of `broaden review`. All it knows is what the server said; all it does is ask again and show the answer.
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  const state = one("state");
  const sliders = all("[data-key]");
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

  // What is decided of lines, by their names: what the server holds, until something else is pressed.
  const decided = {};
  const held = () => {
    for (const row of all("[data-line]")) {
      if (row.dataset.choice) decided[row.dataset.line] ??= { choice: row.dataset.choice };
      if (row.dataset.choice === "accept") decided[row.dataset.line].shares ??= row.dataset.shares;
    }
  };
  const decide = (row, choice, shares) => {
    const id = row.dataset.line;
    // Of a lot that is not in the plan nobody knows how much is meant.
    if (choice === "accept" && row.dataset.held && shares === undefined) {
      row.querySelector("[data-quantity]").select();
      return say("how many of the " + row.dataset.held + " shares?");
    }
    if (!choice || (decided[id]?.choice === choice && shares === undefined)) delete decided[id];
    else if (choice === "accept") decided[id] = { choice, shares: shares ?? (row.dataset.shares || null) };
    else decided[id] = { choice };
    plan();
  };

  // What is chosen: of the sliders only what differs from today.
  const choices = () => {
    const set = {};
    for (const slider of sliders) {
      if (slider.value !== slider.dataset.today) set[slider.dataset.key] = Number(slider.value);
    }
    return { set, decided: { ...decided } };
  };

  // The last choices that could be.
  let good = null;
  const restore = () => {
    for (const slider of sliders) slider.value = good.set[slider.dataset.key] ?? slider.dataset.today;
    for (const id of Object.keys(decided)) delete decided[id];
    Object.assign(decided, good.decided);
  };

  // Puts parts in place, and the focus where it was. What is drawn already stays, but for the fields that one types in.
  const drawn = {};
  const show = (reply) => {
    const focused = document.activeElement;
    const line = focused?.closest?.("[data-line]")?.dataset.line;
    const within = ["[data-quantity]", "[data-decide=accept]", "[data-decide=reject]", "[data-decide=later]"]
      .find((selector) => focused?.matches?.(selector));
    for (const [id, html] of Object.entries(reply.parts)) {
      const part = one(id);
      if (part && (id === "lines" || drawn[id] !== html)) part.innerHTML = html;
      drawn[id] = html;
    }
    for (const [key, words] of Object.entries(reply.values ?? {})) {
      const slider = sliders.find((slider) => slider.dataset.key === key);
      if (!slider) continue;
      one(slider.id + "-value").textContent = words;
      slider.setAttribute("aria-valuetext", words);
      slider.closest(".threshold").classList.toggle("moved", slider.value !== slider.dataset.today);
    }
    const rows = all("[data-line]"), row = rows.find((row) => row.dataset.line === line);
    (row ?? rows[0])?.setAttribute("tabindex", "0");
    if (row) ((within && row.querySelector(within)) || row).focus();
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
        const asked = choices(), reply = await ask("plan", asked);
        // What cannot be is taken back, unless something else was chosen meanwhile: the page shows the plan without it.
        if (!reply.refused) good = asked;
        else if (wanted === null) restore();
        show(reply);
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
    if (button.dataset.decide) decide(button.closest("[data-line]"), button.dataset.decide);
    if (button.id === "save") saving();
    if (button.id === "write") write();
    if (button.dataset.reset) {
      const slider = one(button.dataset.reset);
      slider.value = slider.dataset.today;
      plan();
    }
  });

  document.addEventListener("change", (event) => {
    const field = event.target.closest("[data-quantity]");
    if (!field) return;
    const row = field.closest("[data-line]"), typed = field.value.trim();
    if (typed === "") decide(row, null);
    else if (typed !== row.dataset.shares) decide(row, "accept", typed);
  });

  // What would be written is shown first; then a button writes it.
  let shown = null;
  const saving = async () => {
    try {
      shown = await ask("preview", {});
    } catch (error) {
      return say("cannot be saved: " + error.message);
    }
    const list = one("saving-choices");
    list.replaceChildren();
    const offer = (kind, words, on) => {
      const label = document.createElement("label"), box = document.createElement("input");
      Object.assign(box, { type: "checkbox", checked: on, disabled: !on });
      box.dataset.kind = kind;
      label.append(box, " " + words);
      list.append(label);
    };
    const named = (kind) => shown.files.filter((file) => file.kind === kind)
      .map((file) => file.name + (file.replaces ? " (replaced)" : "")).join(", ");
    offer("rules", shown.difference ? "thresholds into " + shown.config : "thresholds: none was moved", Boolean(shown.difference));
    offer("decisions", shown.decided ? "decisions: " + named("decisions") : "decisions: none is made", shown.decided);
    offer("orders", "orders: " + named("orders"), true);
    one("saving-difference").hidden = !shown.difference;
    one("saving-config").textContent = shown.config;
    one("saving-diff").textContent = shown.difference;
    one("saving-said").textContent = "Nothing is written yet.";
    one("write").disabled = false;
    if (!one("saving").open) one("saving").showModal();
  };
  const write = async () => {
    const wanted = { revision: shown.revision };
    for (const box of one("saving-choices").querySelectorAll("input")) wanted[box.dataset.kind] = box.checked;
    one("write").disabled = true;
    try {
      one("saving-said").textContent = "Written: " + (await ask("save", wanted)).written.join(", ");
      // The rules are others now: what a slider returns to, too.
      if (wanted.rules) one("saving").addEventListener("close", () => location.reload(), { once: true });
    } catch (error) {
      one("saving-said").textContent = "Nothing is written: " + error.message;
    }
  };

  const lines = () => all("[data-line]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const field = event.target.closest("input[type=text]");
    if (field && (event.key === "Enter" || event.key === "Escape")) {
      if (event.key === "Escape") field.value = field.closest("[data-line]").dataset.shares;
      field.closest("[data-line]").focus();
      return event.preventDefault();
    }
    // A slider moves by arrows; letters mean the same wherever one is, but in a list of choices.
    if (field || event.target.closest("select") || (event.target.closest("input") && event.key.startsWith("Arrow"))) return;
    const rows = lines(), at = rows.indexOf(event.target.closest("[data-line]"));
    const go = (to) => rows[Math.max(0, Math.min(rows.length - 1, to))]?.focus();
    const keys = {
      ArrowDown: () => go(at + 1),
      ArrowUp: () => go(at < 0 ? 0 : at - 1),
      j: () => go(at + 1),
      k: () => go(at < 0 ? 0 : at - 1),
      t: () => sliders[0]?.focus(),
      a: () => at >= 0 && decide(rows[at], "accept"),
      r: () => at >= 0 && decide(rows[at], "reject"),
      l: () => at >= 0 && decide(rows[at], "later"),
      u: () => at >= 0 && decide(rows[at], null),
      q: () => at >= 0 && rows[at].querySelector("[data-quantity]").select(),
      s: saving,
      w: () => at >= 0 && rows[at].querySelector("[data-why]").click(),
    };
    if (keys[event.key]) {
      event.preventDefault();
      keys[event.key]();
    }
  });
  if (lines()[0]) lines()[0].tabIndex = 0;
  held();
  good = choices();
  later = setTimeout(more, 0);
})();
