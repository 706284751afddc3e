// Saved views: a name for an address of this page, kept in this browser. The
// address itself is the filter, so that it can also be sent or bookmarked.

const place = document.getElementById("saved");

export function savedViews() {
  place.hidden = false;
  draw();
}

function read() {
  try {
    const views = JSON.parse(localStorage.getItem("views") ?? "[]");
    return Array.isArray(views) ? views.filter((v) => typeof v.name === "string" && /^\?/.test(v.query)) : [];
  } catch {
    return [];
  }
}

function write(views) {
  localStorage.setItem("views", JSON.stringify(views.slice(0, 20)));
  draw();
}

function draw() {
  const chips = read().map((view) => {
    const chip = document.createElement("a");
    chip.className = "chip";
    chip.href = `/boxes${view.query}`;
    chip.textContent = view.name;
    if (view.query === location.search) chip.setAttribute("aria-current", "true");
    const drop = document.createElement("button");
    drop.textContent = "×";
    drop.title = place.dataset.drop;
    drop.onclick = (event) => {
      event.preventDefault();
      write(read().filter((other) => other.query !== view.query));
    };
    chip.append(drop);
    return chip;
  });
  const save = document.createElement("button");
  save.textContent = place.dataset.save;
  save.hidden = !location.search || read().some((view) => view.query === location.search);
  save.onclick = () => {
    const name = prompt(place.dataset.name)?.trim().slice(0, 40);
    if (name) write([...read(), { name, query: location.search }]);
  };
  place.replaceChildren(...chips, save);
}
