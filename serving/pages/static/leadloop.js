// Pages work without this.  With it, a form that only asks is answered as it is changed, and what is being made
// shows by itself.
"use strict";

const WAIT = 250;

// What somebody is writing there stays, and stays open.
const renew = (old, anew) => {
  for (const text of old.querySelectorAll("textarea")) {
    const same = anew.querySelector(`#${text.id}`);
    if (!same) continue;
    same.value = text.value;
    const [was, is] = [text.closest("details"), same.closest("details")];
    if (was && is) is.open = was.open;
  }
  old.replaceWith(anew);
};

// A form with data-live="#id #other" asks again when it is changed, and puts what the answer has of each of these in
// place of the page's.
for (const form of document.querySelectorAll("form[data-live]")) {
  let waiting = 0, asked = 0;
  const ask = async () => {
    const mine = ++asked;
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form)).toString();
    const places = form.dataset.live.split(" ");
    for (const id of places) document.querySelector(id).setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { headers: { accept: "text/html" } });
      if (mine !== asked) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!places.every((id) => page.querySelector(id))) { location.assign(address); return; }
      for (const id of places) renew(document.querySelector(id), page.querySelector(id));
      history.replaceState(null, "", address);
    } catch { form.submit(); }
  };
  form.addEventListener("input", (event) => {
    const shown = form.querySelector(`output[for="${event.target.id}"]`);
    if (shown) shown.value = Number(event.target.value).toLocaleString(document.documentElement.lang);
    clearTimeout(waiting);
    waiting = setTimeout(ask, WAIT);
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); clearTimeout(waiting); ask(); });
}

// A select with data-go sends its form when it is changed.
for (const field of document.querySelectorAll("select[data-go]")) {
  field.addEventListener("change", () => field.form.requestSubmit());
}

// What is being made: look again after so many seconds.
const made = document.querySelector("[data-reload]");
if (made) setTimeout(() => location.reload(), 1000 * Number(made.dataset.reload));

// A form is sent once; also one that came with an answer.
document.addEventListener("submit", (event) => {
  if (event.target.method !== "post") return;
  setTimeout(() => {
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
  });
});

// A file that is too large is said before it is sent.
for (const field of document.querySelectorAll("input[type=file][data-most]")) {
  field.addEventListener("change", () => {
    const large = [...field.files].some((file) => file.size > Number(field.dataset.most));
    field.setCustomValidity(large ? field.dataset.tooLarge : "");
    field.reportValidity();
  });
}
