// The simulator's fault switches: how badly Telegram treats the bot. The form shows
// whatever figures the server names, so it never falls behind them.

import * as api from "./api.js";
import { el } from "./dom.js";
import { formDialog, toast } from "./notices.js";

export async function openFaults() {
  try {
    const now = await api.faults();
    const figures = Object.entries(now).filter(([, value]) => typeof value === "number");
    formDialog("Faults of the simulated Telegram", [
      el("p", { class: "dialog-text" }, "Rates are shares of the bot's calls, 0 to 1. All zero: nothing goes wrong."),
      ...figures.map(field),
    ], "Apply", async (form) => {
      const changed = Object.fromEntries(figures.map(([name]) => [name, Number(form.get(name))]));
      await api.setFaults({ ...now, ...changed });
      toast("Applied.");
    });
  } catch (error) {
    toast(error.message);
  }
}

function field([name, value]) {
  const rate = name.endsWith("_rate");
  return el("label", { class: "dialog-field" }, name.replaceAll("_", " "),
    el("input", { name, type: "number", min: "0", max: rate && "1", step: rate ? "any" : "1", value: String(value), required: true }));
}
