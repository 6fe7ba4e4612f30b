"use strict";

// Every few seconds the page is asked for again, and its parts that are marked
// data-live take the place of those that are shown.

(() => {
    const every = 3000;
    const clock = document.getElementById("clock");
    const button = document.createElement("button");
    let paused = false;

    function keys(part) {
        return new Set([...part.querySelectorAll("[data-key]")]
            .map(row => row.dataset.key));
    }

    function selected(part) {
        const selection = getSelection();
        return !selection.isCollapsed && selection.containsNode(part, true);
    }

    function replace(part, fresh) {
        const focused = part.contains(document.activeElement)
            && document.activeElement.getAttribute("href");
        const before = keys(part);

        part.replaceChildren(...fresh.childNodes);

        for (const row of part.querySelectorAll("[data-key]")) {
            row.classList.toggle("fresh", !before.has(row.dataset.key));
        }

        if (focused) {
            part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus();
        }
    }

    async function update() {
        const answer = await fetch(location.href, {
            headers: { Accept: "text/html" }, cache: "no-store",
        });

        if (!answer.ok) {
            throw new Error(answer.status);
        }

        const page = new DOMParser()
            .parseFromString(await answer.text(), "text/html");

        for (const part of document.querySelectorAll("[data-live]")) {
            const fresh = page.getElementById(part.id);

            if (fresh && fresh.innerHTML !== part.innerHTML && !selected(part)) {
                replace(part, fresh);
            }
        }

        clock.replaceChildren(...page.getElementById("clock").childNodes);
        clock.className = "";
    }

    async function run() {
        if (!paused && !document.hidden) {
            try {
                await update();
            } catch {
                clock.textContent = "Not up to date, trying again";
                clock.className = "stale";
            }
        }

        setTimeout(run, every);
    }

    if (document.querySelector("[data-live]")) {
        button.type = "button";
        button.textContent = "Pause";
        button.addEventListener("click", () => {
            paused = !paused;
            button.textContent = paused ? "Resume" : "Pause";
        });
        clock.after(button);
        setTimeout(run, every);
    }
})();
