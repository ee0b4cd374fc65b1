// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <functional>

#include "pion_tool/cli/parse.hpp"
#include "pion_tool/cli/syntax.hpp"
#include "pion_tool/io/error.hpp"

namespace pion::tool {
namespace {

std::string escaped(std::string_view text, std::string_view special, std::string_view with) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != special.npos) out += with;
    out += c;
  }
  return out;
}

/// All names of the parameters that `take` takes, in one string.
std::string names(const std::vector<Parameter>& parameters,
                  const std::function<bool(const Parameter&)>& take) {
  std::vector<std::string> all;
  for (const Parameter& p : parameters) {
    if (take(p)) all.insert(all.end(), p.names.begin(), p.names.end());
  }
  return fmt::format("{}", fmt::join(all, " "));
}

std::string all_names(const std::vector<Parameter>& parameters) {
  return names(parameters, [](const Parameter&) { return true; });
}

// An empty answer leaves the word to bash's own completion of files. Words are taken from the line,
// because bash cuts them at the colons and equals signs of chains; it replaces only what stands
// behind the last of these.
constexpr std::string_view bash_head = R"(_pion() {
  local line=${COMP_LINE:0:COMP_POINT} options='' valued='' values='' files='' position=0 i
  local word=${line##*[[:space:]]}
  local -a words=() arguments=()
  read -ra words <<<"${line%"$word"}"
  case ${words[1]-} in
)";

constexpr std::string_view bash_tail = R"(  esac
  for ((i = 2; i < ${#words[@]}; ++i)); do
    if [[ " $valued " == *" ${words[i]} "* ]]; then
      ((++i))
    elif [[ ${words[i]} != -* ]]; then
      ((++position))
    fi
  done
  if [[ " $valued " == *" ${words[${#words[@]}-1]} "* ]]; then
    case "${words[1]} ${words[${#words[@]}-1]}" in
)";

constexpr std::string_view bash_end = R"(    esac
    [[ -n $values || " $files " == *" ${words[${#words[@]}-1]} "* ]] ||
      compopt +o default 2>/dev/null
  elif [[ $word == -* ]]; then
    values=$options
  else
    values=${arguments[position]-}
  fi
  local before=${word%"${word##*[:=]}"}
  COMPREPLY=($(compgen -W "$values" -- "$word"))
  COMPREPLY=("${COMPREPLY[@]#"$before"}")
}
complete -o default -F _pion pion
)";

std::string bash(const Syntax& syntax) {
  const auto valued = [](const Parameter& p) { return !p.value.empty(); };
  const auto file = [](const Parameter& p) { return p.file; };
  std::string out(bash_head), values;
  std::vector<std::string> verbs;
  for (const Command& verb : syntax.verbs) {
    verbs.push_back(verb.name);
    out += fmt::format("    {})\n      options='{}'\n      valued='{}'\n      files='{}'\n",
                       verb.name, all_names(verb.options), names(verb.options, valued),
                       names(verb.options, file));
    out += "      arguments=(";
    for (const Parameter& p : verb.arguments)
      out += fmt::format("'{}' ", fmt::join(p.choices, " "));
    out += ")\n      ;;\n";
    for (const Parameter& p : verb.options) {
      for (const std::string& name : p.names) {
        if (p.choices.empty()) break;
        values += fmt::format("      '{} {}') values='{}' ;;\n", verb.name, name,
                              fmt::join(p.choices, " "));
      }
    }
  }
  out += fmt::format("    '')\n      options='{}'\n      arguments=('{}')\n      ;;\n",
                     all_names(syntax.tool.options), fmt::join(verbs, " "));
  return out.append(bash_tail).append(values).append(bash_end);
}

/// Between single quotes, which zsh and fish end at the next one.
std::string in_quotes(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return "'" + out + "'";
}

/// ":CHAIN:(muon cans)", ":FILE:_files" or ":X: ", as _arguments takes what follows an option.
std::string zsh_value(const Parameter& p) {
  if (p.value.empty()) return "";
  std::string action = p.file ? "_files" : " ";
  if (!p.choices.empty()) action = fmt::format("({})", fmt::join(p.choices, " "));
  return fmt::format(":{}:{}", p.value, escaped(action, ":", "\\"));
}

std::string zsh_arguments(const Command& command) {
  std::string out;
  for (const Parameter& p : command.options) {
    const std::string rest = "[" + escaped(p.help, "[]:\\", "\\") + "]" + zsh_value(p);
    for (const std::string& name : p.names) {
      const std::string others = p.repeated ? "*" : fmt::format("({})", fmt::join(p.names, " "));
      out += " \\\n        " + in_quotes(others + name + rest);
    }
  }
  for (const Parameter& p : command.arguments) {
    out += " \\\n        " + in_quotes((p.repeated ? "*" : "") + zsh_value(p));
  }
  return out;
}

std::string zsh(const Syntax& syntax) {
  std::string verbs, cases;
  for (const Command& verb : syntax.verbs) {
    verbs += "\n        " + in_quotes(escaped(verb.name, ":", "\\") + ":" + verb.help);
    cases += fmt::format("    {})\n      _arguments{}\n      ;;\n", verb.name, zsh_arguments(verb));
  }
  return fmt::format(R"(#compdef pion
_pion() {{
  local context state state_descr line
  typeset -A opt_args
  _arguments -C{} \
        '1:verb:->verb' '*::argument:->argument'
  case $state in
    verb)
      local -a verbs=({})
      _describe verb verbs
      return
      ;;
    argument) ;;
    *) return ;;
  esac
  case $line[1] in
{}  esac
}}
if [[ $funcstack[1] == _pion ]]; then _pion "$@"; else compdef _pion pion; fi
)",
                     zsh_arguments(syntax.tool), verbs, cases);
}

std::string fish(const Syntax& syntax) {
  std::string out = "complete -c pion -f\n";
  const auto add = [&](const std::string& condition, const Parameter& p) {
    out += fmt::format("complete -c pion -n '{}'", condition);
    for (const std::string& name : p.names) {
      if (name[0] == '-') out += name[1] == '-' ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    const bool option = p.names[0][0] == '-';
    if (p.file) out += option ? " -rF" : " -F";
    if (option && !p.file && !p.value.empty()) out += " -x";
    if (!p.choices.empty()) out += fmt::format(" -a '{}'", fmt::join(p.choices, " "));
    out += " -d " + in_quotes(p.help) + "\n";
  };
  for (const Parameter& p : syntax.tool.options) add("__fish_use_subcommand", p);
  for (const Command& verb : syntax.verbs) {
    out += fmt::format("complete -c pion -n __fish_use_subcommand -a {} -d {}\n", verb.name,
                       in_quotes(verb.help));
    const std::string condition = "__fish_seen_subcommand_from " + verb.name;
    for (const auto* parameters : {&verb.options, &verb.arguments}) {
      for (const Parameter& p : *parameters) add(condition, p);
    }
  }
  return out;
}

}  // namespace

std::string completion(const Syntax& syntax, std::string_view shell) {
  const Choices<std::string (*)(const Syntax&)> shells = {
      {"bash", bash}, {"zsh", zsh}, {"fish", fish}};
  for (const auto& [name, write] : shells) {
    if (name != shell) continue;
    return write(syntax);
  }
  throw io::Error("--completion", io::quote(shell) + " is not known; there are " + list(shells));
}

}  // namespace pion::tool
