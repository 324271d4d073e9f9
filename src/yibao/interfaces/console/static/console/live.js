/* Fetch the messages that came since, every second and a half, put them on top and say how many; a button pauses. */
(() => {
  const table = document.getElementById("messages");
  if (!table || !table.dataset.newer) return;
  const EVERY = 1500, AWAY = 6000, ROWS = 300;
  const body = table.tBodies[0], status = document.getElementById("arrived"), pause = document.getElementById("pause");
  let newest = table.dataset.newest || "0", paused = false, arrived = 0;

  const say = () => {
    status.textContent = arrived === 1 ? status.dataset.one : status.dataset.many.replace("#", arrived);
  };
  const add = (html) => {
    const rows = document.createElement("tbody");
    rows.innerHTML = html;
    const found = [...rows.rows];
    for (const row of found.reverse()) {
      row.classList.add("fresh");
      body.prepend(row);
    }
    while (body.rows.length > ROWS) body.lastElementChild.remove();
    document.getElementById("nothing")?.remove();
    arrived += found.length;
    say();
  };
  const look = async () => {
    let wait = EVERY;
    if (!paused && !document.hidden) {
      try {
        const asked = new URLSearchParams(table.dataset.filters);
        asked.set("after", newest);
        const answer = await fetch(`${table.dataset.newer}?${asked}`, { redirect: "error" });
        if (answer.status === 200) {
          newest = answer.headers.get("X-Newest") || newest;
          add(await answer.text());
        } else if (answer.status !== 204) throw new Error(answer.status);
        else if (status.textContent === status.dataset.away) status.textContent = "";
      } catch {
        status.textContent = status.dataset.away;
        wait = AWAY;
      }
    }
    setTimeout(look, wait);
  };
  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? pause.dataset.goOn : pause.dataset.pause;
  });
  setTimeout(look, EVERY);
})();
