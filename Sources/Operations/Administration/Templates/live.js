// Shows again what has changed, without moving what somebody is working on: each part of the page that has an id and the
// attribute data-live is exchanged for its new state. Without this script the pages are complete, and are reloaded by hand.
"use strict";
(() => {
  const state = document.getElementById("live-state");
  if (!state || !window.EventSource) return;
  let source = null;
  let isAsking = false;
  let isAskedAgain = false;

  const button = document.createElement("button");
  button.type = "button";
  button.className = "link";
  const text = document.createElement("span");
  state.append(text, " ", button);

  const show = (words) => { text.textContent = words; };

  async function refresh() {
    if (isAsking) { isAskedAgain = true; return; }
    isAsking = true;
    try {
      const answer = await fetch(location.href, { credentials: "same-origin", redirect: "manual" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const part of document.querySelectorAll("[data-live][id]")) {
          const next = page.getElementById(part.id);
          if (!next || next.innerHTML === part.innerHTML || part.contains(document.activeElement)) continue;
          part.className = next.className;
          part.replaceChildren(...next.childNodes);
        }
      } else if (answer.type === "opaqueredirect") {
        location.reload();
      }
    } catch { /* The next change asks again. */ }
    isAsking = false;
    if (isAskedAgain) { isAskedAgain = false; refresh(); }
  }

  function listen() {
    source = new EventSource("/events");
    source.addEventListener("open", () => { show("Live."); });
    source.addEventListener("error", () => { show("The connection is lost; trying again."); });
    source.addEventListener("change", refresh);
    button.textContent = "Hold updates";
    show("Connecting.");
  }

  button.addEventListener("click", () => {
    if (source) {
      source.close();
      source = null;
      show("Updates are held.");
      button.textContent = "Go on";
    } else {
      listen();
    }
  });
  addEventListener("pagehide", () => { if (source) source.close(); });
  listen();
})();
