/* Says under a form how the server reads the number being typed, and what is doubtful in it.
   Markup: form[data-live-reading="address of the reading"] with one [data-live-output] inside.
   The rules are the server's alone; without this script the form says the same once it is sent. */

const PAUSE = 350;
const READ = ["value", "numerator", "denominator", "period", "period_start", "period_end"];

function attach(form) {
  const output = form.querySelector("[data-live-output]");
  let waiting;
  let asked = new AbortController();

  async function read() {
    asked.abort();
    asked = new AbortController();
    const typed = new FormData(form);
    const query = new URLSearchParams(
      READ.filter((name) => typed.has(name)).map((name) => [name, typed.get(name)])
    );
    try {
      const answer = await fetch(`${form.dataset.liveReading}?${query}`, {
        headers: { "X-Requested-With": "fetch" },
        signal: asked.signal,
      });
      output.innerHTML = answer.ok && !answer.redirected ? (await answer.text()).trim() : "";
    } catch {
      // A reading overtaken by the next one, or no network: saving will tell.
    }
  }

  form.addEventListener("input", (event) => {
    if (READ.includes(event.target.name)) {
      clearTimeout(waiting);
      waiting = setTimeout(read, PAUSE);
    }
  });
}

document.querySelectorAll("[data-live-reading]").forEach(attach);
