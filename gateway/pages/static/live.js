// Live parts and forms without a reload. A page that loads this works without it as well.
//
// <main data-live="/path">     parts come from there as server-sent events, each the HTML of an element with an id
// <ol data-newest-last>        scrolls by itself to what is new at its end
// <ol data-keyed>              its children have ids and are taken one by one: those that did not change stay as they are
// <form data-live>             is sent in the background; 2xx empties its [data-clear] fields, else the answer's text
//                              is shown in its [role=alert]
// <output data-live-state>     says whether the page is current
// <button data-copy="id">      copies the text of that element; hidden until a script can do so

const source = new WeakMap(); // an element as the server wrote it, before a reader or this script changed it

const NEARLY = 40; // pixels

function remember(element) {
  source.set(element, element.outerHTML);
  for (const child of element.querySelectorAll("[id]")) source.set(child, child.outerHTML);
}

function localise(root) {
  const times = root.matches("time") ? [root] : root.querySelectorAll("time[datetime]");
  for (const time of times) {
    const moment = new Date(time.dateTime);
    const long = time.hasAttribute("data-date");
    time.textContent = long ? moment.toLocaleString() : moment.toLocaleTimeString();
  }
}

function put(place, fresh, markup) {
  place(fresh);
  for (const list of fresh.querySelectorAll("[data-newest-last]")) toEnd(list);
  source.set(fresh, markup.get(fresh));
  for (const child of fresh.querySelectorAll("[id]")) source.set(child, markup.get(child));
  localise(fresh);
}

function keepOpen(old, fresh) {
  const opened = [...old.querySelectorAll("details[id][open]")].map((each) => each.id);
  for (const id of opened) fresh.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  if (old.matches("details[open]")) fresh.setAttribute("open", "");
}

function replace(old, fresh, markup) {
  const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
  keepOpen(old, fresh);
  put((node) => old.replaceWith(node), fresh, markup);
  if (focused) document.getElementById(focused)?.focus();
}

function patch(old, fresh, markup) {
  if (source.get(old) === markup.get(fresh)) return;
  if (!fresh.hasAttribute("data-keyed")) return replace(old, fresh, markup);
  for (const { name, value } of fresh.attributes) old.setAttribute(name, value);
  const wasAtEnd = old.scrollHeight - old.scrollTop - old.clientHeight < NEARLY;
  const kept = new Map([...old.children].map((child) => [child.id, child]));
  let before = old.firstElementChild;
  for (const child of [...fresh.children]) {
    const known = kept.get(child.id);
    kept.delete(child.id);
    if (!known) {
      put((node) => old.insertBefore(node, before), child, markup);
    } else {
      if (known !== before) old.insertBefore(known, before); // moved
      const following = known.nextElementSibling;
      patch(known, child, markup);
      before = following;
    }
  }
  for (const gone of kept.values()) gone.remove();
  source.set(old, markup.get(fresh));
  if (wasAtEnd && old.hasAttribute("data-newest-last")) toEnd(old); // who reads what was before is left there
}

function toEnd(list) {
  list.scrollTop = list.scrollHeight;
}

function show(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  for (const fresh of [...template.content.children]) {
    const markup = new Map([[fresh, fresh.outerHTML]]);
    for (const child of fresh.querySelectorAll("[id]")) markup.set(child, child.outerHTML);
    const old = document.getElementById(fresh.id);
    if (old) patch(old, fresh, markup);
  }
}

const SHORTEST_PAUSE = 1000; // milliseconds
const LONGEST_PAUSE = 10000;
let pause = SHORTEST_PAUSE;

function say(isCurrent) {
  for (const output of document.querySelectorAll("[data-live-state]")) {
    output.dataset.liveState = isCurrent ? "live" : "away";
    output.textContent = isCurrent ? "Live" : "Connecting…";
  }
}

function listen(path) {
  const events = new EventSource(path);
  events.addEventListener("open", () => {
    pause = SHORTEST_PAUSE;
    say(true);
  });
  events.addEventListener("part", (event) => show(event.data));
  events.addEventListener("error", () => {
    say(false);
    if (events.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    setTimeout(listen, pause, path);
    pause = Math.min(2 * pause, LONGEST_PAUSE);
  });
  addEventListener("pagehide", () => events.close(), { once: true });
}

async function answerOf(form, button) {
  const fields = new FormData(form, button);
  const body = form.enctype === "multipart/form-data" ? fields : new URLSearchParams(fields);
  // forms name their own fields "action" and "method" now and then, so the attributes are asked
  const url = button?.getAttribute("formaction") ?? form.getAttribute("action");
  try {
    const answer = await fetch(url, { method: "POST", body, headers: { "X-Live": "1" } });
    return answer.ok ? "" : await answer.text();
  } catch {
    return "There was no answer. Is it still running?";
  }
}

async function send(form, button) {
  const complaint = await answerOf(form, button);
  const alert = form.querySelector("[role=alert]");
  if (alert) {
    alert.textContent = complaint;
    alert.hidden = !complaint;
  }
  if (complaint) return;
  for (const field of form.querySelectorAll("[data-clear]")) field.value = "";
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-live]")) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  navigator.clipboard.writeText(text).then(() => {
    button.textContent = "Copied";
  });
});

const live = document.querySelector("[data-live]:not(form)");
if (live) {
  remember(live);
  for (const list of live.querySelectorAll("[data-newest-last]")) toEnd(list);
  listen(live.dataset.live);
  addEventListener("pageshow", (event) => {
    if (event.persisted) listen(live.dataset.live); // the browser kept the page while its reader was elsewhere
  });
}
localise(document.body);
for (const button of document.querySelectorAll("button[data-copy]")) button.hidden = !navigator.clipboard;
