/* The quiz of a page. Without this script the answers stay readable, folded under each question.
   With it: one set of numbers at a time, feedback and the worked solution as soon as an answer is checked,
   new numbers on request, and the score kept in this browser only. */
(() => {
  "use strict";

  const VERSION = 1;
  const MOST_NUMBERS = 1000;
  const MOST_DRAWS = 100;
  const EXACT = 1e-9;

  /* ---- Numbers: the same as coursekit.assess.answer reads and compares; tests hold both against one table. */

  /* What Python calls a space, which is not quite what this language does. */
  const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
  const NUMBER = "[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?";
  const ENTRY = new RegExp(`(${NUMBER})(?:[${SPACE}]*/[${SPACE}]*(${NUMBER}))?`, "y");
  const BETWEEN = new RegExp(`[${SPACE},;()\\[\\]{}|]*`, "y");
  const EDGES = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");

  const clean = (text) => text.replace(/[−–]/g, "-").replace(EDGES, "");

  function matchAt(pattern, text, at) {
    pattern.lastIndex = at;
    return pattern.exec(text);
  }

  /* The finite numbers that a text holds, or null for anything else. */
  function readNumbers(given, single) {
    let text = clean(given);
    if (text.length > 40 * MOST_NUMBERS) return null;
    if (single && /^[+-]?[0-9]+,[0-9]+$/.test(text)) text = text.replace(",", ".");
    const found = [];
    let at = matchAt(BETWEEN, text, 0)[0].length;
    while (at < text.length) {
      const entry = matchAt(ENTRY, text, at);
      if (!entry || (entry[2] && Number(entry[2]) === 0)) return null;
      found.push(Number(entry[1]) / (entry[2] ? Number(entry[2]) : 1));
      const end = at + entry[0].length;
      const after = end + matchAt(BETWEEN, text, end)[0].length;
      if (after === end && end < text.length) return null;
      at = after;
    }
    return found.length > 0 && found.length <= MOST_NUMBERS && found.every(Number.isFinite) ? found : null;
  }

  const close = (given, right, absolute, relative) =>
    given.length === right.length &&
    given.every((a, n) => Math.abs(a - right[n]) <= absolute + relative * Math.abs(right[n]) + EXACT);

  const isMastered = (right, total, percent) => total > 0 && right * 100 >= percent * total;

  /* ---- Judging: {verdict: "right", "wrong" or "none" (not counted), entry: dt or null, message}. */

  const unread = (message) => ({ verdict: "none", entry: null, message });
  const found = (entry) => ({ verdict: entry.dataset.verdict, entry, message: "" });

  function judgeNumbers(form, entries, text) {
    const keys = entries.map((dt) => JSON.parse(dt.dataset.value)); // the right one comes first
    const wanted = keys[0].length;
    if (!clean(text)) return unread("Type your answer first.");
    const given = readNumbers(text, wanted === 1);
    if (!given) {
      const told = wanted === 1 ? "one finite number, such as 1.25" : `${wanted} finite numbers`;
      return unread(`The answer must be ${told}.`);
    }
    const { absolute, relative } = form.dataset;
    const at = keys.findIndex((key) => close(given, key, Number(absolute), Number(relative)));
    if (at >= 0) return found(entries[at]);
    if (given.length !== wanted) {
      return unread(`The answer must be ${wanted} number${wanted > 1 ? "s" : ""}; yours has ${given.length}.`);
    }
    const message = "Not right, and not a slip we know: work through the section again.";
    return { verdict: "wrong", entry: null, message };
  }

  function judge(form) {
    const entries = [...form.querySelectorAll(".ck-answers dt")];
    if (form.dataset.kind === "number") {
      return judgeNumbers(form, entries, form.querySelector(".ck-field input").value);
    }
    const chosen = form.querySelector("input:checked");
    if (!chosen) return unread("Choose an answer first.");
    return found(entries.find((dt) => dt.dataset.value === chosen.value));
  }

  /* ---- What this browser keeps: one text a quiz, believed only if every part has its shape. */

  const isAnswer = (a) => Boolean(a) && typeof a.right === "boolean" && typeof a.slip === "string";
  const areAnswers = (all) => Boolean(all) && typeof all === "object" && Object.values(all).every(isAnswer);
  const isDraw = (d) => Boolean(d) && typeof d.date === "string" && Number.isInteger(d.form) &&
    Number.isInteger(d.total) && typeof d.fresh === "boolean" && areAnswers(d.answers);
  const isState = (s, quiz) => Boolean(s) && s.version === VERSION && s.chapter === quiz.chapter &&
    Number.isInteger(s.form) && s.form >= 0 && s.form < quiz.forms && typeof s.fresh === "boolean" &&
    typeof s.mastered === "boolean" && areAnswers(s.answers) &&
    Array.isArray(s.used) && s.used.every(Number.isInteger) && Array.isArray(s.history) && s.history.every(isDraw);

  const begin = (quiz) => ({
    version: VERSION, chapter: quiz.chapter, draw: quiz.draw, form: 0, fresh: true, answers: {}, used: [],
    history: [], mastered: false,
  });

  function load(quiz) {
    let text = null;
    try { text = localStorage.getItem(quiz.key); } catch { quiz.note = "This browser keeps no results."; }
    if (text === null) return begin(quiz);
    let kept = null;
    try { kept = JSON.parse(text); } catch { /* damaged: told below */ }
    if (!isState(kept, quiz)) {
      quiz.note = "The results that this browser had kept could not be read: you begin anew.";
      return begin(quiz);
    }
    if (kept.draw === quiz.draw) return kept;
    quiz.note = "The questions have changed since your last visit: you begin with new numbers.";
    return { ...begin(quiz), history: kept.history, mastered: kept.mastered };
  }

  function keep(quiz) {
    try {
      localStorage.setItem(quiz.key, JSON.stringify(quiz.state));
    } catch {
      quiz.note = "This browser keeps no results: save them before you leave.";
    }
  }

  /* ---- Standing: first answers to one set of numbers that was not met before. */

  const count = (answers) => Object.values(answers).filter((one) => one.right).length;

  /* The draw on the page, as the history keeps it. */
  const current = ({ state, total }) => ({
    date: new Date().toISOString(), form: state.form, fresh: state.fresh, total, answers: state.answers,
  });

  function record(quiz, id, form, { verdict, entry }) {
    const { state } = quiz;
    if (id in state.answers) return; // the first answer counts; a second look is for learning
    if (!state.used.includes(state.form)) state.used.push(state.form);
    const slip = entry ? entry.dataset.slip : "";
    state.answers[id] = { right: verdict === "right", slip, seed: Number(form.dataset.seed) };
    if (Object.keys(state.answers).length === quiz.total) {
      state.history.push(current(quiz));
      state.history.splice(0, state.history.length - MOST_DRAWS);
      if (state.fresh && isMastered(count(state.answers), quiz.total, quiz.percent)) state.mastered = true;
    }
    keep(quiz);
  }

  /* Goes on to numbers not met before, or to the next ones if there are none left. */
  function turn(quiz) {
    const { state } = quiz;
    const answered = Object.keys(state.answers).length;
    if (answered > 0 && answered < quiz.total) state.history.push(current(quiz));
    const others = Array.from({ length: quiz.forms }, (_, n) => (state.form + 1 + n) % quiz.forms);
    state.form = others.find((form) => !state.used.includes(form) && form !== state.form) ?? others[0];
    state.fresh = !state.used.includes(state.form);
    state.answers = {};
    keep(quiz);
  }

  function standing({ state, total, percent, forms, note }) {
    const answered = Object.keys(state.answers).length;
    const right = count(state.answers);
    const left = total - answered;
    const need = Math.ceil((percent * total) / 100);
    const told = [note];
    if (state.mastered) told.push("Chapter mastered.");
    const end = left ? `, ${left} to go.` : ` (${Math.floor((100 * right) / total)}%).`;
    told.push(answered ? `${right} of ${answered} right${end}` : `${total} question${total > 1 ? "s" : ""} to answer.`);
    if (!state.fresh) {
      told.push(`You have met all ${forms} sets of numbers: they repeat from now on and no longer count.`,
        "The command coursekit practice draws new ones without end.");
    } else if (!state.mastered && right + left < need) {
      told.push(`You need ${need} of ${total}: read what went wrong, then take new numbers.`);
    } else if (!state.mastered) {
      told.push(`To master the chapter, get ${need} of ${total} right at the first try.`);
    }
    return told.filter(Boolean).join(" ");
  }

  /* ---- The page. */

  /* Sets the formulas of a form that the page did not have when it was loaded. */
  function typeset(form) {
    window.MathJax?.startup?.promise?.then(() => window.MathJax.typesetPromise([form]));
  }

  /* The form on show; taken out of its template when it is needed first. */
  function showForm(quiz, question) {
    const { form } = quiz.state;
    let wanted = question.querySelector(`form[data-form="${form}"]`);
    if (!wanted) {
      wanted = question.querySelector(`template[data-form="${form}"]`).content.firstElementChild.cloneNode(true);
      question.append(wanted);
      prepare(quiz, question, wanted);
      typeset(wanted);
    }
    for (const one of question.querySelectorAll(".ck-form")) one.hidden = one !== wanted;
  }

  function clear(form) {
    form.reset();
    form.querySelector(".ck-feedback").className = "ck-feedback";
    form.querySelector(".ck-feedback").replaceChildren();
    form.querySelector(".ck-solution")?.remove();
  }

  function tell(form, { verdict, entry, message }) {
    const box = form.querySelector(".ck-feedback");
    const word = document.createElement("strong");
    word.textContent = { right: "Right. ", wrong: "Not yet. ", none: "Not counted. " }[verdict];
    box.className = `ck-feedback ck-${verdict}`;
    box.replaceChildren(word, message);
    if (entry) box.append(...entry.nextElementSibling.cloneNode(true).childNodes);
    if (verdict !== "none" && !box.querySelector("a")) {
      box.append(" ", ...form.querySelector(".ck-see").cloneNode(true).childNodes);
    }
  }

  function unfoldable(form) {
    const steps = form.querySelector(".ck-steps");
    if (!steps || form.querySelector(".ck-solution")) return;
    const solution = document.createElement("details");
    const summary = document.createElement("summary");
    const answer = document.createElement("p");
    solution.className = "ck-solution";
    summary.textContent = "Worked solution";
    answer.append("Answer: ", ...form.querySelector("dt[data-verdict=right] .ck-key").cloneNode(true).childNodes);
    solution.append(summary, steps.querySelector("ol").cloneNode(true), answer);
    form.querySelector(".ck-feedback").after(solution);
  }

  function render(quiz) {
    for (const question of quiz.questions) {
      const answer = quiz.state.answers[question.dataset.question];
      const mark = question.querySelector(".ck-mark");
      mark.textContent = answer ? `· first answer ${answer.right ? "right" : "wrong"}` : "";
      showForm(quiz, question);
    }
    quiz.element.querySelector(".ck-total").textContent = standing(quiz);
  }

  function prepare(quiz, question, form) {
    form.querySelector(".ck-answers").hidden = true;
    form.querySelector(".ck-act").hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const judged = judge(form);
      tell(form, judged);
      if (judged.verdict === "none") return;
      record(quiz, question.dataset.question, form, judged);
      unfoldable(form);
      render(quiz);
    });
  }

  function again(quiz) {
    quiz.note = "";
    turn(quiz);
    quiz.element.querySelectorAll(".ck-form").forEach(clear);
    render(quiz);
    quiz.element.querySelector(".ck-form:not([hidden]) input")?.focus();
  }

  function save(quiz) {
    const { state, total } = quiz;
    const answered = Object.keys(state.answers).length;
    const draws = answered && answered < total ? [...state.history, current(quiz)] : state.history;
    const results = draws.flatMap(({ form, answers }) => Object.entries(answers).map(
      ([question, { right, slip, seed }]) => ({ question, form, seed, right, slip })));
    const told = { version: VERSION, chapter: quiz.chapter, date: new Date().toISOString(),
      mastered: state.mastered, results };
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([JSON.stringify(told, null, 1)], { type: "application/json" }));
    link.download = `quiz-${quiz.chapter.replaceAll("/", "-")}.json`;
    link.click();
    URL.revokeObjectURL(link.href);
  }

  function reset(quiz) {
    if (!window.confirm("Forget all results of this quiz in this browser? Save them first if you need them.")) return;
    again(quiz);
    Object.assign(quiz.state, { history: [], mastered: false }); // numbers once met stay met
    keep(quiz);
    render(quiz);
  }

  function start(element) {
    const { quiz: chapter, mastery, forms, draw } = element.dataset;
    const questions = [...element.querySelectorAll(".ck-question")];
    const quiz = { element, questions, chapter, draw, key: `quiz:${chapter}`, total: questions.length,
      forms: Number(forms), percent: Number(mastery), note: "" };
    quiz.state = load(quiz);
    for (const question of questions) prepare(quiz, question, question.querySelector("form"));
    for (const [name, act] of Object.entries({ again, save, reset })) {
      element.querySelector(`.ck-${name}`).addEventListener("click", () => act(quiz));
    }
    element.querySelector(".ck-score").hidden = false;
    render(quiz);
  }

  /* For the tests, which hold these against coursekit.assess. */
  window.courseQuiz = { readNumbers, close, isMastered, judge };
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".ck-quiz").forEach(start));
})();
