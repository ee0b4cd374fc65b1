# SPDX-License-Identifier: Apache-2.0
"""What optimisers come to on the page, in the C++ program, and in docs/evidence."""

import csv
import json
from pathlib import Path
from typing import Any, Dict, List
from xml.etree import ElementTree

from browser import Browser
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

EVIDENCE = Path(__file__).resolve().parents[2] / "docs/evidence/regime_map.csv"
# Two machines differ by so much at most in a mean of the map (docs/evidence.md).
MACHINES = 0.035
QUICK = "#training=16,2,1,1,60,0&optimisers=SGD,Pion kp=2"


def task(**changes: Any) -> Dict[str, Any]:
    return {"call": "training", "size": 16, "rank": 2, "snr": 1, "condition": 1, "steps": 60,
            "seed": 0, **changes}


def ask(browser: Browser, question: Dict[str, Any]) -> Any:
    return browser.run("return explorer.library.ask(arguments[0])", question)


def results(browser: Browser) -> List[Any]:
    browser.settle()
    return browser.run("return training.results")


def last_errors(browser: Browser) -> Dict[str, float]:
    return {result["name"]: result["losses"][0] for result in results(browser)}


def test_it_trains_as_the_program_does(browser: Browser) -> None:
    """To the last bit: both have the same operations (docs/explorer/wasm/Makefile) and the same
    random numbers (examples/experiments/harness/random.hpp)."""
    names = ask(browser, {"call": "optimisers"})["optimisers"]
    assert len(names) == 12, names
    settings = [{"size": 16, "rate": 0.1}, {"size": 64, "rank": 4, "snr": 0.1, "rate": 0.05},
                {"size": 32, "rank": 32, "condition": 10, "seed": 7, "rate": 0.3}]
    questions = [task(optimiser=name, **setting) for name in names for setting in settings]
    questions += [task(optimiser=name) for name in ("SGD", "AdamW", "Muon", "Pion kp=2")]
    questions.append(task(optimiser="SGD", rate=1000))  # diverges
    for question, theirs in zip(questions, browser.trainer(questions)):
        ours = ask(browser, question)
        assert ours == theirs, f"{question}: {ours}, not {theirs}"
    assert theirs["losses"] == [None] and set(theirs["errors"]) == {None}


def test_a_regime_comes_out_as_in_the_evidence(browser: Browser) -> None:
    """With its seeds, the rate and the mean error are those of the experiment's table."""
    with EVIDENCE.open(encoding="utf-8") as file:
        lines = {line["optimiser"]: line for line in csv.DictReader(file)
                 if [line[key] for key in ("rows", "cols", "condition", "rank", "snr")] ==
                 ["64", "64", "1", "4", "0.1"]}
    for name in ("SGD", "AdamW", "Pion kp=2"):
        said = ask(browser, task(size=64, rank=4, snr=0.1, steps=150, optimiser=name,
                                 tuning_seeds=3, seeds=8))
        assert f"{said['rate']:.4g}" == lines[name]["rate"], name
        mean = sum(said["losses"]) / 8
        assert abs(mean / float(lines[name]["loss"]) - 1) < MACHINES, f"{name}: {mean}"


def test_what_it_refuses(browser: Browser) -> None:
    for wrong, words in [({"rank": 17}, "rank lies between 1 and 16"), ({"size": 1}, "size"),
                         ({"steps": 2}, "steps"), ({"snr": 0}, "snr"), ({"rate": -1}, "rate"),
                         ({"optimiser": "Adam"}, 'no optimiser "Adam"')]:
        said = browser.run("try { return explorer.library.ask(arguments[0]) }"
                           "catch (error) { return error.message }",
                           task(**{"optimiser": "SGD", **wrong}))
        assert words in said, f"{wrong}: {said}"


def test_it_is_drawn_while_it_runs_and_can_be_stopped(browser: Browser) -> None:
    browser.all("#training summary")[0].click()
    browser.wait_for("return training.live?.name === 'Muon' && training.live.errors.length > 5")
    assert browser.run("return training.results.map((r) => r.name)") == ["AdamW", "SGD"]
    browser.frames(20)  # the page is awake
    assert browser.at("trained").text.startswith("Muon: rate "), browser.at("trained").text
    assert browser.run("return document.getElementById('training-progress').value") >= 16
    lines = browser.run("return [...document.querySelectorAll(\"#errors g[clip-path] path\")]"
                        ".map((line) => line.getAttribute('stroke-width'))")
    assert lines == ["2.2", "2.2", "1.2"], lines
    assert browser.at("train").text == "Stop"
    browser.at("train").click()
    assert browser.at("trained").text == "stopped"
    assert browser.at("train").text == "Train again"
    assert len(results(browser)) == 2
    browser.at("train").click()
    browser.wait_for("return training.live?.name === 'Muon'")  # what is known is not run again
    assert [*last_errors(browser)] == ["AdamW", "SGD", "Muon", "Pion kp=2"]
    assert browser.at("trained").text.startswith("Pion kp=2 is ahead: error 0.")


def test_a_change_ends_what_runs(browser: Browser) -> None:
    browser.open("#training=64,4,0.1,1,600,0&optimisers=AboveNoise")
    browser.wait_for("return training.live?.errors.length > 5")
    browser.run("window.old = training.questions.worker")
    browser.run("location.hash = arguments[0]", QUICK.replace("SGD,Pion kp=2", "SGD"))
    browser.wait_for("return explorer.state.training.size === 16")
    assert [*last_errors(browser)] == ["SGD"]
    assert browser.run("return training.questions.worker !== old && training.live === undefined")
    browser.at("reset").click()
    browser.frames()
    assert browser.run("return explorer.state.training === null && !training.running")
    assert not browser.at("train").is_displayed()


def test_its_controls(browser: Browser) -> None:
    browser.open(QUICK)
    before = last_errors(browser)

    def changes(what: str) -> None:
        nonlocal before
        after = last_errors(browser)
        assert all(after[name] != before.get(name) for name in after), f"{what}: {after}"
        before = after

    for name, value in [("training-rank", 5), ("training-snr", -0.5)]:
        browser.slide(browser.at(name), value)
        changes(name)
    assert browser.at("training-rank-text").text == "5"
    assert browser.at("training-snr-text").text == "0.32"
    for name, text in [("training-steps", "90"), ("training-seed", "3")]:
        browser.type(browser.at(name), text)
        changes(name)
    for name, value in [("condition", "10"), ("training-size", "32")]:
        browser.choose(name, value)
        changes(name)
    browser.choose("rates", "same")
    assert {result["rate"] for result in results(browser)} == {0.1}
    assert browser.at("rate-text").text == "0.1"
    browser.slide(browser.at("rate"), -1.5)
    changes("the rate")
    assert {result["rate"] for result in results(browser)} == {0.032}
    browser.type(browser.at("training-steps"), "9000")  # too many: nothing changes
    assert last_errors(browser) == before
    for box in browser.all("#optimisers input"):
        name = box.get_attribute("value")
        was = name in before
        box.click()
        assert (name in last_errors(browser)) != was, name
    assert len(last_errors(browser)) == 10
    rows = browser.all("#training-facts tbody tr")
    assert [row.text.split("\n")[0].split(" ")[0] for row in rows][:2] == ["AdamW", "Muon"]
    state = browser.run("return explorer.state.training")
    assert (state["size"], state["rank"], state["snr"], state["condition"], state["steps"],
            state["seed"], state["rate"]) == (32, 5, 0.32, 10, 90, 3, 0.032)
    browser.slide(browser.at("training-rank"), 32)
    browser.choose("training-size", "16")
    browser.settle()
    assert browser.run("return explorer.state.training.rank") == 16  # no rank is above the size
    for box in browser.all("#optimisers :checked"):
        box.click()
    browser.settle()
    assert browser.at("trained").text == "no optimiser is chosen"


def test_the_address_holds_the_training(browser: Browser) -> None:
    for address in ["#chain=muon&training=32,5,0.32,10,90,3&optimisers=AboveNoise or all,Pion kp=4"
                    "&rate=0.032", f"#chain=highpass:kp=2&{QUICK[1:]}&map=drawn",
                    "#chain=muon&training=16,1,10,1,60,999&optimisers="]:
        browser.open(address)
        browser.settle()
        browser.wait_for(f"return decodeURI(location.hash) === {json.dumps(address)}")
        size = address.split("training=")[1].split(",")[0]
        assert browser.at("training-size").get_attribute("value") == size
        checked = [box.get_attribute("value") for box in browser.all("#optimisers :checked")]
        chosen = browser.run("return explorer.state.training.optimisers")
        assert sorted(checked) == sorted(chosen)
    for wrong in ["#training=64", "#training=63,1,1,1,60,0", "#training=16,1,x,1,60,0",
                  "#training=16,1,1,3,60,0", "#training=", "#optimisers=SGD&rate=1&map=drawn"]:
        browser.open(wrong)
        browser.settle()
        assert browser.run("return explorer.state.training") is None, wrong
    for wrong, words in [("#training=16,17,1,1,60,0", "rank lies between"),
                         (QUICK.replace("SGD", "<b>"), 'no optimiser "<b>"')]:
        browser.open(wrong)
        browser.wait_for("return document.getElementById('training-error').textContent !== ''")
        assert words in browser.at("training-error").text


def test_the_map_says_who_wins(browser: Browser) -> None:
    browser.open(QUICK)
    browser.settle()
    assert browser.run("return training.map.places.every(({results}) => results === null)")
    browser.at("draw-map").click()
    browser.wait_for("return document.getElementById('mapped').textContent.includes('left, about')")
    assert browser.at("draw-map").text == "Stop the map"
    browser.at("draw-map").click()
    browser.frames()
    done = browser.run("return document.getElementById('map-progress').value")
    assert browser.at("mapped").text == "stopped" and 0 < done < 20
    browser.at("draw-map").click()  # goes on
    browser.frames()
    assert browser.run("return document.getElementById('map-progress').value") >= done
    browser.settle()
    assert browser.at("mapped").text.startswith("of 20 cells ")
    places = browser.run("return training.map.places")
    assert [(p["rank"], p["snr"]) for p in places] == [
        (rank, snr) for rank in (1, 2, 4, 8, 16) for snr in (10, 1, 0.1, 0.01)]
    questions = [task(rank=p["rank"], snr=p["snr"], optimiser=r["name"])
                 for p in places for r in p["results"]]
    told = [[r["rate"], r["losses"]] for p in places for r in p["results"]]
    assert told == [[a["rate"], a["losses"]] for a in browser.trainer(questions)]
    cells = browser.all("#map button")
    for place, cell in zip(places, cells):
        first = min(place["results"], key=lambda r: r["losses"][0])
        label = f"rank {place['rank']}, SNR {place['snr']:g}: {first['name']}, error "
        assert cell.accessible_name.startswith(label), cell.accessible_name
        assert cell.text.startswith(first["name"])
    browser.run("window.drawn = training.map.places")
    cells[7].click()
    cell_is_shown(browser, places[7])
    keys = ActionChains(browser.driver)
    for key in (Keys.ARROW_DOWN, Keys.ARROW_LEFT, Keys.ENTER):
        keys.send_keys(key)
    keys.perform()
    cell_is_shown(browser, places[10])
    assert browser.run("return training.map.places === drawn")  # of whatever rank and SNR
    browser.all("#optimisers input")[0].click()
    browser.settle()
    assert browser.run("return training.map.places.every(({results}) => results === null)")


def cell_is_shown(browser: Browser, place: Dict[str, Any]) -> None:
    """The curves are those of the cell, which has the focus."""
    assert last_errors(browser) == {r["name"]: r["losses"][0] for r in place["results"]}
    state = browser.run("return explorer.state.training")
    assert (state["rank"], state["snr"]) == (place["rank"], place["snr"])
    focus = browser.driver.switch_to.active_element
    assert focus.get_attribute("aria-current") == "true"
    assert focus.accessible_name.startswith(f"rank {place['rank']}, SNR {place['snr']:g}:")


def test_the_map_has_a_worker_for_each_core_but_one(browser: Browser) -> None:
    maps = []
    for cores, lanes in [(1, 1), (3, 2), (64, 4)]:
        browser.driver.execute_cdp_cmd("Emulation.setHardwareConcurrencyOverride",
                                       {"hardwareConcurrency": cores})
        browser.open(f"{QUICK}&rate=0.1")
        browser.at("draw-map").click()
        browser.wait_for("return training.map.lanes.length > 0")
        assert browser.run("return training.map.lanes.length") == lanes
        browser.settle()
        maps.append(browser.run("return training.map.places"))
    assert maps[0] == maps[1] == maps[2]


def test_the_training_goes_elsewhere(browser: Browser) -> None:
    browser.open(f"{QUICK}&map=drawn")
    errors = {r["name"]: r["errors"] for r in results(browser)}
    places = browser.run("return training.map.places")
    click = lambda kind: browser.all(f"[data-training={kind}]")[0].click()  # noqa: E731
    for kind, words in [("curves-svg", ["SGD", "Pion kp=2", "step"]),
                        ("map-svg", ["SGD", "rank", "16", "0.01"])]:
        click(kind)
        text = browser.downloaded("training.svg" if kind == "curves-svg" else "regimes.svg")
        said = [e.text for e in ElementTree.fromstring(text).iter() if e.text]
        assert "var(" not in text and set(words) <= set(said), said
    click("curves-csv")
    lines = list(csv.reader(browser.downloaded("training.csv").splitlines()))
    assert lines[:2] == [["step", "SGD", "Pion kp=2"], ["0", "1", "1"]] and lines[-1][0] == "60"
    assert [float(line[2]) for line in lines[2:]] == errors["Pion kp=2"]
    click("map-csv")
    lines = list(csv.reader(browser.downloaded("regimes.csv").splitlines()))
    assert lines[0] == ["rank", "snr", "winner", "SGD", "Pion kp=2"] and len(lines) == 21
    for line, place in zip(lines[1:], places):
        assert [float(x) for x in line[3:]] == [r["losses"][0] for r in place["results"]]
        assert line[2] == lines[0][3 + (float(line[4]) < float(line[3]))]
    click("json")
    said = json.loads(browser.downloaded("training.json"))
    assert said["task"]["size"] == 16 and said["map"] == places
    assert {curve["name"]: curve["errors"] for curve in said["curves"]} == errors
    label = browser.at("errors").accessible_name
    assert label.startswith("Errors over the steps. ") and "is ahead: error" in label
