// The report's one button. A saved report has neither.

document.getElementById("print")?.addEventListener("click", () => window.print());
