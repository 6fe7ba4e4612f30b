// A browser for SCIM::Browser: a command a line comes in as JSON, and goes back
// as { value } or { error }.

"use strict";

const readline = require("node:readline");
const { chromium } = require("playwright-core");

const seen = { console: [], requests: [] };
let browser, page;

const commands = {

    // a window of its own, with nothing in it
    async open({ javascript = true, width = 1280, height = 900, dark = false,
                 still = false }) {
        browser ??= await chromium.launch({
            executablePath: process.argv[2],
            args: ["--no-sandbox", "--disable-dev-shm-usage"],
        });

        const context = await browser.newContext({
            javaScriptEnabled: javascript,
            viewport: { width, height },
            colorScheme: dark ? "dark" : "light",
            reducedMotion: still ? "reduce" : "no-preference",
        });

        page = await context.newPage();
        page.on("console", message => {
            if (["error", "warning"].includes(message.type())) {
                seen.console.push(message.text());
            }
        });
        page.on("pageerror", error => seen.console.push(String(error)));
        page.on("dialog", dialog => {
            seen.console.push(`dialog: ${dialog.message()}`);
            dialog.dismiss();
        });
        page.on("request", request => seen.requests.push(request.url()));
    },

    async go({ url }) { return (await page.goto(url)).status(); },
    async text({ selector }) { return page.innerText(selector); },
    async count({ selector }) { return page.locator(selector).count(); },
    async fill({ selector, value }) { await page.fill(selector, value); },
    async check({ selector }) { await page.check(selector); },
    async click({ selector }) { await page.click(selector); },
    async press({ key }) { await page.keyboard.press(key); },
    async url() { return page.url(); },
    async run({ script }) { return page.evaluate(script); },
    async size(size) { await page.setViewportSize(size); },
    async shot({ file }) { await page.screenshot({ path: file }); },

    // waits until the text of an element has this in it
    async wait({ selector, value }) {
        await page.locator(selector).filter({ hasText: value }).first()
            .waitFor({ timeout: 30000 });
    },

    async seen() { return seen; },
    async end() { await browser?.close(); },
};

(async () => {
    for await (const line of readline.createInterface(process.stdin)) {
        const { command, ...options } = JSON.parse(line);
        let answer;

        try {
            answer = { value: await commands[command](options) ?? null };
        } catch (error) {
            answer = { error: String(error) };
        }

        process.stdout.write(JSON.stringify(answer) + "\n");
    }

    await browser?.close();
})();
