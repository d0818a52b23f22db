// Personas: who this tab is, the panel to change that, and new people. A persona
// is an address (?as=1001), so each can have a tab of his own.

import * as api from "./api.js";
import { avatar } from "./avatar.js";
import { byId, el, icon } from "./dom.js";
import { formDialog, toast } from "./notices.js";

const LAST = "gofrobot.persona";
const RETRY_MS = 1_000;
// What the bot speaks; Telegram tells it the language of the person's app.
const LANGUAGES = { en: "English", ru: "Русский" };

const panel = byId("people");
const opener = byId("persona");
// A load generator may fill the simulator with people; the panel is for those who play.
const SHOWN = 50;
const addressOf = (id) => `?as=${id}`;

/** The person named by the address, else the last one, else the first; waits for the server. */
export async function choosePerson() {
  const all = await whenThere();
  const wanted = new URLSearchParams(location.search).get("as");
  const byIdText = (text) => all.find((person) => String(person.id) === text);
  const person = byIdText(wanted) ?? byIdText(localStorage.getItem(LAST)) ?? all[0];
  if (wanted && String(person.id) !== wanted) toast(`There is no person ${wanted}. You are ${person.first_name}.`);
  localStorage.setItem(LAST, String(person.id));
  window.history.replaceState(window.history.state, "", addressOf(person.id) + location.hash);
  return person;
}

/** A simulator that was started anew may not know the person: the page says so and becomes another one's. */
export async function leaveIfGone(me) {
  const all = await api.people().catch(() => []);
  if (all.length && !all.some(({ id }) => id === me.id)) location.reload();
}

async function whenThere() {
  for (;;) {
    const all = await api.people().catch(() => []);
    if (all.length) return all;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** The button with the person's picture, and the panel behind it. */
export function bindPeople(me) {
  opener.replaceChildren(avatar("person", me.id, me.first_name));
  opener.setAttribute("aria-label", `${me.first_name}: switch person`);
  byId("persona-name").textContent = me.first_name;
  opener.addEventListener("click", () => (panel.hidden ? open(me) : close()));
  addEventListener("pointerdown", (event) => panel.contains(event.target) || opener.contains(event.target) || close());
  panel.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !panel.contains(relatedTarget) && close());
  panel.addEventListener("keydown", (event) => event.key === "Escape" && close({ focus: true }));
}

async function open(me) {
  let all;
  try {
    all = await api.people();
  } catch (error) {
    return toast(error.message);
  }
  panel.replaceChildren(...[
    el("h2", { class: "panel-title" }, "Play as"),
    el("ul", { class: "panel-list" }, ...all.filter((person, index) => index < SHOWN || person.id === me.id).map((person) => row(person, me))),
    all.length > SHOWN && el("p", { class: "panel-note" }, `${all.length} people in all; ?as= in the address names any of them`),
    el("button", { class: "panel-add", type: "button", onclick: newPerson }, icon("i-add"), "New person"),
  ].filter(Boolean));
  panel.hidden = false;
  opener.setAttribute("aria-expanded", "true");
  panel.querySelector("a").focus();
}

function close({ focus = false } = {}) {
  panel.hidden = true;
  opener.setAttribute("aria-expanded", "false");
  if (focus) opener.focus();
}

function row(person, me) {
  const detail = [person.username && `@${person.username}`, LANGUAGES[person.language_code] ?? person.language_code];
  return el("li", { class: "panel-row", "data-person": person.id },
    el("a", { class: "panel-person", href: addressOf(person.id), "aria-current": person.id === me.id && "true" },
      avatar("person", person.id, person.first_name),
      el("span", { class: "panel-names" }, el("strong", {}, person.first_name), el("span", {}, detail.filter(Boolean).join(" · ")))),
    el("a", { class: "round", href: addressOf(person.id), target: "_blank", "aria-label": `Open ${person.first_name} in a new tab`, title: "Open in a new tab" }, icon("i-new-tab")));
}

function newPerson() {
  close();
  const language = ([code, name]) => el("option", { value: code }, name);
  formDialog("New person", [
    el("label", { class: "dialog-field" }, "First name", el("input", { name: "first_name", required: true, maxlength: "64", autofocus: true })),
    el("label", { class: "dialog-field" }, "Language", el("select", { name: "language_code" }, ...Object.entries(LANGUAGES).map(language))),
  ], "Create", async (form) => {
    const person = await api.addPerson(form.get("first_name").trim(), form.get("language_code"));
    location.assign(addressOf(person.id));
  });
}
