// SPDX-License-Identifier: Apache-2.0
// Covers engine/compiled.hpp and engine/instruction_set.hpp where pion::compiled is not linked.
// That the library computes what the headers compute is the law of engine/compiled.cpp.
#include <type_traits>

#include <pion/engine/instruction_set.hpp>
#include <pion/pion.hpp>

#include "support/catch.hpp"

using namespace pion;

TEST_CASE("without the library, the engines are the headers' own") {
  CHECK(std::is_same_v<engine::core_t<engine::eigen>, engine::eigen>);
  CHECK(std::is_same_v<engine::core_t<DefaultEngine::Serial>, DefaultEngine::Serial>);
  CHECK(!std::string(instruction_set()).empty());
}
