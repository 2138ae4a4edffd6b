"use strict";
// Sorts and filters the table of claims. Without it the page shows everything, in the order of the paper. The state stands in the address, after
// the #: verdict=refuted&find=step&sort=attacked&down=1, so that a view can be linked; #SLUG opens one claim.
(() => {
  const table = document.getElementById("claims");
  const find = document.getElementById("find"), verdict = document.getElementById("verdict"), shown = document.getElementById("shown");
  const bodies = [...table.tBodies];
  const order = new Map(bodies.map((body, place) => [body, place]));
  const heads = [...table.querySelectorAll("th[data-key]")];
  let sort = "", down = false;

  const value = (body, key) => {
    const text = body.dataset[key] ?? "";
    return text === "" || Number.isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (a, b) => {
    const [x, y] = [value(a, sort), value(b, sort)];
    if ((x === "") !== (y === "")) return x === "" ? 1 : -1; // what has no value stands last, up or down
    const sign = typeof x === "number" && typeof y === "number" ? x - y : String(x).localeCompare(String(y));
    return (down ? -sign : sign) || order.get(a) - order.get(b);
  };
  const show = () => {
    const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const body of bodies) {
      const text = body.dataset.text.toLowerCase();
      const fits = (!verdict.value || body.dataset.verdict === verdict.value || (verdict.value === "unexpected" && body.dataset.ok === "0"))
        && words.every((word) => text.includes(word));
      body.hidden = !fits;
      count += fits ? 1 : 0;
    }
    const sorted = sort ? [...bodies].sort(compare) : bodies;
    table.append(...sorted);
    for (const head of heads) {
      head.setAttribute("aria-sort", head.dataset.key !== sort ? "none" : down ? "descending" : "ascending");
    }
    shown.textContent = `${count} of ${bodies.length} shown`;
  };
  const write = () => {
    const state = new URLSearchParams();
    if (verdict.value) state.set("verdict", verdict.value);
    if (find.value) state.set("find", find.value);
    if (sort) state.set("sort", sort);
    if (down) state.set("down", "1");
    history.replaceState(null, "", `#${state}`);
  };
  const read = () => {
    const text = decodeURIComponent(location.hash.slice(1));
    const one = text && document.getElementById(text);
    if (one) {
      one.hidden = false;
      one.querySelector("details").open = true;
      one.scrollIntoView();
      return;
    }
    const state = new URLSearchParams(location.hash.slice(1));
    find.value = state.get("find") ?? "";
    verdict.value = state.get("verdict") ?? "";
    const key = state.get("sort") ?? "";
    sort = heads.some((head) => head.dataset.key === key) ? key : "";
    down = state.get("down") === "1";
    show();
  };
  const change = () => { show(); write(); };
  find.addEventListener("input", change);
  verdict.addEventListener("change", change);
  for (const head of heads) {
    head.querySelector("button").addEventListener("click", () => {
      const key = head.dataset.key;
      if (sort !== key) [sort, down] = [key, head.dataset.first === "down"];
      else if (down === (head.dataset.first === "down")) down = !down;
      else [sort, down] = ["", false];
      change();
    });
  }
  document.getElementById("open").addEventListener("click", () => {
    const all = bodies.filter((body) => !body.hidden).map((body) => body.querySelector("details"));
    const open = all.some((one) => !one.open);
    all.forEach((one) => { one.open = open; });
  });
  // On paper everything is open.
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((one) => { one.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((one) => { one.open = false; }));
  addEventListener("hashchange", read);
  document.querySelector(".controls").hidden = false;
  show();
  read();
})();
