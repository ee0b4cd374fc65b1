# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium with the page, and what the tests ask of it."""

import json
import pathlib
import subprocess
import tempfile
from typing import Any, List, Optional

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import Select, WebDriverWait


class Browser:
    pion: str

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.url = (folder / "index.html").resolve().as_uri()
        self.downloads = pathlib.Path(tempfile.mkdtemp())
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for argument in ("headless=new", "no-sandbox", "disable-gpu", "window-size=1280,1000",
                         "force-prefers-reduced-motion"):
            options.add_argument(f"--{argument}")
        options.add_experimental_option(
            "prefs", {"download.default_directory": str(self.downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        service = webdriver.ChromeService("/usr/bin/chromedriver")
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_script_timeout(60)

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: Any) -> None:
        self.driver.quit()

    def open(self, address: str = "") -> None:
        """Opens the page anew, and waits for its picture."""
        self.driver.get("about:blank")
        self.driver.get(self.url + address)
        self.wait_for("return performance.getEntriesByName('first picture').length > 0")

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def wait_for(self, script: str) -> None:
        WebDriverWait(self.driver, 60, 0.05).until(lambda _: self.run(script))

    def settle(self) -> None:
        """Waits until every fact is there, and every optimiser has run."""
        self.frames()
        self.wait_for("return document.getElementById('facts').ariaBusy === 'false'"
                      " && !document.querySelector('[aria-busy=true]')")

    def frames(self, count: int = 3) -> None:
        self.driver.execute_async_script(
            "let left = arguments[0]; const done = arguments[1];"
            "const frame = () => --left < 0 ? done() : requestAnimationFrame(frame);"
            "frame();", count)

    def at(self, name: str) -> WebElement:
        return self.driver.find_element(By.ID, name)

    def all(self, css: str) -> List[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def choose(self, name: str, value: str) -> None:
        Select(self.at(name)).select_by_value(value)

    def type(self, element: WebElement, text: str) -> None:
        """Replaces what a field holds, as a reader does."""
        self.run("arguments[0].select()", element)
        element.send_keys(text)
        self.frames()

    def slide(self, element: WebElement, value: float) -> None:
        self.run("arguments[0].value = arguments[1];"
                 "arguments[0].dispatchEvent(new Event('input', {bubbles: true}))", element, value)
        self.frames()

    @property
    def chain(self) -> str:
        return self.run("return explorer.state.filter.chain")

    def curve(self) -> str:
        """The path of the filter's own curve."""
        # In one script: the page may draw anew between two.
        return self.run("return document.querySelector(\"#chart path[stroke-width='2.8']\")"
                        ".getAttribute('d')")

    def fact(self, what: str, column: int = 0) -> str:
        self.settle()
        said = self.run(
            "for (const row of document.querySelectorAll('#facts tbody tr'))"
            "  if (row.querySelector('th').innerText.startsWith(arguments[0]))"
            "    return row.querySelectorAll('td')[arguments[1]].innerText.trim();"
            "return null", what, column)
        assert said is not None, f"the table has no row {what}"
        return said

    def downloaded(self, name: str) -> str:
        path = self.downloads / name
        WebDriverWait(self.driver, 10, 0.05).until(lambda _: path.exists() and path.stat().st_size)
        text = path.read_text(encoding="utf-8")
        path.unlink()
        return text

    def expect_silence(self) -> None:
        messages = [entry["message"] for entry in self.driver.get_log("browser")]
        assert not messages, f"the console says {messages}"

    def trainer(self, questions: List[Any]) -> List[Any]:
        """What the C++ program answers to questions "training"."""
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        done = subprocess.run([str((self.folder / "trainer").resolve())], input=lines,
                              capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def tool(self, *arguments: str, cwd: Optional[pathlib.Path] = None) -> Any:
        pion = str(pathlib.Path(self.pion).resolve())
        done = subprocess.run([pion, *arguments, "--json"], capture_output=True, text=True, cwd=cwd,
                              check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
