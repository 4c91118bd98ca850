/* The quiz of a page. Without this script the answers stay readable, folded under each question.
   With it: one form of each question at a time, feedback as soon as it is checked, new numbers on
   request, and the score kept in this browser only. */
(() => {
  "use strict";

  const store = {
    key: (quiz) => `quiz:${quiz.dataset.quiz}`,
    read(quiz) {
      try { return JSON.parse(localStorage.getItem(this.key(quiz))) || {}; } catch { return {}; }
    },
    write(quiz, state) {
      try { localStorage.setItem(this.key(quiz), JSON.stringify(state)); } catch { /* private window: not kept */ }
    },
  };

  const forms = (question) => [...question.querySelectorAll(".ck-form")];

  function parseNumber(text) {
    const plain = text.trim().replace("−", "-").replace(",", ".");
    return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  }

  /* Returns [verdict, answer entry or null, message]. */
  function judge(form) {
    const entries = [...form.querySelectorAll(".ck-answers dt")];
    if (form.dataset.kind === "choice") {
      const chosen = form.querySelector("input:checked");
      if (!chosen) return ["none", null, "Choose an answer first."];
      const entry = entries.find((dt) => dt.dataset.value === chosen.value);
      return [entry.dataset.verdict, entry, ""];
    }
    const text = form.querySelector("input").value;
    if (!text.trim()) return ["none", null, "Type a number first."];
    const given = parseNumber(text);
    if (Number.isNaN(given)) return ["none", null, "The answer must be one number, such as 1.25."];
    const tolerance = Number(form.dataset.tolerance) + 1e-9;
    const near = entries.find((dt) => Math.abs(Number(dt.dataset.value) - given) <= tolerance);
    if (Math.abs(Number(form.dataset.answer) - given) <= tolerance) {
      return ["right", entries.find((dt) => dt.dataset.verdict === "right"), ""];
    }
    return ["wrong", near || null, near ? "" : "Not right, and not a slip we know: work through the section again."];
  }

  function tell(form, verdict, entry, message) {
    const box = form.querySelector(".ck-feedback");
    box.className = `ck-feedback ck-${verdict}`;
    const word = document.createElement("strong");
    word.textContent = { right: "Right. ", wrong: "Not yet. ", none: "" }[verdict];
    box.replaceChildren(word);
    if (entry) box.append(...[...entry.nextElementSibling.cloneNode(true).childNodes]);
    else box.append(message);
  }

  function showScore(quiz, state) {
    const total = quiz.querySelectorAll(".ck-question").length;
    const answers = Object.values(state.answers || {});
    const right = answers.filter(Boolean).length;
    const need = Number(quiz.dataset.mastery);
    const mastered = right * 100 >= need * total;
    const left = total - answers.length;
    quiz.querySelector(".ck-total").textContent =
      `${right} of ${total} right. ` +
      (mastered ? "Chapter mastered." : left ? `${left} to go; ${need} % masters the chapter.`
        : `${need} % masters the chapter: read what went wrong, then take new numbers.`);
  }

  function showForm(quiz, state) {
    for (const question of quiz.querySelectorAll(".ck-question")) {
      const all = forms(question);
      all.forEach((form, index) => { form.hidden = index !== (state.form || 0) % all.length; });
    }
  }

  function start(quiz) {
    const state = store.read(quiz);
    state.answers = state.answers || {};
    for (const question of quiz.querySelectorAll(".ck-question")) {
      for (const form of forms(question)) {
        form.querySelector(".ck-answers").hidden = true;
        form.querySelector(".ck-act").hidden = false;
        form.addEventListener("submit", (event) => {
          event.preventDefault();
          const [verdict, entry, message] = judge(form);
          tell(form, verdict, entry, message);
          if (verdict === "none") return;
          /* The first answer to a form counts; a second look is for learning. */
          const id = question.dataset.question;
          if (!(id in state.answers)) state.answers[id] = verdict === "right";
          store.write(quiz, state);
          showScore(quiz, state);
        });
      }
    }
    quiz.querySelector(".ck-score").hidden = false;
    quiz.querySelector(".ck-again").addEventListener("click", () => {
      state.form = (state.form || 0) + 1;
      state.answers = {};
      for (const form of quiz.querySelectorAll(".ck-form")) {
        form.reset();
        form.querySelector(".ck-feedback").className = "ck-feedback";
        form.querySelector(".ck-feedback").replaceChildren();
      }
      store.write(quiz, state);
      showForm(quiz, state);
      showScore(quiz, state);
      const first = quiz.querySelector(".ck-form:not([hidden]) input");
      if (first) first.focus();
    });
    showForm(quiz, state);
    showScore(quiz, state);
  }

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(".ck-quiz").forEach(start));
})();
