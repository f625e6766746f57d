// The app's own elements keep themselves up to date. What this site says about the active
// avatar comes from the server: after a save, and when an editor closes (in which one may have
// started over), fetch the page again and put it into place.

let pending = new AbortController();

async function refresh() {
  pending.abort();
  pending = new AbortController();
  const { signal } = pending;
  if (!document.querySelector("[data-refresh]")) return;
  const answer = await fetch(location.href, { signal, headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) return;
  const html = await answer.text();
  if (signal.aborted) return;
  const fresh = new DOMParser().parseFromString(html, "text/html");
  /** @type {NodeListOf<HTMLElement>} */
  const regions = document.querySelectorAll("[data-refresh]");
  for (const region of regions) {
    const name = CSS.escape(region.dataset.refresh ?? "");
    const twin = fresh.querySelector(`[data-refresh="${name}"]`);
    if (twin) region.replaceChildren(...document.adoptNode(twin).childNodes);
  }
}

for (const name of ["avaturn:saved", "avaturn:close"])
  document.addEventListener(name, () => {
    refresh().catch((error) => {
      if (error.name !== "AbortError") console.warn("The page could not be refreshed:", error);
    });
  });

// The user menu closes when the person looks elsewhere.
/** @type {HTMLDetailsElement?} */
const menu = document.querySelector(".menu");
document.addEventListener("click", ({ target }) => {
  if (menu && target instanceof Node && !menu.contains(target)) menu.open = false;
});
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
