// Keyboard habits of finance staff, and a guard against the second click. Everything works
// without this file: it only moves the focus, copies a memo and writes group separators.
(function () {
  "use strict";

  const FIELDS = "input:not([type=hidden]):not([disabled]):not([readonly]), select:not([disabled]), textarea:not([disabled])";
  const visibleFields = (form) => [...form.querySelectorAll(FIELDS)].filter((field) => field.offsetParent !== null);
  const isField = (element) => element.matches("input, select, textarea, [contenteditable]");

  function enterMoves(event) {
    const field = event.target;
    const form = field.form;
    if (!form || !form.matches("[data-entry]") || !isField(field)) return;
    if (event.ctrlKey) {
      const saveAndNew = form.querySelector("[name=save_and_new]") || form.querySelector("[type=submit]");
      event.preventDefault();
      if (saveAndNew) saveAndNew.click();
      return;
    }
    if (field.tagName === "TEXTAREA" && !event.shiftKey) return; // a new line, as everywhere
    event.preventDefault();
    const fields = visibleFields(form);
    const next = fields[fields.indexOf(field) + (event.shiftKey ? -1 : 1)];
    const target = next || (event.shiftKey ? field : form.querySelector("[type=submit]"));
    target.focus();
    if (target.select && target.type !== "submit") target.select();
  }

  function focusSearch(event) {
    const search = document.querySelector("[data-search]");
    if (!search || (!event.ctrlKey && isField(event.target))) return;
    event.preventDefault();
    search.focus();
    search.select();
  }

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return; // Enter belongs to the input method
    if (event.key === "Enter") enterMoves(event);
    if (event.key === "/" && !event.altKey && !event.metaKey) focusSearch(event);
  });

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (event.isComposing) return;
    const shorthand = field.value && field.value.trim();
    const copied = { "..": field.dataset.copyLast, "。。": field.dataset.copyLast, "=": field.dataset.remaining, "＝": field.dataset.remaining }[shorthand];
    if (copied) field.value = copied;
  });

  // 1234567.8 becomes 1,234,567.8; anything else is left for the server to judge.
  function group(field) {
    const typed = /^(\d{1,3}(?:,\d{3})*|\d+)(\.\d{1,2})?$/.exec(field.value.trim());
    if (!typed) return;
    const integer = typed[1].replace(/,/g, "").replace(/\B(?=(\d{3})+$)/g, ",");
    field.value = integer + (typed[2] || "");
  }
  document.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-amount]")) group(event.target);
  });

  // htmx sends its own forms; data-again marks those that answer with a download.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.getAttribute("method") !== "post" || form.matches("[data-again], [hx-post]") || event.defaultPrevented) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => { // back from the page that followed
    document.querySelectorAll("form[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-print], [data-large], [aria-disabled=true]");
    if (!button) return;
    if (button.matches("[aria-disabled=true]")) return event.preventDefault();
    if (button.matches("[data-print]")) return window.print();
    const root = document.documentElement;
    const size = root.dataset.size === "large" ? "normal" : "large";
    root.dataset.size = size;
    button.setAttribute("aria-pressed", String(size === "large"));
    document.cookie = `size=${size}; path=/; max-age=31536000; SameSite=Lax`;
  });

  const form = document.querySelector("form[data-entry]");
  const first = form && (form.querySelector("[aria-invalid=true]") || visibleFields(form)[0]);
  if (first && !location.hash) first.focus();
})();
