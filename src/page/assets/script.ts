/**
 * Keeps an open page new: what the server renders takes the place of what is there. It never makes HTML of its own, and
 * a page without it shows the same.
 */
export const script = `"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const services = byId("services");
  const live = byId("live");
  const nodeOf = (text) => new DOMParser().parseFromString(text, "text/html").body.firstElementChild;

  /** What stands folded out stays so; its rows are asked for again. */
  const keepOpen = (old, fresh) => {
    for (const was of old.querySelectorAll("details[open]")) {
      const is = byIdIn(fresh, was.id);
      if (is === null) continue;
      is.open = true;
      const rows = was.querySelector(".rows");
      if (rows !== null) is.append(rows);
    }
  };
  const byIdIn = (root, id) => root.querySelector("#" + CSS.escape(id));

  const focusKey = () => {
    const { activeElement: at } = document;
    if (at === null || at === document.body) return undefined;
    return { holder: at.closest("[id]"), href: at.getAttribute("href"), tag: at.tagName };
  };
  const refocus = (key) => {
    if (key === undefined || document.activeElement !== document.body) return;
    const holder = key.holder && byId(key.holder.id);
    if (!holder) return;
    const same = [...holder.querySelectorAll(key.tag)].find(
      (each) => each.getAttribute("href") === key.href,
    );
    (same ?? holder).focus({ preventScroll: true });
  };

  const put = (id, text) => {
    const old = byId(id);
    const fresh = nodeOf(text);
    if (fresh === null) return;
    if (old === null) services.append(fresh);
    else {
      keepOpen(old, fresh);
      old.replaceWith(fresh);
      for (const open of fresh.querySelectorAll("details[open]")) void load(open);
    }
  };
  const arrange = (order) => {
    const wanted = new Set(order);
    for (const each of [...services.children]) if (!wanted.has(each.id)) each.remove();
    let at = services.firstElementChild;
    for (const id of order) {
      const element = byId(id);
      if (element === null) continue;
      if (element === at) at = at.nextElementSibling;
      else services.insertBefore(element, at);
    }
  };

  const load = async (details) => {
    const link = details.querySelector("a.all");
    if (link === null) return;
    const reply = await fetch(link.getAttribute("href") + "&part=rows").catch(() => undefined);
    if (reply === undefined || !reply.ok) return;
    const key = focusKey();
    const fresh = nodeOf(await reply.text());
    const rows = details.querySelector(".rows");
    if (rows === null) details.append(fresh);
    else rows.replaceWith(fresh);
    refocus(key);
  };
  document.addEventListener(
    "toggle",
    ({ target }) => {
      if (target.open && target.querySelector(".rows") === null) void load(target);
    },
    true,
  );

  const { tag } = document.body.dataset;
  if (tag === undefined || services === null) return;
  const clock = (at) => new Date(at).toISOString().slice(11, 19) + " UTC";
  let lastAt = Number(live.dataset.at);
  const say = (isLive) => {
    live.className = isLive ? "live is-live" : "live is-lost";
    live.textContent = isLive
      ? "Live, " + clock(lastAt)
      : "No word from the director since " + clock(lastAt) + ": this is what was then";
  };
  const source = new EventSource("live?since=" + encodeURIComponent(tag));
  source.addEventListener("open", () => say(true));
  source.addEventListener("error", () => {
    say(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 10000);
  });
  source.addEventListener("same", ({ data }) => {
    lastAt = Number(data);
    say(true);
  });
  source.addEventListener("parts", ({ data }) => {
    const { at, parts, title, order } = JSON.parse(data);
    const key = focusKey();
    for (const [id, text] of Object.entries(parts)) put(id, text);
    if (order !== undefined) arrange(order);
    if (title !== undefined && title !== document.title) {
      document.title = title;
      byId("said").textContent = title;
    }
    refocus(key);
    lastAt = at;
    say(true);
    document.body.dataset.changed = String(at);
  });
})();
`;
