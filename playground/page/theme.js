// Light or dark: what the system prefers until the player chooses. Loaded before
// the first paint, so that a chosen theme never flashes the other one.

const KEY = "gofrobot.theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const root = document.documentElement;

const chosen = localStorage.getItem(KEY);
if (chosen) root.dataset.theme = chosen;

const isDark = () => (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";

/** Makes `button` switch the theme and tell its state. */
export function bindTheme(button) {
  const show = () => button.setAttribute("aria-pressed", String(isDark()));
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    localStorage.setItem(KEY, root.dataset.theme);
    show();
  });
  system.addEventListener("change", show);
  show();
}
