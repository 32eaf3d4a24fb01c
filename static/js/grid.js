/* The grid of values: arrows and Enter move between cells, a block copied from a spreadsheet spreads
   over them, each row is saved as it is left.
   Markup: form[data-grid]; tr[data-grid-row="prefix"] with its inputs [data-cell] and one
   [data-grid-state], which the server's answer replaces; [data-grid-closed] on rows that take no
   value; [data-grid-help] shown when this script runs; [data-grid-status] announced;
   [data-grid-left="words with {left}"] for what a pasted block held too much.
   The words of the answers are the server's; without this script the form is sent whole. */

/** The lines of a block copied from a spreadsheet, each a list of cells; quoted cells may hold line
    breaks. The line break at the end of a block is no line. */
export function parseBlock(text) {
  const lines = [[""]];
  let quoted = false;
  const source = text.replace(/\r\n?/g, "\n");
  for (let at = 0; at < source.length; at += 1) {
    const line = lines[lines.length - 1];
    const last = line.length - 1;
    const character = source[at];
    if (quoted) {
      if (character !== '"') line[last] += character;
      else if (source[at + 1] === '"') {
        line[last] += '"';
        at += 1;
      } else quoted = false;
    } else if (character === '"' && line[last] === "") quoted = true;
    else if (character === "\t") line.push("");
    else if (character === "\n") lines.push([""]);
    else line[last] += character;
  }
  if (lines.length > 1 && lines[lines.length - 1].join("") === "") lines.pop();
  return lines.map((cells) => cells.map((cell) => cell.trim()));
}

class Grid {
  constructor(form) {
    this.form = form;
    this.rows = [...form.querySelectorAll("[data-grid-row]")];
    this.status = form.querySelector("[data-grid-status]");
    this.left = form.querySelector("[data-grid-left]");
    this.saving = new Map();
    this.saved = new Map(this.inputs().map((input) => [input, input.value]));
    form.querySelectorAll("[data-grid-help]").forEach((help) => help.removeAttribute("hidden"));
    form.addEventListener("keydown", (event) => this.onKey(event));
    form.addEventListener("paste", (event) => this.onPaste(event));
    form.addEventListener("focusout", (event) => this.onLeave(event));
    form.addEventListener("submit", (event) => this.onSubmit(event));
  }

  inputs(row = this.form) {
    return [...row.querySelectorAll("[data-cell]")];
  }

  /** The cell above (-1) or below (+1), in the same column where the row has one. */
  vertical(input, step) {
    const row = input.closest("[data-grid-row]");
    const column = this.inputs(row).indexOf(input);
    for (let at = this.rows.indexOf(row) + step; this.rows[at]; at += step) {
      const cells = this.inputs(this.rows[at]);
      if (cells.length) return cells[Math.min(column, cells.length - 1)];
    }
    return null;
  }

  onKey(event) {
    const input = event.target;
    if (!input.matches("[data-cell]") || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    let next = null;
    if (event.key === "Enter") next = this.vertical(input, event.shiftKey ? -1 : 1) ?? input;
    else if (event.key === "ArrowDown") next = this.vertical(input, 1);
    else if (event.key === "ArrowUp") next = this.vertical(input, -1);
    else if (event.key === "ArrowRight" && input.selectionStart === input.value.length)
      next = this.beside(input, 1);
    else if (event.key === "ArrowLeft" && input.selectionEnd === 0) next = this.beside(input, -1);
    else if (event.key === "Escape") input.value = this.saved.get(input) ?? "";
    if (!next) return;
    event.preventDefault();
    if (next === input) this.leave(input.closest("[data-grid-row]"));
    next.focus();
    next.select();
  }

  beside(input, step) {
    const cells = this.inputs();
    return cells[cells.indexOf(input) + step] ?? null;
  }

  onPaste(event) {
    const input = event.target;
    if (!input.matches("[data-cell]")) return;
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\t\n\r]/.test(text.trim())) return;
    event.preventDefault();
    this.spread(input, parseBlock(text));
  }

  /** Each line of the block is a row of the grid, whether it takes a value or not, so that lists in
      the same order stay in step. */
  spread(input, lines) {
    const row = input.closest("[data-grid-row]");
    const from = this.rows.indexOf(row);
    const column = this.inputs(row).indexOf(input);
    let left = 0;
    lines.forEach((cells, offset) => {
      const under = this.rows[from + offset];
      const targets = under ? this.inputs(under).slice(offset === 0 ? column : 0) : [];
      const start = targets.length > 1 && offset > 0 && cells.length === 1 ? column : 0;
      cells.forEach((cell, index) => {
        const target = targets[start + index];
        if (target && cell !== "") target.value = cell;
        else if (cell !== "") left += 1;
      });
      if (targets.length) this.leave(under);
    });
    this.left.textContent = left ? this.left.dataset.gridLeft.replace("{left}", left) : "";
  }

  onLeave(event) {
    const row = event.target.closest?.("[data-grid-row]");
    if (row && event.target.matches("[data-cell]") && !row.contains(event.relatedTarget))
      this.leave(row);
  }

  /** The whole form is sent once the rows under way have answered: it then carries their revisions. */
  async onSubmit(event) {
    if (!this.saving.size) return;
    event.preventDefault();
    const { submitter } = event;
    await Promise.all(this.saving.values());
    // In a task of its own: a form refuses to be submitted while its submit event is under way.
    setTimeout(() => this.form.requestSubmit(submitter));
  }

  /** Save a row that has changed; the next save of a row waits for the one under way, whose answer
      brings the revision to save under. */
  leave(row) {
    const changed = this.inputs(row).some((input) => input.value !== this.saved.get(input));
    if (!changed) return;
    const before = this.saving.get(row) ?? Promise.resolve();
    const saving = before.then(() => this.save(row)).finally(() => {
      if (this.saving.get(row) === saving) this.saving.delete(row);
    });
    this.saving.set(row, saving);
  }

  async save(row) {
    const typed = this.inputs(row).map((input) => [input, input.value]);
    if (typed.every(([input, value]) => value === this.saved.get(input))) return;
    // Half a ratio is not saved yet: its other half is on its way.
    const filled = typed.filter(([, value]) => value.trim() !== "").length;
    if (filled && filled < typed.length) return;
    const body = new FormData();
    row.querySelectorAll("input").forEach((input) => {
      if (input.type !== "checkbox" || input.checked) body.append(input.name, input.value);
    });
    for (const name of ["csrfmiddlewaretoken", "source"])
      body.append(name, this.form.elements[name].value);
    body.append("row", row.dataset.gridRow);
    const state = row.querySelector("[data-grid-state]");
    row.dataset.saving = "";
    try {
      const answer = await fetch(this.form.getAttribute("action"), {
        method: "POST",
        body,
        headers: { "X-Requested-With": "fetch" },
      });
      if (answer.ok) {
        state.innerHTML = await answer.text();
        typed.forEach(([input, value]) => this.saved.set(input, value));
      } else {
        this.warn(state, answer.headers.get("Content-Type")?.startsWith("text/plain")
          ? await answer.text()
          : this.form.dataset.gridFailed);
      }
    } catch {
      this.warn(state, this.form.dataset.gridFailed);
    } finally {
      delete row.dataset.saving;
    }
    const wrong = state.querySelector(".grid__message--wrong") !== null;
    typed.forEach(([input]) =>
      wrong ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid")
    );
    const title = row.querySelector(".grid__title")?.textContent ?? "";
    this.status.textContent = `${title} : ${state.textContent.replace(/\s+/g, " ").trim()}`;
  }

  /** A row that could not be saved says so; what it carries stays. */
  warn(state, words) {
    const place = state.querySelector("[id$='-message']") ?? state;
    const line = document.createElement("p");
    line.className = "grid__message grid__message--wrong";
    line.textContent = words;
    place.replaceChildren(line);
  }
}

document.querySelectorAll("form[data-grid]").forEach((form) => new Grid(form));
