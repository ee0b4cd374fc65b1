# SPDX-License-Identifier: Apache-2.0
"""Puts styles, scripts and WebAssembly into the page: assemble.py PAGE FOLDER."""

import base64
import gzip
import pathlib
import sys

page = pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")
folder = pathlib.Path(sys.argv[2])


def put(place: str, content: str) -> None:
    global page
    if page.count(place) != 1:
        sys.exit(f"{sys.argv[1]}: {place} does not stand there once")
    page = page.replace(place, place.removesuffix("</script>") + content + "</script>"
                        if place.endswith("</script>") else content)


def text(name: str) -> str:
    return (folder / name).read_text(encoding="utf-8").strip()


packed = gzip.compress((folder / "pion.wasm").read_bytes(), mtime=0)
put("/* style.css */", text("style.css"))
put('id="wasm"></script>', base64.b64encode(packed).decode())
put('id="worker"></script>', text("worker.js"))
put('id="page"></script>', text("main.js"))
(folder / "index.html").write_text(page, encoding="utf-8")
print(f"{folder / 'index.html'}: {len(page) / 1e6:.2f} MB")
