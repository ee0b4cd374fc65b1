# SPDX-License-Identifier: Apache-2.0
"""Writes the reference, a page for each header, and says which public name lacks a comment."""
import collections
import html
import pathlib
import re

import pygments.lexers
import pygments.token

import doxygen_xml

TYPES = ("class", "struct", "enum", "typedef", "variable")
SELF_EVIDENT = re.compile(r"operator(==|!=|=)$|~")  # and constructors, see is_said()

# What the rooms of optimizer/ hold. (A room has no header of its name to say it.)
ROOMS = {
    "optimizer/recipe": "What a recipe is made of, and what every part of one must have: momentum "
                        "forms, scales, decays, what a part remembers and what it is told.",
    "optimizer/parts": "The parts that published optimisers add: rules, second moments, bases, "
                       "corrections of the gradient, adaptive scales, codecs of the state.",
    "optimizer/presets": "The published optimisers by name, each a recipe with its published "
                         "numbers.",
    "optimizer/routing": "Which parameter of a model gets which optimiser, from its name and shape.",
}


class Header:
    """A header of the library: its own comment, what it includes, its names."""

    def __init__(self, path, text):
        self.path = path  # pion/apply/apply.hpp
        self.moved = text.startswith("// Moved, kept until")
        self.lines = text.splitlines()
        self.comment = self.find_comment(text)
        self.names = []

    @staticmethod
    def find_comment(text):
        """The first block of /// that stands before a namespace, or before a facade's includes."""
        block = []
        for line in [*text.splitlines(), ""]:
            if line.startswith("///"):
                block.append(line[4:])
            elif block and (not line or re.match(r"(inline )?namespace ", line)):
                return block
            elif block:
                return []
            elif re.match(r"(template|class|struct|inline|constexpr|enum) ", line):
                return []
        return []

    @property
    def floor(self):
        parts = self.path.split("/")
        return "/".join(parts[1:-1]) or pathlib.Path(parts[1]).stem

    @property
    def page(self):
        return self.path.removeprefix("pion/").removesuffix(".hpp")


def floors_of(architecture):
    """The floors of docs/architecture.md from the bottom up, each with its headers in order."""
    table = re.search(r"<!-- floors -->\n```\n(.*?)```", architecture, re.S)[1]
    table = re.sub(r"\n {3,}(?=\S)(?![0-9]+ [a-z/]+:)", " ", table)
    found = re.findall(r"^ *(\d+) ([a-z/]+): *(.*)$", table, re.M)
    return [(int(number), name, files.split()) for number, name, files in found][::-1]


def leader(lines, line, after=0):
    """The line of the declaration whose comment holds for this one too: a comment holds for all
    that follows it without a blank line. None where there is no such comment."""
    start = line
    while start - 1 > after and lines[start - 2].strip():
        start -= 1
        if lines[start - 1].lstrip().startswith("///"):
            return start
    return None


def is_said(member, outer, outer_text, floor_text, lines):
    """Whether a member has a comment, or is said once for many: by the comment before it, by an
    overload, by the comment of its class, or by what the headers of its floor, or of one below it,
    say of the members of such classes."""
    if member.words() or SELF_EVIDENT.search(member.short):
        return True
    if leader(lines, member.line, outer.line):
        return True
    word, own = member.short, outer.short.split("<")[0]
    if word in (own, "operator()") or member.kind == "function" and "= default" in member.signature:
        return True
    if any(m.words() and m.short == word for m in outer.members):
        return True
    explained = rf"`{re.escape(word)}`|\b{re.escape(word)}(<[^>]*>|\()"
    return bool(re.search(rf"\b{re.escape(word)}\b", outer_text)
                or re.search(explained, floor_text))


class Reference:
    def __init__(self, root, xml):
        self.include = root / "include"
        self.floors = floors_of((root / "docs/architecture.md").read_text(encoding="utf-8"))
        self.documents = {path.stem for path in (root / "docs").glob("*.md")}
        self.headers = {}
        for path in sorted(self.include.rglob("*.hpp")):
            name = str(path.relative_to(self.include))
            header = Header(name, path.read_text(encoding="utf-8"))
            if not name.startswith("pion/detail/") and not header.moved:
                self.headers[name] = header
        for name in doxygen_xml.read(xml):
            undefined = f"#undef {name.short}\n"
            if name.kind == "define" and (
                    not name.short.startswith("PION_") or
                    name.short.startswith(("PION_DETAIL", "PION_COMPILED")) or
                    undefined in (self.include / name.header).read_text(encoding="utf-8")):
                continue
            self.headers[name.header].names.append(name)
        self.spread_comments()
        self.places = collections.defaultdict(list)  # short name -> [(qualified, page)]
        for header in self.headers.values():
            for name in header.names:
                if (name.qualified, header.page) not in self.places[name.short]:
                    self.places[name.short].append((name.qualified, header.page))

    # What is missing.

    def undocumented(self):
        """Every public name that no comment says anything of."""
        said_on, so_far = {}, ""  # what the headers of a floor, and of those below it, say
        for _, floor, _ in self.floors:
            for header in self.headers.values():
                if header.floor == floor:
                    so_far += "\n".join(header.comment) + "\n"
            said_on[floor] = so_far
        everywhere = [name for header in self.headers.values() for name in header.names]
        said = {name.qualified: name.words() for name in everywhere if name.words()}
        for name in everywhere:
            header = self.headers[name.header]
            # Of a specialisation, what its template says holds too.
            text = name.words() + " " + said.get(name.qualified.split("<")[0], "")
            guide = "->" in name.signature and name.kind == "function"
            if not (text.strip() or guide):
                yield name
            floor_text = said_on.get(header.floor, "")
            for member in name.members:
                if not is_said(member, name, text, floor_text, header.lines):
                    yield member
                of_both = f"{member.words()} {text}"
                for inner in member.members:
                    if not is_said(inner, member, of_both, floor_text, header.lines):
                        yield inner

    def spread_comments(self):
        """Gives a name without a comment of its own the one that holds for it."""
        for header in self.headers.values():
            comments = {}  # by the line of the declaration that they stand before
            for name in header.names:
                start = leader(header.lines, name.line)
                if name.words():
                    comments[start] = name.comment
                elif start in comments and start is not None:
                    name.comment = comments[start]

    # Links.

    def link(self, page, word, near, anywhere=False):
        """Where a name is explained, seen from a page: the one that C++ finds from the namespace or
        class `near`. With `anywhere` also one of another namespace, where there is no other."""
        found = [p for p in self.places.get(word.rsplit("::", 1)[-1], ())
                 if f"::{p[0]}".endswith(f"::{word}")]
        seen = [p for p in found
                if f"{near}::".startswith(p[0][: len(p[0]) - len(word)] or "::")]
        nearest = max((len(qualified) for qualified, _ in seen), default=0)
        found = [p for p in seen if len(p[0]) == nearest] or (found if anywhere else [])
        if len({qualified for qualified, _ in found}) != 1:
            return None
        return self.relative(page, found[0][1]) + "#" + found[0][0]

    def page_of(self, header):
        """The page of a header: of a facade, its floor's. None where it has no names of its own."""
        if header not in self.headers:
            return None
        found = self.headers[header]
        if header.count("/") == 1 and (self.include / "pion" / found.floor).is_dir():
            return f"{found.floor}/index"
        return found.page if found.names else None

    @staticmethod
    def relative(page, to):
        return "../" * page.count("/") + to + ".html"

    def text(self, page, near):
        """Turns the plain text of a comment into HTML: headers and functions become links."""

        def header(match):
            target = self.page_of(f"pion/{match[1]}.hpp")
            code = f"<code>{match[1]}.hpp</code>"
            return f'<a href="{self.relative(page, target)}">{code}</a>' if target else code

        def function(match):
            link = self.link(page, match[1], near, anywhere=True)
            code = f"<code>{match[0]}</code>"
            return f'<a href="{link}">{code}</a>' if link else code

        def document(match):
            up = self.relative(page, "../docs/" + match[1])
            return f'<a href="{up}">{match[1]}.md</a>' if match[1] in self.documents else match[0]

        def convert(text):
            text = html.escape(text, quote=False)
            text = re.sub(r"docs/(\w+)\.md", document, text)
            text = re.sub(r"(?<![\w/])([a-z_]+(?:/[a-z_]+)*)\.hpp", header, text)
            text = re.sub(r"(?<![\w/>])((?:[a-z_]+::)*[a-z]\w{2,})\(\)", function, text)
            return typeset(text)

        return convert

    def code(self, page, name, near):
        """A signature with its colours, each name of the library a link to its place."""
        own = set(re.findall(r"(?:class|typename)(?: |\.)+(\w+)", name.signature))
        own.add(name.short.split("<")[0])
        out, before = [], ""
        tokens = pygments.lexers.CppLexer(stripnl=False, ensurenl=False).get_tokens(name.signature)
        for token, value in tokens:
            text, link = html.escape(value), None
            if token in pygments.token.Name and value not in own:
                link = self.link(page, before + value, near)
            if link:
                text = f'<a href="{html.escape(link)}">{text}</a>'
            if token in pygments.token.Name:
                before += value
            elif value == ":" and before:
                before += ":"
            else:
                before = ""
            kind = pygments.token.STANDARD_TYPES.get(token, "")
            out.append(f'<span class="{kind}">{text}</span>' if kind and kind != "w" else text)
        return "".join(out)

    # Pages.

    def write(self, folder):
        for header in self.headers.values():
            if header.names:
                self.put(folder / f"{header.page}.md", self.header_page(header))
        for number, floor, files in self.floors:
            if floor != "detail":
                self.put(folder / floor / "index.md", self.floor_page(number, floor, files))
        self.put(folder / "names.md", self.names_page())
        self.put(folder / "index.md", self.index_page())

    @staticmethod
    def put(path, lines):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def comment_html(self, header, page):
        """The comment of a header: paragraphs, and what is indented as it stands."""
        convert, out, block = self.text(page, "pion"), [], []

        def flush():
            if block and block[0].startswith("  "):
                out.append(f"<pre>{html.escape(chr(10).join(b[2:] for b in block))}</pre>")
            elif block:
                out.append(f"<p>{code_spans(convert(' '.join(block)))}</p>")
            block.clear()

        for line in header.comment:
            if not line or block and block[0].startswith("  ") != line.startswith("  "):
                flush()
            if line:
                block.append(line)
        flush()
        return "\n".join(out)

    def header_page(self, header):
        page = header.page
        lines = [f"# {page}.hpp", "", *raw(
            f'<p class="include"><code>#include &lt;{header.path}&gt;</code></p>',
            self.comment_html(header, page))]
        last = None
        for name in header.names:
            if name.short != last:
                lines += [*raw(f'<span class="anchor" id="{html.escape(name.qualified)}"></span>'),
                          f"## {name.short}".replace("<", "\\<"), ""]
                last = name.short
            lines += raw(self.entry(page, name))
        return lines

    def entry(self, page, name):
        near = doxygen_xml.scope_of(name.qualified) if name.kind != "define" else ""
        scope = f'<span class="scope">{html.escape(near)}</span>' if near else ""
        inner = name.qualified if name.members else near
        out = [f'<div class="entry"><pre class="signature highlight">{scope}'
               f"{self.code(page, name, near)}</pre>",
               doxygen_xml.to_html(name.comment, self.text(page, inner))]
        if name.members:
            out.append(self.members_html(page, name))
        return "\n".join([*out, "</div>"])

    def members_html(self, page, name):
        rows = []
        for member in name.members:
            text = doxygen_xml.to_html(member.comment, self.text(page, name.qualified))
            code = self.code(page, member, name.qualified)
            rows.append(f'<dt class="highlight"><pre>{code}</pre></dt>')
            if text or member.members:
                nested = self.members_html(page, member) if member.members else ""
                rows.append(f"<dd>{text}{nested}</dd>")
        return f'<dl class="members">{"".join(rows)}</dl>'

    def floor_page(self, number, floor, files):
        up = "../" * (floor.count("/") + 1)
        shown = [self.headers[f"pion/{floor}/{file}.hpp"] for file in files
                 if f"pion/{floor}/{file}.hpp" in self.headers]
        lines = [f"# {floor}", "", *raw(*self.facade(floor, f"{floor}/index"))]
        rows = []
        for header in shown:
            if not header.names:
                continue
            names = dict.fromkeys((n.short, n.qualified) for n in header.names)
            links = ", ".join(
                f'<a href="{up}{header.page}.html#{html.escape(qualified)}">'
                f"<code>{html.escape(short)}</code></a>" for short, qualified in names)
            rows.append(f'<dt><a href="{up}{header.page}.html">{header.page}.hpp</a></dt>'
                        f"<dd>{links}</dd>")
        lines += raw(f'<dl class="headers">{"".join(rows)}</dl>')
        pages = [f"{up}{header.page}" for header in shown if header.names]
        return [*lines, *toctree(pages)]

    def facade(self, floor, page):
        """How a floor is included, and what its header says of it. A room of a floor has no such
        header."""
        header = self.headers.get(f"pion/{floor}.hpp")
        if header is None:
            whole = floor.rsplit("/", 1)[0]
            return ["", f"<p>{ROOMS[floor]} <code>pion/{whole}.hpp</code> brings what most programs "
                        "need of it; include the rest header by header.</p>"]
        return [f'<p class="include"><code>#include &lt;pion/{floor}.hpp&gt;</code></p>',
                self.comment_html(header, page)]

    def names_page(self):
        rows = collections.defaultdict(list)
        for short, places in self.places.items():
            for qualified, page in places:
                scope = html.escape(doxygen_xml.scope_of(qualified))
                rows[short[0].upper()].append(
                    (short.lower(), f'<li><a href="{page}.html#{html.escape(qualified)}"><code>'
                     f"{html.escape(short)}</code></a> <span>{scope}</span></li>"))
        lines = ["# All names", ""]
        for letter in sorted(rows):
            items = "".join(row for _, row in sorted(rows[letter]))
            lines += [f"## {letter}", "", *raw(f'<ul class="names">{items}</ul>')]
        return lines

    def index_page(self):
        lines = [
            "# Reference", "",
            "Every public name, by the floors of the [architecture](../docs/architecture.md): a",
            "floor knows only those below it. [All names](names.md) lists them by the alphabet. A",
            "parameter of a template that only keeps a function apart from its overloads is not",
            "shown.", ""]
        rows = []
        for number, floor, _ in self.floors[::-1]:
            if floor == "detail":
                continue
            text = "".join(self.facade(floor, "index")[1:])
            rows.append(f'<dt>{number} <a href="{floor}/index.html">{floor}</a></dt>'
                        f"<dd>{text}</dd>")
        lines += raw(f'<dl class="floors">{"".join(rows)}</dl>')
        pages = [f"{floor}/index" for _, floor, _ in self.floors[::-1] if floor != "detail"]
        loose = [h.page for h in self.headers.values() if h.path.count("/") == 1 and h.names]
        return [*lines, *toctree([*pages, *loose, "names"])]


def toctree(pages):
    return ["```{toctree}", ":hidden:", ":maxdepth: 1", "", *pages, "```"]


def raw(*parts):
    return ["```{raw} html", *parts, "```", ""]


def code_spans(text):
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", text)


def typeset(text):
    """Powers and indices of one letter, and signs: x^T, s^-1/4, ||E||_F, sigma_1, <=, <-. A longer
    name with an underscore is code."""
    text = re.sub(r"(?<=[\w)|])\^(\([^()]*\)|-?\w+(?:/\d+)?)", r"<sup>\1</sup>", text)
    text = re.sub(r"(\|\||\b(?:[A-Za-z]|sigma|lambda))_([A-Za-z0-9]{1,3})\b(?!\()",
                  r"\1<sub>\2</sub>", text)
    for written, sign in (("&lt;- ", "← "), ("&lt;=", "≤"), ("&gt;=", "≥")):
        text = text.replace(written, sign)
    return text
