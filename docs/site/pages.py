# SPDX-License-Identifier: Apache-2.0
"""Lays out the source of the site: pages.py ROOT XML FOLDER EXTRA.

The documentation is taken as it stands in the tree, at the same relative paths, so that its links
hold; the README is the first page. Written here are the navigation, lists of what folders hold, and
the reference. Fails where a public name has no comment.
"""
import pathlib
import re
import shutil
import sys

import reference

# The navigation. What docs/ has and this does not name stands under the last title.
NAVIGATION = {
    "Start": ["docs/install", "examples/index", "docs/explorer/README"],
    "Guides": ["docs/guides/filter", "docs/guides/per_head", "docs/guides/optimiser",
               "docs/distributed", "docs/python", "docs/libtorch", "docs/gpu",
               "docs/guides/design", "docs/guides/prove", "docs/guides/report"],
    "Look up": ["reference/index", "docs/optimisers", "docs/filters", "docs/glossary"],
    "What was found": ["docs/evidence", "docs/claims", "docs/performance"],
    "The project": ["docs/architecture", "docs/platforms", "CONTRIBUTING", "CHANGELOG"],
}
PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/data/README.md"]


def copy_pages(root, to, public):
    """Copies the documentation and whatever it may link to."""
    for folder in ("docs", "examples/data"):
        shutil.copytree(root / folder, to / folder,
                        ignore=shutil.ignore_patterns("site", "*.safetensors", "*.py"))
    for page in PAGES:
        shutil.copy(root / page, to / page)
    shutil.copy(root / "LICENSE", to / "LICENSE")
    (to / "README.md").rename(to / "index.md")
    for page in to.rglob("*.md"):
        text = lead_links(page.read_text(encoding="utf-8"), page, to)
        page.write_text(name_links(text, page.relative_to(to), public), encoding="utf-8")


def lead_links(text, page, to):
    """Links to the README lead to the first page, links to a folder to the list of what it has."""

    def lead(match):
        target = (page.parent / match[1]).resolve()
        if target == (to / "README.md").resolve():
            return f"]({match[1].replace('README.md', 'index.md')})"
        if ":" not in match[1] and (target.is_dir() or target == (to / "examples").resolve()):
            return f"]({match[1]}/index.md)"
        return match[0]

    return re.sub(r"\]\(([^)#\s]+)\)", lead, text)


def name_links(text, page, public):
    """Code that names a header, `apply/plan.hpp`, or a function, `plan()`, leads to its page."""
    up = "../" * (len(page.parts) - 1) + "reference/"

    def header(match):
        target = public.page_of(f"pion/{match[1]}")
        return f"[{match[0]}]({up}{target}.md)" if target else match[0]

    def function(match):
        link = public.link("", match[1], "pion", anywhere=True)
        return f'<a href="{up}{link}"><code>{match[1]}()</code></a>' if link else match[0]

    blocks = re.split(r"(^```.*?^```$)", text, flags=re.M | re.S)
    for i in range(0, len(blocks), 2):
        found = re.sub(r"(?<!\[)`(?:include/pion/)?((?:[a-z_]+/)*[a-z_]+\.hpp)`", header, blocks[i])
        blocks[i] = re.sub(r"(?<!\[)`((?:[a-z_]+::)*[a-z]\w{2,})\(\)`", function, found)
    return "".join(blocks)


def write_examples(root, to):
    lines = ["# Examples", "", "Each is a program that the tests build and run.", ""]
    for path in sorted(path for folder in (".", "distributed", "libtorch")
                       for path in root.glob(f"examples/{folder}/*.cpp")):
        name = path.relative_to(root / "examples")
        code = path.read_text(encoding="utf-8").split("\n", 1)[1]  # without the licence's line
        lines += [f"## {name}", "", "```cpp", code.strip(), "```", ""]
    lines += ["```{toctree}", ":hidden:", "", "data/README", "```"]
    (to / "examples/index.md").write_text("\n".join(lines), encoding="utf-8")


def write_evidence(to):
    folder = to / "docs/evidence"
    lines = ["---", "orphan: true", "---", "# Data and pictures of the evidence", "",
             "What the experiments wrote; [evidence](../evidence.md) says what was done.", ""]
    lines += [f"- [{path.name}]({path.name})" for path in sorted(folder.iterdir())]
    (folder / "index.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_explorer(root, to, extra):
    """Takes the explorer in where it is built; else its page says that it is not."""
    built = root / "build/explorer/index.html"
    about = to / "docs/explorer/README.md"
    title, text = about.read_text(encoding="utf-8").split("\n\n", 1)
    if built.exists():
        (extra / "explorer").mkdir()
        shutil.copy(built, extra / "explorer/index.html")
        link = ('```{raw} html\n<p><a href="../../explorer/index.html">Open the explorer</a></p>'
                '\n```')
    else:
        link = "*This copy of the site was built without it.*"
    about.write_text(f"{title}\n\n{link}\n\n{text}", encoding="utf-8")


def write_navigation(to):
    pages = {str(p.relative_to(to).with_suffix("")) for p in to.rglob("*.md")}
    named = {page for group in NAVIGATION.values() for page in group}
    rest = sorted(p for p in pages - named if p.startswith("docs/") and p != "docs/evidence/index")
    lines = []
    for title, group in NAVIGATION.items():
        group = group + rest if title == list(NAVIGATION)[-1] else group
        lines += ["", "```{toctree}", ":hidden:", f":caption: {title}", ""]
        lines += [page for page in group if page in pages or page == "reference/index"]
        lines += ["```"]
    with (to / "index.md").open("a", encoding="utf-8") as index:
        index.write("\n".join(lines) + "\n")


def main():
    root, xml, to, extra = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    for folder in (to, extra):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    public = reference.Reference(root, xml)
    copy_pages(root, to, public)
    write_examples(root, to)
    write_evidence(to)
    write_explorer(root, to, extra)
    write_navigation(to)
    public.write(to / "reference")
    missing = list(public.undocumented())
    for name in missing:
        print(f"include/{name.header}:{name.line}: {name.qualified} has no comment")
    if missing:
        sys.exit(f"{len(missing)} public names have no comment.")


main()
