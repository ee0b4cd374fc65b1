// SPDX-License-Identifier: Apache-2.0
#include <sstream>
#include <string>

#include "pion_tool/cli/text.hpp"
#include "pion_tool/report/table.hpp"
#include "support/catch.hpp"

using pion::tool::shorten;
using pion::tool::Table;

namespace {

/// The characters of the longest line (all text here is ASCII but for the ellipsis of 3 bytes).
std::size_t widest(const std::string& text) {
  std::istringstream lines(text);
  std::size_t longest = 0;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t extra = line.find("…") == line.npos ? 0 : 2;
    longest = std::max(longest, line.size() - extra);
  }
  return longest;
}

}  // namespace

TEST_CASE("columns are aligned as the layout says, short rows are filled up") {
  Table table("lrl", {"name", "n", "w"});
  table.add({"a", "100", "x"});
  table.add({"long", "2"});
  CHECK(table.text() ==
        "name    n  w\n"
        "a     100  x\n"
        "long    2\n");
}

TEST_CASE("characters are counted, not bytes") {
  Table table("lr", {"n", "±"});
  table.add({"σ", "±5%"});
  CHECK(table.text() == "n    ±\nσ  ±5%\n");
}

TEST_CASE("a table keeps to the page: prose is wrapped, a long name loses its middle") {
  Table table("lrp", {"name", "n", "because"});
  std::string prose;
  for (int i = 0; i < 40; ++i) prose += i == 0 ? "word" : " word";
  table.add({"begin" + std::string(100, '.') + "end", "1", prose});
  const std::string text = table.text();
  CHECK(widest(text) <= Table::page);
  CHECK(text.find("begin..") != text.npos);
  CHECK(text.find("..end") != text.npos);
  std::size_t words = 0;
  for (std::size_t at = text.find("word"); at != text.npos; at = text.find("word", at + 1)) ++words;
  CHECK(words == 40);
}

TEST_CASE("what would move the cursor is escaped") {
  Table table("l", {"name"});
  table.add({"a\x1b[2Jb\nc"});
  CHECK(table.text() == "name\na\\x1b[2Jb\\x0ac\n");
}

TEST_CASE("text is cut between characters") {
  CHECK(shorten("σσσσ", 4) == "σσσσ");
  CHECK(shorten("σabcτυ", 5) == "σa…τυ");
  CHECK(shorten("", 5).empty());
}
