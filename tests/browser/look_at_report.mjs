// Opens a report in headless Chromium as a person does and prints what is wrong with it, as JSON:
//   { "widths": { "320": ["…", …], … }, "axe": ["…", …], "sticky": true, "print": ["…", …] }
//
//   node look_at_report.mjs REPORT.html [PICTURES]
//
// Needs Debian's chromium, and playwright-core and axe-core from npm in WSIS_NODE_FOLDER.
// PICTURES is a folder for a picture of the top of the page at each width.

import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";

const WIDTHS = [320, 390, 640, 768, 1024, 1280, 1400];

// Nothing outside this machine is asked for; the switches keep Chromium from trying.
const SWITCHES = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const require = createRequire(path.join(process.env.WSIS_NODE_FOLDER, "package.json"));
const { chromium } = require("playwright-core");

const [report, pictures] = process.argv.slice(2);
const profile = mkdtempSync(path.join(tmpdir(), "wsis-chromium-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.WSIS_CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: SWITCHES,
  viewport: { width: WIDTHS[0], height: 900 },
});

const asked = [];
context.on("request", (request) => {
  if (!/^(file|data|about):/.test(request.url())) asked.push(request.url());
});

try {
  const page = await context.newPage();
  page.setDefaultTimeout(120_000);
  await page.goto(pathToFileURL(path.resolve(report)).href);

  await page.evaluate(fewProfiles);
  const result = { widths: {}, axe: [], sticky: false, outside: asked };
  for (const open of [false, true]) {
    await page.evaluate(openDetails, open);
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      const found = await page.evaluate(overflowing);
      (result.widths[width] ??= []).push(...found.map((what) => (open ? `opened: ${what}` : what)));
      if (pictures && !open) {
        await page.screenshot({ path: path.join(pictures, `report-${width}.png`) });
      }
    }
  }

  await page.setViewportSize({ width: 1280, height: 900 });
  result.sticky = await page.evaluate(navigationStays);
  await page.evaluate(fewRows);
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme });
    const violations = await axe(page);
    result.axe.push(...violations.map((what) => `${scheme}: ${what}`));
  }
  await page.setViewportSize({ width: 320, height: 900 });
  result.axe.push(...(await axe(page)).map((what) => `320 px: ${what}`));
  console.log(JSON.stringify(result));
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}

async function axe(page) {
  if (!(await page.evaluate(() => Boolean(globalThis.axe)))) {
    await page.addScriptTag({ path: require.resolve("axe-core/axe.min.js") });
  }
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    resultTypes: ["violations"],
  }));
  return violations.flatMap((violation) => violation.nodes.slice(0, 3).map((node) =>
    `${violation.id}: ${violation.help}: ${node.target.join(" ")} ${node.html.slice(0, 160)}`));
}

// All profiles are alike: 193 of them say nothing more than three, and take minutes.
function fewProfiles() {
  for (const profile of [...document.querySelectorAll("details.profile")].slice(3)) {
    profile.remove();
  }
}

// Rows of a table are made by one template, and axe looks at every cell's neighbours: minutes.
function fewRows() {
  for (const body of document.querySelectorAll("tbody")) {
    for (const row of [...body.rows].slice(25)) row.remove();
  }
}

function openDetails(open) {
  for (const details of document.querySelectorAll("details:not(.keep)")) details.open = open;
}

/** Whatever makes the page wider than the window, and every text that its box cuts off. */
function overflowing() {
  const wide = document.documentElement.clientWidth;
  const found = new Set();
  const name = (element) => {
    const where = element.closest("section, header, nav, footer")?.id ?? "";
    const words = element.textContent.trim().replace(/\s+/g, " ").slice(0, 60);
    return `${where} ${element.tagName.toLowerCase()}.${element.getAttribute("class") ?? ""} "${words}"`;
  };
  const scrolls = (element) => {
    for (let up = element.parentElement; up; up = up.parentElement) {
      if (["auto", "scroll"].includes(getComputedStyle(up).overflowX)) return up;
    }
    return null;
  };
  if (document.documentElement.scrollWidth > wide) {
    found.add(`the page is ${document.documentElement.scrollWidth} px wide`);
  }
  for (const element of document.querySelectorAll("body *")) {
    if (found.size > 40) break;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest(".vh, .skip, .def, defs")) continue;
    // The head of a table whose rows are stacked is kept for those who do not see it.
    if (element.closest("thead") && getComputedStyle(element.closest("thead")).clipPath !== "none") continue;
    // Inside a drawing only its texts can be cut off; the drawing itself is looked at as a whole.
    if (element.ownerSVGElement && element.tagName !== "text") continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) continue;
    if (box.right > wide + 1 && !scrolls(element)) {
      found.add(`past the edge by ${Math.round(box.right - wide)} px: ${name(element)}`);
    }
    // Text in a box that hides what does not fit.
    if (element.scrollWidth > element.clientWidth + 1 && ["hidden", "clip"].includes(style.overflowX)) {
      found.add(`cut off: ${name(element)}`);
    }
    // A cell whose text is wider than the cell runs into its neighbour.
    if (["TD", "TH"].includes(element.tagName)) {
      const range = document.createRange();
      range.selectNodeContents(element);
      const ink = range.getBoundingClientRect();
      const hidden = [...element.querySelectorAll(".vh")].length > 0;
      if (!hidden && (ink.right > box.right + 1 || ink.left < box.left - 1)) {
        found.add(`runs out of its cell: ${name(element)}`);
      }
    }
    // Text of a drawing that its edge cuts off; a map has none.
    if (element.tagName === "text") {
      const svg = element.ownerSVGElement.getBoundingClientRect();
      if (box.right > svg.right + 1 || box.left < svg.left - 1 || box.top < svg.top - 2 || box.bottom > svg.bottom + 2) {
        found.add(`cut off by its drawing: ${name(element)} of ${element.closest("figure")?.id ?? ""}`);
      }
    }
  }
  return [...found];
}

function navigationStays() {
  window.scrollTo(0, document.documentElement.scrollHeight / 2);
  const box = document.querySelector("nav")?.getBoundingClientRect();
  return Boolean(box && box.top >= -1 && box.top < 80 && box.bottom > 0 && box.height < 200);
}
