"use strict";
for (const figure of document.querySelectorAll(".slider")) {
  const stage = figure.querySelector(".stage"), scroller = figure.querySelector(".scroller");
  const pair = figure.querySelector(".pair"), range = figure.querySelector("input[type=range]");
  const pixels = figure.querySelector("input[type=checkbox]"), buttons = [...figure.querySelectorAll("[data-zoom]")];
  const size = { width: +figure.dataset.width, height: +figure.dataset.height };
  let zoom = 0;

  const draw = () => {
    const at = range.value / 100 * scroller.clientWidth;
    figure.style.setProperty("--at", `${range.value}%`);
    figure.style.setProperty("--cut", `${scroller.scrollLeft + at}px`);
  };
  const enlarge = (next, x = .5, y = .5) => {  // keeps the place under (x, y), in parts of the stage, where it is
    const box = pair.getBoundingClientRect(), view = scroller.getBoundingClientRect();
    const u = (view.left + x * view.width - box.left) / box.width, v = (view.top + y * view.height - box.top) / box.height;
    zoom = next;
    figure.classList.toggle("zoomed", zoom > 0);
    pair.style.width = zoom ? `${size.width * zoom / devicePixelRatio}px` : "";
    for (const button of buttons) button.setAttribute("aria-pressed", +button.dataset.zoom === zoom);
    smooth();
    scroller.scrollLeft = u * pair.clientWidth - x * scroller.clientWidth;
    scroller.scrollTop = v * pair.clientHeight - y * scroller.clientHeight;
    draw();
  };
  const smooth = () => figure.classList.toggle("pixels", pixels.checked && zoom > 0);
  const levels = () => [0, 1, 2, 4].filter(z => !z || size.width * z / devicePixelRatio > stage.clientWidth * 1.02);

  range.addEventListener("input", draw);
  scroller.addEventListener("scroll", draw);
  new ResizeObserver(draw).observe(scroller);
  pixels.addEventListener("change", smooth);
  for (const button of buttons) button.addEventListener("click", () => enlarge(+button.dataset.zoom));

  let held = null;  // a press: on the line it moves the line, elsewhere it moves an enlarged picture, at rest it is a click
  const place = event => (event.clientX - scroller.getBoundingClientRect().left) / scroller.clientWidth;
  const slide = event => { range.value = 100 * place(event); draw(); };
  scroller.addEventListener("pointerdown", event => {
    if (event.button) return;
    const near = Math.abs(place(event) - range.value / 100) * scroller.clientWidth < 28;
    held = { x: event.clientX, y: event.clientY, left: scroller.scrollLeft, top: scroller.scrollTop, line: near || !zoom, moved: false };
    scroller.setPointerCapture(event.pointerId);
  });
  scroller.addEventListener("pointermove", event => {
    if (!held) return;
    held.moved ||= Math.hypot(event.clientX - held.x, event.clientY - held.y) > 4;
    if (!held.moved) return;
    if (held.line) slide(event);
    else scroller.scrollTo(held.left + held.x - event.clientX, held.top + held.y - event.clientY);
  });
  scroller.addEventListener("pointerup", event => {
    if (held && !held.moved) {
      const steps = levels(), box = scroller.getBoundingClientRect();
      enlarge(steps[(steps.indexOf(zoom) + 1) % steps.length], place(event), (event.clientY - box.top) / box.height);
    }
    held = null;
  });
  scroller.addEventListener("pointercancel", () => { held = null; });
  draw();
}

const viewer = document.querySelector(".viewer");
for (const figure of document.querySelectorAll(".crops")) {
  for (const crop of figure.querySelectorAll(".crop")) {
    crop.addEventListener("click", () => {
      const row = [...figure.querySelectorAll(`.crop[data-place="${crop.dataset.place}"]`)];
      let shown = row.indexOf(crop);
      const image = document.createElement("img"), bar = document.createElement("nav"), text = document.createElement("p");
      const button = (label, name, action) => {
        const made = document.createElement("button");
        made.type = "button"; made.textContent = label; made.setAttribute("aria-label", name);
        made.addEventListener("click", action);
        return made;
      };
      const show = step => {
        shown = (shown + step + row.length) % row.length;
        const picture = row[shown].querySelector("img"), caption = row[shown].closest(".column").querySelector(".caption");
        image.src = picture.src; image.alt = picture.alt;
        text.replaceChildren(...[...caption.children].map(child => child.cloneNode(true)));
      };
      bar.append(button("‹", "Version before", () => show(-1)), text, button("›", "Next version", () => show(1)));
      image.addEventListener("click", () => viewer.close());
      viewer.onkeydown = event => {
        if (event.key === "ArrowLeft") show(-1); else if (event.key === "ArrowRight") show(1);
      };
      viewer.onclick = event => { if (event.target === viewer) viewer.close(); };
      viewer.replaceChildren(image, bar);
      show(0);
      viewer.showModal();
    });
  }
}

for (const table of document.querySelectorAll(".table table")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => head.firstElementChild.addEventListener("click", () => {
    const down = head.getAttribute("aria-sort") === "ascending";
    for (const each of heads) each.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const key = row => row.cells[column].dataset.value;
    const order = (a, b) => {
      const [x, y] = [key(a), key(b)];
      if (x !== undefined && y !== undefined) return (x - y) * (down ? -1 : 1);
      if (x !== undefined || y !== undefined) return x === undefined ? 1 : -1;  // what has no value is last
      return a.cells[column].textContent.localeCompare(b.cells[column].textContent, "en", { numeric: true }) * (down ? -1 : 1);
    };
    body.append(...[...body.rows].sort(order));
  }));
}
