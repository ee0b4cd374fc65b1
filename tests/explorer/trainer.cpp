// SPDX-License-Identifier: Apache-2.0
// Answers a question "training" (docs/explorer/wasm/calls.hpp) for each line of standard input, for
// the tests, which ask the page the same.
#include <cstdio>
#include <exception>
#include <iostream>
#include <string>

#include "../../docs/explorer/wasm/calls.hpp"

int main() {
  using pion::explorer::Json;
  try {
    for (std::string line; std::getline(std::cin, line);) {
      const Json answer = pion::explorer::training(Json::parse(line), [](const Json&) {});
      std::puts(answer.dump().c_str());
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trainer: %s\n", error.what());
    return 2;
  }
}
