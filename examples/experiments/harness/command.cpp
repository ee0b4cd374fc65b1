// SPDX-License-Identifier: Apache-2.0
#include "harness/command.hpp"

#include <CLI/CLI.hpp>
#include <Eigen/Core>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <thread>

namespace pion::experiment {

int run_command(int argc, char** argv, const std::string& name, const std::string& description,
                const std::function<void(const Options&)>& experiment) {
  try {
    CLI::App app(description, name);
    Options o;
    o.output = name + "_results";
    o.search.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    app.add_flag("--quick", o.quick, "Try the machinery in seconds: the results mean nothing");
    app.add_option("-o,--output", o.output, "The folder for tables (CSV) and pictures (SVG)")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_option("--seeds", o.search.seeds, "Seeds of every figure")
        ->check(CLI::Range(2, 1000))
        ->capture_default_str();
    app.add_option("--threads", o.search.threads, "Runs at a time")
        ->check(CLI::Range(1, 1024))
        ->capture_default_str();
    try {
      app.parse(argc, argv);
    } catch (const CLI::Success& help) {
      return app.exit(help);
    }
    if (o.quick) o.search = {1, 2, 2, o.search.threads};
    Eigen::setNbThreads(1);  // every run has one thread of ours
    std::filesystem::create_directories(o.output);
    experiment(o);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), error.what());
    return 2;
  }
}

}  // namespace pion::experiment
