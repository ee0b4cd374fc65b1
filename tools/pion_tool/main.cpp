// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>
#include <pion/engine/instruction_set.hpp>
#include <pion/version.hpp>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "pion_tool/cli/options.hpp"
#include "pion_tool/cli/syntax.hpp"
#include "pion_tool/io/error.hpp"
#include "pion_tool/io/platform.hpp"
#include "pion_tool/io/temporary.hpp"
#include "pion_tool/verbs/verbs.hpp"

namespace {

using namespace pion::tool;

constexpr const char* description =
    "Spectral filters of matrices: odd polynomials applied to the singular values without an SVD.";

constexpr const char* footer =
    "A CHAIN is written NAME[:key=value,...] or @FILE.json. Names: muon, highpass:kp=2,\n"
    "lowpass:tau=0.5, sharp-highpass:tau=0.1, sharp-lowpass:tau=0.5 (both take ripple=R),\n"
    "rising-highpass:tau=0.1, polar-express, you-jiacheng, cans, deepseek-v4, cubic5, aol;\n"
    "most take steps=N. A RECIPE is written NAME[:key=value,...]; pion step --list has them all.\n"
    "Exit status: 0 done; 1 the answer is \"no\"; 2 bad usage or input, and one line says what.";

// Prints one line. A message may quote an argument, whose line ends io::Error escapes.
int complain(std::string_view message) {
  const pion::io::Error line({}, message);
  std::fprintf(stderr, "pion: %s\n", line.what());
  return bad_usage_or_input;
}

int run(const CLI::App& app, const std::vector<Verb>& verbs) {
  std::string names;
  for (const Verb& verb : verbs) {
    names += (names.empty() ? "" : ", ") + verb.command->get_name();
  }
  const auto& unknown = app.remaining();
  if (!unknown.empty()) {
    throw pion::io::Error(pion::io::quote(unknown.front()), "no verb; there are " + names);
  }
  for (const Verb& verb : verbs) {
    if (verb.command->parsed()) return verb.run();
  }
  throw pion::io::Error({}, "a verb is needed: " + names + " (more by pion --help)");
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> arguments = pion::io::platform::begin_program(argc, argv);
  pion::io::remove_temporaries_on_signals();
  try {
    CLI::App app(description, "pion");
    app.set_version_flag("--version", [] {
      return std::string("pion ") + pion::version + ", kernels for " + pion::instruction_set();
    });
    app.footer(footer);
    app.allow_windows_style_options(false);  // "/x" is a path there too
    const std::vector<Verb> verbs = {shape_verb(app), inspect_verb(app), apply_verb(app),
                                     snr_verb(app),   compare_verb(app), fit_verb(app),
                                     route_verb(app), step_verb(app)};
    // For packages, which install what these print; --help does not list them.
    std::string shell;
    bool man = false;
    add_text(app, "--completion", shell, "SHELL", "Print the completion for bash, zsh or fish")
        ->group("");
    app.add_flag("--man", man, "Print the manual page")->group("");
    app.allow_extras();  // run() names an unknown verb; a verb refuses unknown options itself
    try {
      app.parse(std::vector(arguments.rbegin(), arguments.rend()));
    } catch (const CLI::Success& help_or_version) {
      const int status = app.exit(help_or_version);
      flush_output();
      return status;
    }
    if (man || !shell.empty()) {
      const Syntax syntax = syntax_of(app);
      std::fputs((man ? manual(syntax) : completion(syntax, shell)).c_str(), stdout);
      flush_output();
      return 0;
    }
    const int status = run(app, verbs);
    flush_output();
    return status;
  } catch (const std::bad_alloc&) {
    return complain("not enough memory");
  } catch (const std::system_error& error) {
    // {fmt} says "cannot write to file" of a full disk.
    if (std::ferror(stdout) == 0) return complain(error.what());
    return complain("standard output: " + error.code().message());
  } catch (const std::exception& error) {
    return complain(error.what());
  }
}
