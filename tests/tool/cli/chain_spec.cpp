// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <pion/filter/chains.hpp>
#include <string>

#include "pion_tool/cli/chain_spec.hpp"
#include "pion_tool/io/error.hpp"
#include "support/catch.hpp"

using pion::tool::NamedChain;
using pion::tool::parse_chain;
namespace chains = pion::chains;

namespace {

/// What parse_chain() says against the text.
std::string refusal(const std::string& text) {
  try {
    parse_chain(text);
  } catch (const pion::io::Error& error) {
    return error.what();
  }
  return "taken";
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A JSON file that goes away.
class File {
 public:
  explicit File(const std::string& content)
      : path_(std::filesystem::temp_directory_path() /
              ("pion-chain-" + std::to_string(reinterpret_cast<std::uintptr_t>(this)) + ".json")) {
    std::ofstream(path_) << content;
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { std::filesystem::remove(path_); }

  std::string spec() const { return "@" + path_.string(); }
  std::string stem() const { return path_.stem().string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("known chains by name and keys") {
  CHECK(parse_chain("muon").chain == chains::muon());
  CHECK(parse_chain("muon:steps=1").chain == chains::muon(1));
  CHECK(parse_chain("muon:steps=64").chain == chains::muon(64));
  CHECK(parse_chain("highpass:kp=2").chain == chains::high_pass(2));
  CHECK(parse_chain("highpass:kp=0,steps=7").chain == chains::high_pass(0, 7));
  CHECK(parse_chain("highpass:steps=3,kp=1").chain == chains::high_pass(1, 3));
  CHECK(parse_chain("highpass:kp=2").name == "highpass:kp=2");
}

TEST_CASE("an unknown chain or key lists those there are") {
  for (const char* name :
       {"", "muo", "Muon", "muon ", " muon", "lowpas:tau=.5", ":", "muon;steps=5"}) {
    INFO(name);
    CHECK(contains(refusal(name), "there are muon[:steps=..], highpass:kp=..[,steps=..]"));
    CHECK(contains(refusal(name), "@FILE.json"));
  }
  CHECK(refusal("highpass:kq=2") ==
        "chain \"highpass:kq=2\": unknown key \"kq\"; there are kp, steps");
  CHECK(contains(refusal("muon:kp=2"), "unknown key \"kp\"; there are steps"));
  CHECK(contains(refusal("cubic5:steps=3"), "unknown key \"steps\"; this chain has no keys"));
}

TEST_CASE("keys are given once, and wholly") {
  CHECK(contains(refusal("highpass"), "the key kp is missing"));
  CHECK(contains(refusal("highpass:steps=4"), "the key kp is missing"));
  CHECK(contains(refusal("highpass:kp=1,kp=1"), "the key kp is given twice"));
  for (const char* text :
       {"muon:", "muon:steps", "muon:steps=5,", "muon:,steps=5", "muon:steps=5,,"}) {
    INFO(text);
    CHECK(contains(refusal(text), "is not key=value"));
  }
}

TEST_CASE("numbers are read strictly") {
  for (const char* number : {"", "x", "5x", " 5", "5 ", "+5", "5.0", "5e0", "0x5", "1,5", "0", "-1",
                             "65", "99999999999999999999"}) {
    INFO(number);
    CHECK(refusal(std::string("muon:steps=") + number) != "taken");
  }
  CHECK(refusal("muon:steps=65") ==
        "chain \"muon:steps=65\": steps: \"65\" is not a whole number from 1 to 64");
  CHECK(contains(refusal("highpass:kp=6"), "6 promotion steps do not fit in 5"));
}

TEST_CASE("a chain from a file") {
  const File file(
      R"({"tau": 0.5, "name": "mine", "steps": [[1.5, -0.5, 0], [2, -1.5, 5e-1]], "x": {}})");
  const NamedChain mine = parse_chain(file.spec());
  CHECK(mine.name == "mine");
  CHECK(mine.chain == pion::Chain{{1.5, -0.5, 0.0}, {2.0, -1.5, 0.5}});

  const File nameless(R"({"steps": [[1, 0, 0]]})");
  CHECK(parse_chain(nameless.spec()).name == nameless.stem());
}

TEST_CASE("a file that holds no chain is named, with the reason") {
  const auto why = [](const std::string& content) {
    const File file(content);
    std::string said = refusal(file.spec());
    CHECK(contains(said, file.stem() + ".json: "));
    return said;
  };
  CHECK(contains(why(""), "cannot be parsed as JSON"));
  CHECK(contains(why("[[1, 2, 3]]"), "not a JSON object"));
  CHECK(contains(why("{\"steps\": [[1, 2, 3]]} x"), "cannot be parsed as JSON"));
  CHECK(contains(why("{\"steps\": [[1, 2, 1e999]]}"), "number out of range"));
  CHECK(contains(why("{\"name\": \"x\"}"), "has no \"steps\""));
  CHECK(contains(why("{\"steps\": 3}"), "has no \"steps\""));
  CHECK(contains(why("{\"steps\": []}"), "has 0 steps"));
  CHECK(contains(why("{\"steps\": [[1, 2, 3], [1, 2]]}"), "step 2 is not [a, b, c]"));
  CHECK(contains(why("{\"steps\": [[1, 2, null]]}"), "step 1 is not [a, b, c]"));
  CHECK(contains(why("{\"steps\": [[1, 2, \"3\"]]}"), "step 1 is not [a, b, c]"));
  CHECK(contains(why("{\"name\": 3, \"steps\": [[1, 2, 3]]}"), "\"name\" is not a string"));
  std::string many = "[1, 0, 0]";
  for (int i = 1; i < 65; ++i) many += ", [1, 0, 0]";
  CHECK(contains(why("{\"steps\": [" + many + "]}"), "has 65 steps"));
  CHECK(contains(refusal("@/nowhere/chain.json"), "/nowhere/chain.json: cannot open"));
  CHECK(contains(refusal("@"), "names no file"));
}
