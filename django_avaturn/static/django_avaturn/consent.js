/**
 * The step before <avaturn-editor> opens, on a site that asks for consent. It is imported, by an
 * address that the page gives, only when the server says that somebody has yet to agree.
 */

/**
 * Resolves with the version of the text once the person has agreed to it, or with "" once the
 * server knows that from elsewhere on the page. Rejects when the signal aborts.
 *
 * @param {HTMLElement} element
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export const agreed = (element, signal) =>
  new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const { consent = "" } = element.dataset;
    const panel = element.querySelector(".avaturn-consent");
    /** @type {(target: EventTarget, name: string, listener: (event: any) => void) => void} */
    const on = (target, name, listener) => target.addEventListener(name, listener, { signal });
    on(panel.querySelector("[data-action=agree]"), "click", () => {
      element.querySelector(".avaturn-panel").focus(); // the button is about to vanish
      resolve(consent);
    });
    on(document, "avaturn:consent", ({ detail }) => detail.version === consent && resolve(""));
    on(signal, "abort", () => reject(signal.reason));
    // Somebody who is elsewhere on the page is told by its status, and stays there.
    if (element.contains(document.activeElement)) panel.focus();
  });
