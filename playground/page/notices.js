// What a bot answers to a press: a notice (toast) or an alert (dialog). The page's
// own troubles are told as toasts too.

import { byId, el } from "./dom.js";

// Long enough to read: a base and some for each character.
const TOAST_MS = 2_500;
const TOAST_MS_PER_CHARACTER = 45;
const AT_MOST = 3;

const toasts = byId("toasts");
const dialog = byId("dialog");
const alerts = [];
dialog.addEventListener("close", () => alerts.length && alertDialog(...alerts.shift()));

export function toast(text) {
  const node = el("div", { class: "toast" }, text);
  while (toasts.children.length >= AT_MOST) toasts.firstChild.remove();
  toasts.append(node);
  setTimeout(() => node.remove(), TOAST_MS + text.length * TOAST_MS_PER_CHARACTER);
}

/** Runs `action()`; its failure becomes a toast. True when it went well. */
export async function orToast(action) {
  try {
    await action();
    return true;
  } catch (error) {
    toast(error.message);
    return false;
  }
}

/** The bot's alert; it waits for a dialog that is open, such as a form being filled in. */
export function alertDialog(title, text) {
  if (dialog.open) return alerts.push([title, text]);
  openDialog("alertdialog", title,
    el("p", { class: "dialog-text" }, text),
    el("div", { class: "dialog-buttons" }, el("button", { class: "plain", value: "ok", autofocus: true }, "OK")));
}

/** A form in a dialog; `save(formData)` may fail with a sentence, which keeps the dialog open. */
export function formDialog(title, fields, label, save) {
  const failure = el("p", { class: "dialog-failure", role: "alert" });
  const form = openDialog("dialog", title, ...fields, failure,
    el("div", { class: "dialog-buttons" },
      el("button", { class: "plain", type: "button", onclick: () => dialog.close() }, "Cancel"),
      el("button", { class: "plain", type: "submit" }, label)));
  let saving = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (saving) return;
    saving = true;
    try {
      await save(new FormData(form));
      dialog.close();
    } catch (error) {
      failure.textContent = error.message;
    }
    saving = false;
  });
}

// One dialog at a time: a form takes the place of an alert.
function openDialog(role, title, ...children) {
  const form = el("form", { method: "dialog" }, el("h2", { class: "dialog-title", id: "dialog-title" }, title), ...children);
  dialog.setAttribute("role", role);
  dialog.replaceChildren(form);
  if (!dialog.open) dialog.showModal();
  return form;
}
