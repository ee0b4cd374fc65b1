# SPDX-License-Identifier: Apache-2.0
"""Says which links of the built site lead nowhere, and what a page would ask of another host:
check.py FOLDER. Fails where there is one."""
import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.loads = set(), [], []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name") and value:
                self.ids.add(value)
            elif name == "href" and value and tag == "a":
                self.links.append(value)
            elif value and (name in ("src", "srcset", "poster") or (tag, name) == ("link", "href")):
                self.loads.append(value)


def faults(folder):
    pages = {path: Page(path) for path in folder.rglob("*.html") if "_static" not in path.parts}
    for path, page in pages.items():
        here = path.relative_to(folder)
        for link in page.links + page.loads:
            parts = urllib.parse.urlsplit(link)
            if parts.scheme in ("http", "https"):
                if link in page.loads:
                    yield f"{here} loads {link} from another host"
                continue
            if parts.scheme:  # data:, mailto:
                continue
            target = path
            if parts.path:
                target = (path.parent / urllib.parse.unquote(parts.path)).resolve()
            if not target.is_file():
                yield f"{here} links to {link}, which is not there"
            elif parts.fragment and target in pages:
                fragment = urllib.parse.unquote(parts.fragment)
                if fragment not in pages[target].ids:
                    yield f"{here} links to {link}, which has no such place"
    for sheet in folder.rglob("*.css"):
        if "@import" in sheet.read_text(encoding="utf-8") or "url(http" in sheet.read_text():
            yield f"{sheet.relative_to(folder)} loads from another host"


def main():
    found = sorted(set(faults(pathlib.Path(sys.argv[1]).resolve())))
    print("\n".join(found[:200]))
    if found:
        sys.exit(f"{len(found)} faults")


main()
