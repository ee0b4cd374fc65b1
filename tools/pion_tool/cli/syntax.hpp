// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

/// Tells what may stand on the command line, and writes it for shells and for man. It is read
/// from the options as they are declared to CLI11, so that nothing can differ from --help.
namespace pion::tool {

/// An option, or an argument.
struct Parameter {
  std::vector<std::string> names;  ///< {"-o", "--output"}; of an argument, one without dashes.
  std::string value;               ///< What --help shows in the place of its value; "" of a flag.
  std::string help;
  std::vector<std::string> choices;  ///< Its values, where there are a few known ones.
  bool file = false;                 ///< The value is a path.
  bool required = false;
  bool repeated = false;  ///< May be given several times.
};

struct Command {
  std::string name;
  std::string help;
  std::vector<Parameter> options;
  std::vector<Parameter> arguments;
};

struct Syntax {
  Command tool;
  std::vector<Command> verbs;
  std::string footer;  ///< The text below every --help.
};

Syntax syntax_of(const CLI::App& app);

/// The script that completes the words of a command line, for "bash", "zsh" or "fish".
/// \throws io::Error for another shell.
std::string completion(const Syntax& syntax, std::string_view shell);

/// The manual, pion(1), in the macros of man(7).
std::string manual(const Syntax& syntax);

}  // namespace pion::tool
