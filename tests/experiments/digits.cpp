// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <string>

#include "action_head/digits.hpp"
#include "pion_tool/io/atomic_file.hpp"
#include "pion_tool/io/error.hpp"
#include "support/catch.hpp"

using pion::action_head::read_digits;

TEST_CASE("the digits in the repository are whole") {
  const auto digits = read_digits(PION_EXAMPLE_DATA "/digits.csv");
  CHECK(digits.images.rows() == 64);
  CHECK(digits.images.cols() == 1000);
  CHECK(digits.labels.size() == 1000);
  CHECK(digits.images.minCoeff() == 0.0F);
  CHECK(digits.images.maxCoeff() == 1.0F);
  CHECK(digits.labels[3] == 3);
}

TEST_CASE("a line that is no digit is refused by its number") {
  const std::string good = [] {
    std::string line;
    for (int i = 0; i < 64; ++i) line += "16,";
    return line;
  }();
  const std::string path = "digits_of_a_test.csv";
  const auto message = [&](const std::string& text) -> std::string {
    pion::io::write_text(path, text);
    try {
      read_digits(path);
    } catch (const pion::io::Error& error) {
      return error.what();
    }
    return "";
  };
  CHECK(message(good + "9\n" + good + "0\n").empty());
  for (const std::string& bad : {std::string("x"), std::string(), good, good + "10", good + "1,1",
                                 good + "-1", "17," + good.substr(3) + "1"}) {
    CHECK(message(good + "9\n" + bad + "\n").find("line 2") != std::string::npos);
  }
  std::remove(path.c_str());
}
