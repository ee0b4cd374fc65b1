// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <pion/version.hpp>
#include <sstream>

#include "pion_tool/cli/syntax.hpp"

namespace pion::tool {
namespace {

/// Text as man(7) takes it: a dot or a quote at its beginning is no request, a dash no hyphen.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (out.empty() && (c == '.' || c == '\'')) out = "\\&";
    if (c == '-') out += '\\';
    out += c == '\\' ? std::string("\\e") : std::string(1, c);
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

/// "pion shape [options] [CHAIN]".
std::string synopsis(const Command& verb) {
  std::string line = fmt::format("{} [\\fIoptions\\fR]", bold("pion " + verb.name));
  for (const Parameter& argument : verb.arguments) {
    const std::string name = italic(argument.value) + (argument.repeated ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  return line;
}

std::string paragraphs(const std::vector<Parameter>& parameters) {
  std::string out;
  for (const Parameter& p : parameters) {
    std::vector<std::string> names;
    for (const std::string& name : p.names) {
      names.push_back(name[0] == '-' ? bold(name) : italic(name));
    }
    out += fmt::format(".TP\n{}", fmt::join(names, ", "));
    if (names[0] != italic(p.value) && !p.value.empty()) out += " " + italic(p.value);
    out += fmt::format("\n{}.", plain(p.help));
    if (p.required) out += " Required.";
    if (p.repeated) out += " May be given several times.";
    out += "\n";
  }
  return out;
}

}  // namespace

std::string manual(const Syntax& syntax) {
  std::string out = fmt::format(
      ".\\\" SPDX-License-Identifier: Apache-2.0\n.TH PION 1 \"\" \"pion {}\" \"User commands\"\n",
      version);
  out += ".SH NAME\npion \\- spectral filters of matrices\n.SH SYNOPSIS\n.nf\n";
  for (const Command& verb : syntax.verbs) out += synopsis(verb) + "\n";
  out += ".fi\n.SH DESCRIPTION\n" + plain(syntax.tool.help) + "\n";
  out += ".SH OPTIONS\n" + paragraphs(syntax.tool.options);
  out += ".SH VERBS\n";
  for (const Command& verb : syntax.verbs) {
    out += fmt::format(".SS {}\n{}.\n", synopsis(verb), plain(verb.help));
    out += paragraphs(verb.arguments) + paragraphs(verb.options);
  }
  out += ".SH CHAINS AND EXIT STATUS\n";
  std::istringstream footer(syntax.footer);
  for (std::string line, gap; std::getline(footer, line); gap = line.back() == '.' ? ".PP\n" : "") {
    out += gap + plain(line) + "\n";
  }
  return out;
}

}  // namespace pion::tool
