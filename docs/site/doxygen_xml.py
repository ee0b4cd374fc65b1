# SPDX-License-Identifier: Apache-2.0
"""Reads the public names of the library from Doxygen's XML, with their signatures and comments."""
import dataclasses
import html
import pathlib
import re
import xml.etree.ElementTree as ElementTree

# What a comment says behind its last \throws or \param, and Doxygen takes for a part of it.
FACT = re.compile(r"(?:^|(?<=[.)] ))(Cost|Determinism|Source|Aliasing): ")


@dataclasses.dataclass
class Name:
    """A name of a namespace, or a member of a class."""

    kind: str  # class, struct, enum, function, variable, typedef, define
    qualified: str
    header: str  # pion/apply/apply.hpp
    line: int
    signature: str
    comment: ElementTree.Element  # with brief and detailed description
    members: list = dataclasses.field(default_factory=list)

    @property
    def short(self):
        return self.qualified[len(self.scope) + 2 :] if self.scope else self.qualified

    @property
    def scope(self):
        return scope_of(self.qualified)

    def words(self):
        """The comment as plain text."""
        return " ".join("".join(self.comment.itertext()).split())


def scope_of(qualified):
    """pion::Spectrum< T > of pion::Spectrum< T >::size."""
    depth = 0
    for at in range(len(qualified) - 1, 0, -1):
        depth += {">": 1, "<": -1}.get(qualified[at], 0) if "operator" not in qualified else 0
        if depth == 0 and qualified[at - 1 : at + 1] == "::":
            return qualified[: at - 1]
    return ""


def tidy(text):
    """C++ as this repository writes it: `const View<T>& x`."""
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r"(?<!operator)\s*<\s+", "<", text)
    text = re.sub(r"(?<![-\s])\s+>", ">", text)
    return re.sub(r"\s+([&*]+)\s*", r"\1 ", text).strip().replace("& &", "&&")


def text_of(element, child):
    found = element.find(child)
    return tidy("".join(found.itertext())) if found is not None else ""


def parameter(element):
    text = f"{text_of(element, 'type')} {text_of(element, 'declname')}".strip()
    text += text_of(element, "array")
    default = text_of(element, "defval")
    return text + (f" = {default}" if default else "")


def template_of(element):
    """template <...>, without what only keeps a function apart from its overloads."""
    found = element.find("templateparamlist")
    if found is None:
        return ""
    shown = [parameter(p) for p in found.findall("param")
             if not re.match(r"(pion::)?detail::require|std::enable_if", text_of(p, "type"))]
    return f"template <{', '.join(shown)}>\n"


def wrapped(head, parts, tail):
    line = f"{head}({', '.join(parts)}){tail}"
    if len(line) <= 80:
        return line
    return f"{head}(\n    " + ",\n    ".join(parts) + f"){tail}"


def signature_of(member):
    kind, name = member.get("kind"), member.findtext("name")
    type_ = text_of(member, "type")
    start = template_of(member) + ("static " if member.get("static") == "yes" else "")
    if kind == "function":
        arguments = member.findtext("argsstring") or ""
        tail = tidy(arguments[arguments.rfind(")") + 1 :])
        if "->" in arguments:
            tail = tidy(re.sub(r"^.*\)\s*((const|noexcept)?\s*->)", r"\1", arguments))
        explicit = "explicit " if member.get("explicit") == "yes" else ""
        parts = [parameter(p) for p in member.findall("param")]
        head = f"{start}{explicit}{type_} {name}" if type_ else f"{start}{explicit}{name}"
        return wrapped(head, parts, f" {tail}" if tail else "")
    if kind == "enum":
        strong = "class " if member.get("strong") == "yes" else ""
        return f"enum {strong}{name}" + (f" : {type_}" if type_ else "")
    if kind == "typedef":
        return f"{start}using {name} = {type_}"
    value = text_of(member, "initializer")
    if kind == "define":
        return f"#define {name} {value}".rstrip()
    if kind == "friend" and "(" not in (member.findtext("argsstring") or ""):
        return f"friend {type_} {name}"
    return f"{start}{type_} {name}{member.findtext('argsstring') or ''}" + (
        f" {value}" if value and len(value) < 60 and "{{" not in value else "")


def comment_of(element):
    both = ElementTree.Element("comment")
    for part in ("briefdescription", "detaileddescription"):
        both.extend(element.findall(part))
    return both


def name_of(member, qualified):
    place = member.find("location")
    return Name(member.get("kind"), tidy(qualified), place.get("declfile") or place.get("file"),
                int(place.get("line")), signature_of(member), comment_of(member))


def members_of(compound):
    for member in compound.iter("memberdef"):
        if member.get("prot") not in ("public", None) or member.get("kind") == "friend" and \
                member.findtext("type").strip() in ("class", "struct"):
            continue
        name = name_of(member, f"{compound.findtext('compoundname')}::{member.findtext('name')}")
        for value in member.findall("enumvalue"):
            text = " ".join([value.findtext("name"), text_of(value, "initializer")]).strip()
            name.members.append(Name("enumvalue", f"{name.qualified}::{value.findtext('name')}",
                                     name.header, name.line, text, comment_of(value)))
        yield name


def read(folder):
    """All names of namespaces and all macros, each class with its public members."""
    names, classes = [], {}
    for path in sorted(pathlib.Path(folder).glob("*.xml")):
        if path.name in ("index.xml", "Doxyfile.xml"):
            continue
        compound = ElementTree.parse(path).getroot().find("compounddef")
        kind, qualified = compound.get("kind"), tidy(compound.findtext("compoundname"))
        if kind == "namespace":
            names += members_of(compound)
        elif kind == "file":
            names += [name_of(m, m.findtext("name")) for m in compound.iter("memberdef")
                      if m.get("kind") == "define"]
        elif kind in ("struct", "class") and compound.get("prot") == "public":
            place = compound.find("location")
            bases = ", ".join(text_of(b, ".") for b in compound.findall("basecompoundref")
                              if b.get("prot") == "public")
            short = qualified[len(scope_of(qualified)) + 2 :]
            head = f"{template_of(compound)}{kind} {short}" + (f" : {bases}" if bases else "")
            one = Name(kind, qualified, place.get("file"), int(place.get("line")), head,
                       comment_of(compound), list(members_of(compound)))
            classes[qualified] = one
    for qualified, one in classes.items():  # a class in a class is a member of it
        outer = classes.get(scope_of(qualified))
        (outer.members if outer else names).append(one)
    for one in classes.values():
        one.members.sort(key=lambda member: member.line)
    return sorted(names, key=lambda name: (name.header, name.line))


def to_html(comment, inline):
    """The comment as HTML; `inline` turns its plain text into HTML, links and formulas."""
    out = []
    for part in comment:
        for block in part:
            out += block_html(block, inline)
    return "\n".join(out)


def with_facts(text):
    """A paragraph, and one of its own for each fact that stands in it."""
    pieces = FACT.split(text.strip())
    out = [f"<p>{pieces[0].strip()}</p>"] if pieces[0].strip() else []
    for word, fact in zip(pieces[1::2], pieces[2::2]):
        out.append(f'<p class="fact"><b>{word}:</b> {fact.strip()}</p>')
    return out


def block_html(para, inline):
    out, text = [], inline(para.text or "")
    for child in para:
        if child.tag in ("computeroutput", "emphasis", "bold", "ref", "sp", "nonbreakablespace"):
            tag = {"computeroutput": "code", "emphasis": "em", "bold": "strong"}.get(child.tag)
            inner = html.escape("".join(child.itertext())) or " "
            text += f"<{tag}>{inner}</{tag}>" if tag else inner
        elif child.tag == "verbatim":
            out += with_facts(text)
            out.append(f"<pre>{html.escape((child.text or '').rstrip())}</pre>")
            text = ""
        elif child.tag in ("parameterlist", "simplesect"):
            out += with_facts(text) + fields_html(child, inline)
            text = ""
        elif child.tag in ("itemizedlist", "orderedlist"):
            items = "".join(f"<li>{''.join(s for p in item for s in block_html(p, inline))}</li>"
                            for item in child)
            tag = "ul" if child.tag == "itemizedlist" else "ol"
            out += [*with_facts(text), f"<{tag}>{items}</{tag}>"]
            text = ""
        else:
            raise ValueError(f"a comment has <{child.tag}>, which the reference cannot show")
        text += inline(child.tail or "")
    return out + with_facts(text)


def fields_html(element, inline):
    rows, facts = [], []
    if element.tag == "simplesect":
        title = {"return": "returns", "see": "see"}[element.get("kind")]
        fields = [(title, element)]
    else:
        word = {"exception": "throws ", "templateparam": "", "param": ""}[element.get("kind")]
        fields = [(word + ", ".join(
            f"<code>{html.escape(''.join(n.itertext()))}</code>"
            + (" (out)" if "out" in n.get("direction", "") else "")
            for n in item.iter("parametername")), item.find("parameterdescription"))
            for item in element.findall("parameteritem")]
    for title, description in fields:
        body = [s for para in description for s in block_html(para, inline)]
        facts += [s for s in body if s.startswith('<p class="fact"')]
        rows.append(f"<dt>{title}</dt><dd>"
                    + "".join(s for s in body if not s.startswith('<p class="fact"')) + "</dd>")
    return ['<dl class="fields">' + "".join(rows) + "</dl>", *facts]
