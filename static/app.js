/* Small helps for the signed-in pages. Every page also works without this file. */
(() => {
  "use strict";
  const on = (name, act, capture = false) => document.addEventListener(name, act, capture);
  const isPost = (form) => (form.getAttribute("method") || "").toLowerCase() === "post";

  document.documentElement.classList.add("js"); // shows [data-js], hides .no-js

  /* A form waits while it is being sent; its fields, the idempotency key too, stay as they are. */
  const hold = (form, sent) => {
    if (!form || "again" in form.dataset) return;
    form.toggleAttribute("data-sent", sent);
    form.ariaBusy = String(sent);
    for (const button of form.querySelectorAll("[type=submit]")) button.ariaDisabled = String(sent);
  };
  /* Scans that wait on this phone (static/scanner/queue.js) would wait for ever. */
  const scansWait = () => {
    try {
      return Number(localStorage.getItem("scanner-queue")) > 0;
    } catch {
      return false;
    }
  };
  on("submit", (event) => {
    const form = event.target;
    if (form.dataset.queued && scansWait()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      window.alert(form.dataset.queued);
      return;
    }
    const question = event.submitter?.dataset.confirm || form.dataset.confirm;
    if (form.hasAttribute("data-sent") || (question && !window.confirm(question))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    if (!isPost(form)) return;
    hold(form, true);
    setTimeout(() => event.defaultPrevented && !form.matches(".htmx-request") && hold(form, false));
  }, true);
  window.addEventListener("pageshow", () => { // back from the next page
    for (const form of document.querySelectorAll("form[data-sent]")) hold(form, false);
  });

  /* htmx: the CSRF token goes along; what failed is told at the top. */
  const tell = () => {
    const place = document.getElementById("notice");
    if (!place?.dataset.failed) return;
    const line = document.createElement("p");
    line.className = "note bad";
    line.setAttribute("role", "alert");
    line.textContent = place.dataset.failed;
    place.replaceChildren(line);
    place.scrollIntoView({ block: "nearest" });
  };
  on("htmx:config:request", ({ detail }) => {
    const token = document.querySelector('meta[name="csrf-token"]');
    if (token) detail.ctx.request.headers["X-CSRFToken"] = token.content;
  });
  on("htmx:before:request", ({ detail }) => hold(detail.ctx.request.form, true));
  on("htmx:finally:request", ({ detail }) => hold(detail.ctx.request.form, false));
  on("htmx:response:error", ({ detail }) => detail.ctx.response.status >= 500 && tell());
  on("htmx:error", tell);

  /* data-check-all="name": one box for all of that name in the same form. */
  const boxes = (form, name) =>
    [...form.elements].filter((box) =>
      box.name === name && box.type === "checkbox" && !box.disabled && !box.closest("[hidden]"));
  on("change", ({ target }) => {
    if (target.matches("select[data-autosubmit]")) target.form?.requestSubmit();
    if (!target.form || target.type !== "checkbox") return;
    if (target.dataset.checkAll) {
      for (const box of boxes(target.form, target.dataset.checkAll)) box.checked = target.checked;
      return;
    }
    const master = target.form.querySelector(`[data-check-all="${CSS.escape(target.name)}"]`);
    if (!master) return;
    const checked = boxes(target.form, target.name).map((box) => box.checked);
    master.checked = checked.every(Boolean);
    master.indeterminate = !master.checked && checked.some(Boolean);
  });
  /* data-filter="id": what is typed narrows a list down, by any of its words or by initials. */
  on("input", ({ target }) => {
    const list = target.dataset.filter && document.getElementById(target.dataset.filter);
    if (!list) return;
    const words = target.value.trim().toLowerCase();
    for (const line of list.querySelectorAll("li")) {
      line.hidden = !line.textContent.toLowerCase().includes(words) && !(line.dataset.p || "").startsWith(words);
    }
  });
  on("click", ({ target }) => target.closest?.("[data-print]") && window.print());

  /* A screen that shows a code: it stays awake, and may fill the display. */
  const wake = () =>
    document.visibilityState === "visible" && document.querySelector("[data-awake]") &&
    navigator.wakeLock?.request("screen").catch(() => {});
  on("visibilitychange", wake);
  wake();
  on("click", ({ target }) =>
    target.closest?.("[data-fullscreen]") && document.documentElement.requestFullscreen?.().catch(() => {}));

  /* A unit's month: a name can be dragged to another shift; choosing it does the same without. */
  let held = null;
  const isPlace = (link) => link?.closest("[data-moves]") && /\/boards\/places\/\d+$/.test(link.pathname);
  const slotAt = ({ clientX, clientY }) =>
    document.elementFromPoint(clientX, clientY)?.closest("[data-moves] .slot:not(.off, .past)");
  const letGo = () => {
    held?.link.removeAttribute("data-held");
    held?.over?.removeAttribute("data-over");
    held = null;
  };
  on("dragstart", (event) => isPlace(event.target) && event.preventDefault());
  on("pointerdown", (event) => {
    const link = event.target.closest?.("a[href]");
    if (event.pointerType !== "mouse" || event.button || !isPlace(link)) return;
    held = { link, x: event.clientX, y: event.clientY, from: link.closest(".slot"), over: null, moved: false };
  });
  on("pointermove", (event) => {
    if (!held) return;
    if (!held.moved && Math.hypot(event.clientX - held.x, event.clientY - held.y) < 6) return;
    event.preventDefault();
    held.moved = true;
    held.link.setAttribute("data-held", "");
    const over = slotAt(event);
    if (over === held.over) return;
    held.over?.removeAttribute("data-over");
    held.over = over && over !== held.from ? over : null;
    held.over?.setAttribute("data-over", "");
  });
  on("pointercancel", letGo);
  on("pointerup", () => {
    if (!held?.moved) return letGo();
    const { link, over } = held;
    on("click", (event) => event.preventDefault(), { capture: true, once: true });
    setTimeout(letGo);
    if (!over) return;
    const form = document.createElement("form");
    form.method = "post";
    form.action = `${link.pathname}/move`;
    const facts = {
      csrf_token: document.querySelector('meta[name="csrf-token"]').content,
      to: over.querySelector("a").pathname.split("/").pop(),
      unit: link.closest("[data-moves]").dataset.moves,
    };
    for (const [name, value] of Object.entries(facts)) {
      form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
    }
    document.body.append(form);
    form.submit();
  });
})();
