# SPDX-License-Identifier: Apache-2.0
"""Opens reports of `pion inspect --html` in a browser without a window, and uses them.

    browser.py TOOL [--shots FOLDER]

With --shots pictures of the page go to the folder, in light and in dark and at three widths, and
that of docs/guides/report.md, guide.png, which has 64 colours there. Exit
status 77, with the reason: there is no Chromium, selenium or numpy (tools/report-check brings them).
"""
import argparse
import base64
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77
try:
    import numpy  # noqa: F401, for make_model.py
    from selenium import webdriver
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select
except ImportError as missing:
    print(f"skipped: {missing}; tools/report-check installs it")
    sys.exit(SKIPPED)

HERE = pathlib.Path(__file__).parent
WIDTHS = {"phone": 390, "tablet": 820, "desk": 1500}
LAYERS, MODULES = 28, 7
# Luminance contrast (WCAG 2.1) of each text against the background behind it; the least, and whose.
CONTRAST = """
const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
const light = (colour) => {
  const [r, g, b] = numbers(colour).map((c) => {
    c /= 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (; element; element = element.parentElement) {
    const colour = getComputedStyle(element).backgroundColor;
    if ((numbers(colour)[3] ?? 1) > 0) return colour;
  }
};
let least = [99, ""];
for (const element of document.querySelectorAll("main *, header *")) {
  if (!element.checkVisibility() || element.closest("svg")) continue;
  const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  if (!own) continue;
  const [a, b] = [light(getComputedStyle(element).color), light(behind(element))];
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < least[0]) least = [contrast, element.outerHTML.slice(0, 80)];
}
for (const cell of document.querySelectorAll("#map figure:not([hidden]) [data-at]")) {
  const [rect, text] = [cell.querySelector("rect"), cell.querySelector("text")];
  if (!text) continue;
  const [a, b] = [rect, text].map((part) => light(getComputedStyle(part).fill));
  const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  if (contrast < least[0]) least = [contrast, cell.textContent];
}
return least;
"""

failures = 0


def check(holds, what):
    global failures
    if not holds:
        failures += 1
        print(f"FAILED: {what}")


def same(found, wanted, what):
    check(found == wanted, f"{what}: {found!r} instead of {wanted!r}")


def start():
    driver = shutil.which("chromedriver")
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not driver or not browser:  # selenium would look for them on the internet
        print("skipped: there is no chromium with its chromedriver")
        sys.exit(SKIPPED)
    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                     "--disable-dev-shm-usage"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    try:
        return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    except WebDriverException as error:
        print(f"skipped: no browser: {error.msg}")
        sys.exit(SKIPPED)


class Page:
    """A report in the browser."""

    def __init__(self, browser, path):
        self.browser = browser
        browser.get(path.as_uri())

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def focused(self, what="id"):
        return self.run(f"return document.activeElement.{what}")

    def press(self, *keys):
        self.browser.switch_to.active_element.send_keys(*keys)

    def column(self, title):
        """The texts of a column's cells in the rows that are shown."""
        return self.run(
            "const at = [...document.querySelectorAll('#tensors thead th')]"
            ".find((th) => th.textContent.trim() === arguments[0]).cellIndex;"
            "return [...document.querySelectorAll('#tensors tbody tr:not([hidden])')]"
            ".map((row) => row.cells[at].textContent)", title)

    def titles(self):
        """Those of the columns that are shown."""
        return self.run("return [...document.querySelectorAll('#tensors thead th')]"
                        ".filter((th) => th.checkVisibility()).map((th) => th.textContent)")

    def title(self, text):
        return next(b for b in self.all("#tensors thead button") if b.text == text)

    def lines(self):
        """The numbers of the spectra that are drawn."""
        return self.run("return [...document.querySelectorAll('#lines g[id]')]"
                        ".filter((g) => g.style.display === '').map((g) => +g.id.slice(1))")


def test_quiet(page):
    """Nothing on the console, and no request but that for the page."""
    messages = [m["message"] for m in page.browser.get_log("browser")]
    same(messages, [], "messages on the console")
    sent = []
    for entry in page.browser.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            sent.append(message["params"]["request"]["url"])
    others = [u for u in sent if not u.startswith(("file:", "data:", "about:", "chrome:"))]
    same(others, [], "requests")


def test_sorting(page):
    def numbers(title):
        return [float(text) for text in page.column(title) if text]

    before = page.column("tensor")
    button = page.title("effective rank")
    header = button.find_element(By.XPATH, "..")
    button.click()
    values = numbers("effective rank")
    same(values, sorted(values, reverse=True), "descending")
    same(len(values), LAYERS * MODULES + 2, "values")
    check(all(t == "" for t in page.column("effective rank")[len(values):]), "empty cells are last")
    same(header.get_attribute("aria-sort"), "descending", "what the header says")
    button.send_keys(Keys.ENTER)  # with the keyboard
    same(numbers("effective rank"), sorted(values), "ascending")
    same(header.get_attribute("aria-sort"), "ascending", "what the header says")
    check(page.column("effective rank")[-1] == "", "empty cells are last again")

    same(page.titles()[:6], ["line", "tensor", "shape", "optimiser", "because", "layer"],
         "the order of the columns")
    check(page.run("const scroll = document.querySelector('#table .scroll').getBoundingClientRect();"
                   "const why = document.querySelector('.why').getBoundingClientRect();"
                   "return why.right <= scroll.right"), "the reasons are in sight without scrolling")
    same(page.run("return [...document.querySelectorAll('#tensors tr')]"
                  ".filter((row) => row.cells.length !== arguments[0]).length",
                  len(page.titles())), 0, "rows that have not a cell for each title")

    same(len(page.all("#tensors thead button")), len(page.titles()) - 1, "titles that sort")
    page.title("layer").send_keys(Keys.SPACE)
    same(header.get_attribute("aria-sort"), None, "the other header")
    same(numbers("layer"), sorted(numbers("layer"), reverse=True), "layers by number")
    page.title("shape").click()
    sizes = [eval(text.replace("x", "*")) for text in page.column("shape")]
    same(sizes, sorted(sizes, reverse=True), "shapes by size")
    page.title("tensor").click()
    names = page.column("tensor")
    same(sorted(names), sorted(before), "no row is lost")
    check(names.index("model.layers.2.mlp.up_proj.weight") <
          names.index("model.layers.10.mlp.up_proj.weight"), "numbers in names count as numbers")


def test_filtering(page):
    words, status = page.one("#words"), page.one("#rows-shown")
    total = LAYERS * 11 + 3
    same(status.text, f"{total} of {total} tensors", "how many")
    words.send_keys("Q_PROJ")
    same(len(page.column("tensor")), LAYERS, "rows with q_proj")
    words.send_keys(" layers.1")
    same(len(page.column("tensor")), 11, "rows with both words")
    same(status.text, f"11 of {total} tensors", "how many")
    words.clear()
    words.send_keys("nothing has this")
    same(page.column("tensor"), [], "no row")
    words.clear()
    words.send_keys(Keys.BACKSPACE)
    Select(page.one("#optimiser")).select_by_visible_text("Pion")
    chosen = page.column("optimiser")
    check(chosen and all(text.startswith("Pion") for text in chosen), "only Pion")
    words.send_keys(Keys.ENTER)  # submits nothing
    Select(page.one("#optimiser")).select_by_visible_text("any")
    same(len(page.column("tensor")), total, "all again")


def test_map(page):
    shown = lambda: [f.get_attribute("id") for f in page.all("#map figure") if f.is_displayed()]
    same(shown(), ["map-suggestion"], "the first map")
    page.one("#choose-map input").send_keys(Keys.ARROW_RIGHT)
    same(shown(), ["map-erank"], "the next map, by an arrow key")
    for choice in page.all("#choose-map input"):
        choice.click()
        same(shown(), ["map-" + choice.get_attribute("value")], "the chosen map")
    page.all("#choose-map input")[1].click()
    stops = page.run("return [...document.querySelectorAll('#map-erank a')]"
                     ".filter((a) => a.tabIndex === 0).length")
    same(stops, 1, "one stop for the Tab key")
    page.run("document.querySelector('#map-erank a').focus()")
    for key, at in [(Keys.ARROW_RIGHT, "0,1"), (Keys.ARROW_DOWN, "1,1"), (Keys.ARROW_DOWN, "2,1"),
                    (Keys.ARROW_LEFT, "2,0"), (Keys.ARROW_LEFT, "2,0"), (Keys.ARROW_UP, "1,0")]:
        page.press(key)
        same(page.focused("dataset.at"), at, "where an arrow key leads")
    said = page.run("return document.activeElement.querySelector('title').textContent")
    check(said.startswith("layer 0, self_attn.k_proj: effective rank "), f"what a cell says: {said}")
    page.one("#words").send_keys("lm_head")  # the row is filtered away, until it is asked for
    page.run("document.querySelector('#map-erank a[tabindex=\"0\"]').focus()")
    page.press(Keys.ENTER)
    row = page.browser.switch_to.active_element
    check("layers.0.self_attn.k_proj" in row.text, f"Enter leads to the row: {row.text}")
    check(page.run("const r = document.activeElement.getBoundingClientRect();"
                   "return r.top >= 0 && r.bottom <= innerHeight"), "the row is in sight")


def test_spectra(page):
    total = LAYERS * MODULES + 2
    same(len(page.lines()), total, "all spectra")
    page.one("#no-lines").click()
    same(page.lines(), [], "no spectrum")
    module = page.one("#modules input")
    module.send_keys(Keys.SPACE)
    page.run("arguments[0].focus()", module)
    same(len(page.lines()), 1, "embed_tokens")
    page.all("#modules input")[1].click()
    same(len(page.lines()), 1 + LAYERS, "and q_proj")
    page.one("#from").clear()
    page.one("#from").send_keys("20")
    same(len(page.lines()), 1 + 8, "of the layers from 20 on")
    page.run("const f = document.getElementById('from'); f.value = 0;"
             "f.dispatchEvent(new Event('input'))")
    page.one("#all-lines").click()
    box = page.one("#tensors tbody tr:nth-child(2) input")
    box.click()
    same(len(page.lines()), total - 1, "one less by its box in the table")
    check(page.all("#modules input")[1].get_property("indeterminate"), "its module is in between")
    page.one("#words").send_keys("down_proj")
    page.one("#table-lines").click()
    same(len(page.lines()), LAYERS, "those in the table")
    same(page.one("#lines-shown").text, f"{LAYERS} of {total} spectra are drawn", "what is said")
    page.run("document.querySelector('#tensors tbody tr:not([hidden])').focus()")
    same(len(page.all("#lines .lit")), 1, "the spectrum of a row stands out")


def test_keyboard(page):
    """The Tab key reaches every control, in sight and with a name."""
    page.run("document.activeElement.blur(); scrollTo(0, 0)")
    seen = set()
    for _ in range(70):
        page.browser.switch_to.active_element.send_keys(Keys.TAB)
        element = page.browser.switch_to.active_element
        if element.tag_name == "body":
            break
        seen.add(element.get_attribute("id") or element.text or element.get_attribute("value"))
        check(element.accessible_name or element.tag_name == "a",
              f"a name for {element.get_attribute('outerHTML')[:90]}")
        outline = page.run("const s = getComputedStyle(document.activeElement);"
                           "return s.outlineStyle !== 'none' || !!document.activeElement.closest('svg')")
        check(outline, f"the focus shows on {element.get_attribute('outerHTML')[:90]}")
    for wanted in ["words", "optimiser", "all-lines", "from", "effective rank", "because"]:
        check(wanted in seen, f"the Tab key reaches {wanted}")
    for picture in page.all("svg:not([aria-hidden])"):
        if picture.is_displayed():
            check(picture.accessible_name, "a name for a picture")
            check(picture.get_attribute("aria-describedby"), "a text for a picture")


def test_without_scripts(browser, path):
    """All is shown, and nothing that only a script would do is offered."""
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    page = Page(browser, path)
    same(page.titles()[:3], ["tensor", "shape", "optimiser"], "the titles")
    offered = page.run("return [...document.querySelectorAll('button, input, select, form, .live')]"
                       ".filter((part) => part.checkVisibility())"
                       ".map((part) => part.outerHTML.slice(0, 90))")
    same(offered, [], "what does nothing")
    signs = page.run("return [...document.querySelectorAll('thead *')].map("
                     "(part) => getComputedStyle(part, '::after').content)")
    same(set(signs), {"none"}, "signs of sorting")
    check(all(figure.is_displayed() for figure in page.all("#map figure")), "all maps are shown")
    page.one("#map-erank a[data-at='0,5']").click()
    same(page.one("tr:target th").text, "model.layers.5.self_attn.q_proj.weight",
         "the row to which a cell leads")
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def emulate(browser, scheme, width):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
        "features": [{"name": "prefers-color-scheme", "value": scheme}]})
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
        "width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": width < 500})


def shoot(page, path, clip=None):
    """Makes a picture of the page, or of a rectangle of it."""
    picture = page.browser.execute_cdp_cmd("Page.captureScreenshot", {
        "captureBeyondViewport": True, "format": "png", **({"clip": clip} if clip else {})})
    path.write_bytes(base64.b64decode(picture["data"]))


def test_looks(page, shots):
    for scheme in ["light", "dark"]:
        for name, width in WIDTHS.items():
            emulate(page.browser, scheme, width)
            wide = page.run("return document.documentElement.scrollWidth")
            check(wide <= width, f"the page is {wide} wide on a {name} of {width}")
            for choice in page.all("#choose-map input"):
                choice.click()
                contrast, whose = page.run(CONTRAST)
                check(contrast >= 4.5, f"contrast {contrast} in {scheme}: {whose}")
            page.all("#choose-map input")[0].click()
            if shots:
                shoot(page, shots / f"{name}-{scheme}.png")
    if shots:
        emulate(page.browser, "light", 1200)
        top, bottom = page.run(
            "return ['#map', '#tensors tbody tr:nth-child(6)'].map((part) =>"
            "document.querySelector(part).getBoundingClientRect().top + scrollY)")
        shoot(page, shots / "guide.png",
              {"x": 0, "y": top, "width": 1200, "height": bottom - top, "scale": 1})
    page.browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_hostile(browser, path):
    page = Page(browser, path)
    check("taken" not in browser.title, "no name runs as a script")
    names = page.column("tensor")
    check("<script>document.title = 'taken'</script>" in names, "a name is shown as it is")
    same(len(page.all("img")), 0, "no name becomes an element")
    check("not a number" in page.one("#skipped").text, "the problem is said")
    page.title("tensor").click()
    same(len(page.column("tensor")), len(names), "no row is lost")
    test_quiet(page)


def make(tool, folder, name, arguments, inspect, status=0):
    model, report = folder / f"{name}.safetensors", folder / f"{name}.html"
    subprocess.run([sys.executable, HERE / "make_model.py", model, *arguments], check=True)
    done = subprocess.run([tool, "inspect", model, "--html", report, *inspect],
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    same(done.returncode, status, f"pion inspect {name}: {done.stderr}")
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("tool")
    parser.add_argument("--shots", type=pathlib.Path)
    options = parser.parse_args()
    tool = pathlib.Path(options.tool).resolve()
    browser = start()
    browser.set_window_size(1500, 1000)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        report = make(tool, folder, "model", ["--layers", str(LAYERS)], ["--heads", "4"])
        check(report.stat().st_size < 2e6, f"size {report.stat().st_size}")
        print(f"{report.stat().st_size} bytes for {LAYERS * 11 + 3} tensors")
        if options.shots:
            options.shots.mkdir(parents=True, exist_ok=True)
        test_looks(Page(browser, report), options.shots)
        for test in [test_quiet, test_sorting, test_filtering, test_map, test_spectra,
                     test_keyboard]:
            page = Page(browser, report)
            test(page)
            test_quiet(page)
        test_without_scripts(browser, report)
        test_hostile(browser, make(tool, folder, "hostile",
                                   ["--layers", "3", "--hostile"], [], status=1))
    browser.quit()
    print("failed" if failures else "all holds")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
