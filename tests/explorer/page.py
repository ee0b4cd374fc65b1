# SPDX-License-Identifier: Apache-2.0
"""Every control of the page does what it says, by mouse and by keyboard."""

import base64
import json
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from browser import Browser
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = [375, 800, 1280]
# What a browser's own controls and links are found by; each must have a name and be reached.
CONTROLS = "button:not([tabindex='-1']), input, select, [role=slider], [tabindex='0']"


def changes(browser: Browser, act, what: str) -> None:
    """The act draws another curve."""
    before = browser.curve()
    act()
    browser.frames()
    assert browser.curve() != before, f"{what} changes no curve"


def test_nothing_is_asked_of_another_place(browser: Browser) -> None:
    browser.settle()
    asked = browser.run("return performance.getEntriesByType('resource').map((r) => r.name)")
    elsewhere = [name for name in asked if not name.startswith(("blob:", "data:"))]
    assert not elsewhere, f"the page asks for {elsewhere}"


def test_the_first_picture(browser: Browser) -> None:
    """Says when it is there; how long that takes depends on the machine."""
    for rate, speed in [(1, "at full speed"), (4, "at a quarter of the speed")]:
        browser.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": rate})
        try:
            browser.open()
            taken = browser.run(
                "return performance.getEntriesByName('first picture')[0].startTime")
        finally:
            browser.driver.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
        print(f"        first picture after {taken:.0f} ms, {speed}")
        assert browser.curve()


def test_a_drag_is_drawn(browser: Browser) -> None:
    """Each of 120 chains, with five filters compared, has its own curve; says what one takes."""
    browser.open("#chain=own:1.9,-1.2,0.4;0,2.5,-1.5;0,2.5,-1.5;0,2.5,-1.5;0,2.5,-1.5&with=muon"
                 "&with=cans&with=polar-express&with=you-jiacheng&with=cubic5")
    browser.settle()
    curves, taken = browser.run(
        "const taken = [], curves = new Set(); for (let i = 0; i < 120; ++i) {"
        "  explorer.choose(`own:${1.9 - i / 1000},-1.2,0.4` + ';0,2.5,-1.5'.repeat(4));"
        "  const begin = performance.now(); explorer.draw();"
        "  document.getElementById('chart').getBoundingClientRect();"
        "  taken.push(performance.now() - begin);"
        "  curves.add(document.querySelector(\"#chart path[stroke-width='2.8']\")"
        "    .getAttribute('d')); }"
        "return [curves.size, taken.sort((a, b) => a - b)]")
    print(f"        a redraw takes {taken[60]:.1f} ms in the median, "
          f"{taken[108]:.1f} ms or less in 9 of 10")
    assert curves == 120, curves
    browser.settle()


def test_every_family_has_its_keys(browser: Browser) -> None:
    families = browser.run("return explorer.known.families")
    assert len(families) >= 12
    for family in families:
        browser.choose("family", family["name"])
        browser.frames()
        assert browser.chain.split(":")[0] == family["name"]
        assert browser.at("error").text == "", browser.at("error").text
        assert len(browser.all("#keys input[type=range]")) == len(family["keys"])
        for key in family["keys"]:
            slider = browser.at(f"slide-{key['name']}")
            end = float(slider.get_attribute("min"))
            middle = 0.5 * (end + float(slider.get_attribute("max")))
            middle = {"kp": 3, "steps": 4, "ripple": -1}.get(key["name"], middle)
            what = f"{family['name']} {key}"
            changes(browser, lambda s=slider, m=middle: browser.slide(s, m), what)
            assert f"{key['name']}=" in browser.chain


def test_an_order_too_hard_is_refused_in_words(browser: Browser) -> None:
    browser.open("#chain=sharp-lowpass:tau=0.5")
    browser.type(browser.at("key-ripple"), "1e-5")
    assert "no chain of 5 steps was found" in browser.at("error").text
    browser.type(browser.at("key-ripple"), "0.1")
    assert browser.at("error").text == ""


def test_a_key_is_typed(browser: Browser) -> None:
    changes(browser, lambda: browser.type(browser.at("key-kp"), "3"), "kp")
    assert browser.chain == "highpass:kp=3"
    assert browser.at("slide-kp").get_attribute("value") == "3"
    browser.type(browser.at("key-steps"), "7")
    assert browser.chain == "highpass:kp=3,steps=7"
    browser.type(browser.at("key-kp"), "9")
    assert "do not fit" in browser.at("error").text
    browser.type(browser.at("key-kp"), "1")
    assert browser.at("error").text == ""
    assert browser.fact("Monotone") == "yes"


def test_the_normaliser_and_the_gain(browser: Browser) -> None:
    assert browser.fact("Survivors") == "71"
    browser.choose("normalizer", "spectral")
    assert browser.fact("Survivors") == "no limit"
    browser.choose("normalizer", "frobenius")
    browser.type(browser.at("gain"), "0.5")
    assert browser.fact("Survivors, gain above 0.5") == "14"
    changes(browser, browser.at("logarithmic").click, "the axis")


def test_the_steps_act_one_after_another(browser: Browser) -> None:
    changes(browser, lambda: browser.slide(browser.at("shown"), 2), "two steps")
    assert browser.at("shown-text").text == "2 of 5"
    assert len(browser.all("#chart circle")) == 11
    browser.at("play").click()
    browser.wait_for("return document.getElementById('shown-text').textContent === '0 of 5'")
    browser.wait_for("return document.getElementById('shown-text').textContent === '4 of 5'")
    browser.wait_for("return document.getElementById('shown-text').textContent === '5 of 5'")
    assert browser.run("return explorer.state.shown") is None


def test_own_coefficients_are_typed(browser: Browser) -> None:
    browser.at("edit").click()
    browser.frames()
    assert browser.at("steps").is_displayed() and not browser.at("edit").is_displayed()
    assert browser.chain.startswith("own:1.875,-1.25,0.375;")
    rows = browser.all("#coefficients tr")
    assert len(rows) == 5
    first = rows[0].find_element(By.CSS_SELECTOR, "[type=number]")
    changes(browser, lambda: browser.type(first, "1.5"), "a coefficient")
    assert browser.chain.startswith("own:1.5,-1.25,0.375;1.875")
    browser.all("[data-act=up]")[1].click()
    assert browser.chain.startswith("own:1.875,-1.25,0.375;1.5")
    browser.all("[data-act=remove]")[0].click()
    assert browser.chain.startswith("own:1.5,-1.25,0.375;0,2.5")
    browser.at("add").click()
    assert browser.chain.endswith(";1.5,-0.5,0")
    browser.choose("append", "cans")
    browser.at("append-steps").click()
    browser.frames()
    assert len(browser.all("#coefficients tr")) > 6
    browser.all("#coefficients [type=radio]")[1].click()
    browser.frames()
    assert browser.all("#coefficients tr.selected th")[0].text == "2"
    browser.choose("family", "muon")
    browser.frames()
    assert not browser.at("steps").is_displayed()
    browser.choose("family", "own")
    assert browser.chain.startswith("own:3.4445,-4.775,2.0315;")


def test_a_point_is_dragged_and_moved_by_keys(browser: Browser) -> None:
    browser.open("#chain=own:1,0,0;0,2.5,-1.5")
    point = browser.all("#handles [role=slider]")[1]
    drag = ActionChains(browser.driver).move_to_element(point).click_and_hold()
    changes(browser, lambda: drag.move_by_offset(0, -30).release().perform(), "a drag")
    dragged = float(point.get_attribute("aria-valuenow"))
    assert dragged > 2 / 3 + 0.1, dragged
    third, one = (browser.all("#handles [role=slider]")[i].get_attribute("aria-valuenow")
                  for i in (0, 2))
    assert (third, one) == ("0.3333", "1.0000")
    point.send_keys(Keys.ARROW_DOWN)
    browser.frames()
    assert abs(float(point.get_attribute("aria-valuenow")) - dragged + 0.01) < 2e-4
    point.send_keys(Keys.PAGE_UP)
    browser.frames()
    assert abs(float(point.get_attribute("aria-valuenow")) - dragged - 0.09) < 2e-4


def test_filters_are_compared(browser: Browser) -> None:
    browser.at("compare").click()
    browser.choose("family", "muon")
    assert browser.fact("Monotone") == "no" and browser.fact("Monotone", 1) == "yes"
    assert "with=highpass:kp=2" in browser.run(
        "return new Promise((done) => setTimeout(() => done(decodeURI(location.hash)), 300))")
    browser.all("[data-remove]")[0].click()
    browser.settle()
    assert len(browser.all("#facts thead th")) == 2


def test_the_address_holds_the_state(browser: Browser) -> None:
    address = ("#chain=own:1.5,-0.5,0;0,2.5,-1.5~spectral&with=muon&with=cans~none&gain=0.01"
               "&axis=log&shown=1&matrix=64,256,2,0.5,3")
    browser.open(address)
    state = browser.run("return explorer.state")
    assert state == {"filter": {"chain": "own:1.5,-0.5,0;0,2.5,-1.5", "normalizer": "spectral"},
                     "beside": [{"chain": "muon", "normalizer": "frobenius"},
                                {"chain": "cans", "normalizer": "none"}],
                     "gain": 0.01, "logarithmic": True, "shown": 1,
                     "matrix": {"rows": 64, "cols": 256, "rank": 2, "snr": 0.5, "seed": 3},
                     "training": None}
    browser.settle()
    browser.wait_for(f"return decodeURI(location.hash) === {json.dumps(address)}")
    browser.run("location.hash = '#chain=muon'")
    browser.wait_for("return explorer.state.filter.chain === 'muon'")
    browser.at("reset").click()
    browser.settle()
    assert browser.chain == "highpass:kp=2"


def test_a_wrong_address_is_named_and_left_out(browser: Browser) -> None:
    for address in ["#chain=nonesuch", "#chain=highpass:kp=99", "#with=nonesuch", "#chain=muon~x"]:
        browser.open(address)
        assert browser.at("error").text != "", address
        assert browser.chain == "highpass:kp=2"
    for address in ["#", "#chain=", "#chain=own:1,2", "#chain=own:a,b,c", "#gain=-1", "#shown=x",
                    "#shown=99", "#%E0%A4%A", "#&&=&", "#matrix=64,64", "#matrix=a,b,c,d,e"]:
        browser.open(address)
        browser.settle()
        assert browser.chain == "highpass:kp=2", address
    browser.open("#chain=own:1e200,1e200,1e200;1e200,1e200,1e200")
    browser.wait_for("return document.getElementById('error').textContent !== ''")
    assert "overflow" in browser.at("error").text
    assert browser.fact("Range") == "–"
    browser.open("#chain=<img src=x onerror=alert(1)>")
    assert "unknown" in browser.at("error").text


def test_a_filter_is_made_to_order(browser: Browser) -> None:
    """Sought in a worker, as `pion fit` seeks it: of each kind, proved to be near its bands."""
    browser.all("#design summary")[0].click()
    for kind, gains in [("highpass", {0.2: 0, 0.4: 1}), ("lowpass", {0.2: 1, 0.4: 0}),
                        ("bandpass", {0.2: 0, 0.5: 1, 0.8: 0})]:
        browser.choose("kind", kind)
        assert browser.at("upper").is_displayed() == (kind == "bandpass")
        browser.type(browser.at("tau"), "0.3")
        if kind == "bandpass":
            browser.type(browser.at("upper"), "0.7")
        browser.type(browser.at("order-steps"), "5" if kind == "bandpass" else "4")
        browser.at("seek").click()
        browser.wait_for("return document.getElementById('progress').value > 2")
        assert browser.at("seek").text == "Stop"
        browser.wait_for("return document.getElementById('sought').textContent.startsWith('found')")
        assert browser.chain.startswith("own:") and browser.at("seek").text == "Seek it"
        found = browser.run("return explorer.library.gains(explorer.steps, arguments[0]).at(-1)",
                            list(gains))
        for sigma, gain, wanted in zip(gains, found, gains.values()):
            assert abs(gain - wanted) < 0.2, f"{kind}: {gain} at {sigma}"
    browser.type(browser.at("tau"), "0.99")
    browser.at("seek").click()
    browser.wait_for("return document.getElementById('sought').textContent.includes('0.051')")
    browser.type(browser.at("tau"), "0.3")
    browser.at("seek").click()
    browser.at("seek").click()
    assert browser.at("sought").text == "stopped"


def test_the_page_stays_awake_while_a_proof_takes_long(browser: Browser) -> None:
    browser.open("#chain=muon:steps=12&gain=0.3")
    browser.frames()
    changes(browser, lambda: browser.slide(browser.at("slide-steps"), 3), "the slider")
    assert browser.fact("Range").startswith("0 to")


def test_it_goes_elsewhere(browser: Browser) -> None:
    browser.open("#chain=own:1.875,-1.25,0.375;0,2.5,-1.5~schatten4")
    browser.settle()
    click = lambda kind: browser.all(f"[data-export={kind}]")[0].click()  # noqa: E731
    click("svg")
    picture = browser.downloaded("filter.svg")
    widths = [e.get("stroke-width") for e in ElementTree.fromstring(picture).iter()]
    assert "2.8" in widths and "var(" not in picture
    click("json")
    text = browser.downloaded("chain.json")
    assert json.loads(text)["steps"] == [[1.875, -1.25, 0.375], [0, 2.5, -1.5]]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "chain.json").write_text(text, encoding="utf-8")
        line = browser.at("as-shell").text.split()
        assert line[:3] == ["pion", "shape", "@chain.json"]
        shape = browser.tool(*line[1:], cwd=Path(folder))
        assert shape["normalizer"] == "schatten4" and shape["steps"][1] == [0, 2.5, -1.5]
        program = Path(folder, "line.cpp")
        program.write_text(
            "#include <pion/filter.hpp>\nint main() {\n" + browser.at("as-cpp").text +
            "\nconst pion::Chain f = filter.chain;\n"
            "return f.size() == 2 && f.steps()[1].b == 2.5 && "
            "filter.normalizer == pion::Normalizer::schatten4 ? 0 : 1;\n}\n", encoding="utf-8")
        made = str(Path(folder, "line"))
        subprocess.run(["c++", "-std=c++17", f"-I{ROOT / 'include'}", "-I/usr/include/eigen3",
                        str(program), "-o", made], check=True)
        assert subprocess.run([made], check=False).returncode == 0
    steps = "[[1.875, -1.25, 0.375], [0, 2.5, -1.5]]"
    line = f'f = pion.Filter({steps}, normalizer="schatten4")'
    assert browser.at("as-python").text == line
    for kind in ("link", "shell", "python", "cpp"):
        browser.run("document.getElementById('spoken').textContent = '';"
                    "window.copied = undefined;"
                    "navigator.clipboard.writeText = async (text) => { window.copied = text }")
        click(kind)
        browser.wait_for("return document.getElementById('spoken').textContent === 'copied'")
        expected = browser.driver.current_url if kind == "link" else browser.at(f"as-{kind}").text
        assert browser.run("return window.copied") == expected


def test_every_control_has_a_name_and_is_reached_by_tab(browser: Browser) -> None:
    browser.open("#chain=own:1,0,0;0,2.5,-1.5&with=muon&matrix=64,64,4,1,1"
                 "&training=16,2,1,1,30,0&rate=0.1")
    browser.settle()
    seen = [e for e in browser.all(CONTROLS) if e.is_displayed() and e.is_enabled()]
    nameless = [e.get_attribute("outerHTML") for e in seen if not e.accessible_name.strip()]
    assert not nameless, nameless
    browser.run("document.body.focus()")
    reached = set()
    for _ in range(len(seen) + 5):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        reached.add(browser.driver.switch_to.active_element.id)
    radios = {e.id for e in seen if e.get_attribute("type") == "radio"}  # one stop for the group
    missed = [e.get_attribute("outerHTML") for e in seen if e.id not in reached | radios]
    assert not missed, missed
    spoken = browser.run("return new Promise((done) => setTimeout(() => done("
                         "document.getElementById('spoken').textContent), 700))")
    assert spoken.startswith("own, 2 steps: range 0 to 1"), spoken


def test_it_fits_three_widths_in_light_and_dark(browser: Browser) -> None:
    shots = browser.folder / "screenshots"
    shots.mkdir(exist_ok=True)
    views = {"named": "#chain=highpass:kp=2&with=muon&with=lowpass:tau=0.5",
             "own": "#chain=own:1.875,-1.25,0.375;1.875,-1.25,0.375;0,2.5,-1.5;0,2.5,-1.5",
             "matrix": "#chain=highpass:kp=2&with=muon&matrix=64,64,4,1,1",
             "training": "#training=16,2,0.1,1,60,0&rate=0.1&map=drawn"
                         "&optimisers=SGD,Muon,Pion kp=1,Pion kp=2"}
    for width in WIDTHS:
        browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600})
        for scheme in ("light", "dark"):
            browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
                "features": [{"name": "prefers-color-scheme", "value": scheme}]})
            for name, address in views.items():
                browser.open(address)
                browser.settle()
                wide = browser.run("return document.documentElement.scrollWidth")
                assert wide <= width, f"{name}: {wide} wide on {width}"
                shot = browser.driver.execute_cdp_cmd(
                    "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
                (shots / f"{name}-{width}-{scheme}.png").write_bytes(base64.b64decode(shot["data"]))
    browser.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
