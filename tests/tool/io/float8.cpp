// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "pion_tool/io/float8.hpp"
#include "support.hpp"
#include "support/catch.hpp"

namespace pion::io {
namespace {

using test::contains;
using test::message;

TensorInfo weight(const Shape& shape) { return {"w", "F8_E4M3", {}, shape}; }

Tensor table(const Shape& shape, const std::vector<float>& values) {
  Tensor tensor{"w_scale_inv", DType::f32, shape, {}, "f"};
  for (const char c : test::raw(values)) tensor.bytes.push_back(static_cast<std::byte>(c));
  return tensor;
}

TEST_CASE("float8: the numbers of both formats", "[io]") {
  // Table 1 of Micikevicius et al.: the largest, the smallest normal and subnormal number.
  CHECK(float8("F8_E4M3", 0x7e) == 448.0F);
  CHECK(float8("F8_E4M3", 0x08) == 0x1p-6F);
  CHECK(float8("F8_E4M3", 0x01) == 0x1p-9F);
  CHECK(std::isnan(float8("F8_E4M3", 0x7f)));
  CHECK(std::isnan(float8("F8_E4M3", 0xff)));
  CHECK(float8("F8_E5M2", 0x7b) == 57344.0F);
  CHECK(float8("F8_E5M2", 0x04) == 0x1p-14F);
  CHECK(float8("F8_E5M2", 0x01) == 0x1p-16F);
  CHECK(float8("F8_E5M2", 0xfc) == -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(float8("F8_E5M2", 0x7d)));
  for (const char* type : {"F8_E4M3", "F8_E5M2"}) {
    CHECK(float8(type, 0) == 0.0F);
    const bool e4m3 = std::string(type) == "F8_E4M3";
    const std::uint8_t one = e4m3 ? 0x38 : 0x3c;
    CHECK(float8(type, one) == 1.0F);
    CHECK(double(float8(type, one + 1)) - 1.0 == epsilon_of_float8(type));
    for (int bits = 0; bits < (e4m3 ? 0x7e : 0x7b); ++bits) {  // in order, and odd in the sign
      const auto here = static_cast<std::uint8_t>(bits);
      CHECK(float8(type, here) < float8(type, static_cast<std::uint8_t>(bits + 1)));
      CHECK(float8(type, here | 0x80) == -float8(type, here));
    }
  }
}

TEST_CASE("float8: each number is multiplied by the scale of its block", "[io]") {
  const std::int64_t rows = 200, cols = 300;
  const MatrixPart part{"w", rows, cols, 0};
  const std::vector<std::byte> ones(part.size(), std::byte{0x38});
  const auto at = [&](const Tensor& scales, std::int64_t row, std::int64_t col) {
    Tensor tensor = read_float8(weight({rows, cols}), part, ones,
                                scales_of(weight({rows, cols}), part, scales), "f");
    return matrix_in<float>(tensor)(row, col);
  };
  const Tensor blocks = table({2, 3}, {1, 2, 3, 4, 5, 6});
  for (const std::int64_t row : {0, 127, 128, 199}) {
    for (const std::int64_t col : {0, 127, 128, 255, 256, 299}) {
      CHECK(at(blocks, row, col) == static_cast<float>(1 + row / 128 * 3 + col / 128));
    }
  }
  std::vector<float> each(rows);
  for (std::int64_t row = 0; row < rows; ++row) {
    each[static_cast<std::size_t>(row)] = static_cast<float>(row);
  }
  CHECK(at(table({rows, 1}, each), 77, 5) == 77.0F);
  CHECK(at(table({rows}, each), 199, 299) == 199.0F);
  CHECK(at(table({}, {8}), 3, 4) == 8.0F);
  CHECK(at(table({1}, {8}), 3, 4) == 8.0F);
  Tensor plain = read_float8(weight({rows, cols}), part, ones, {}, "f");
  CHECK(matrix_in<float>(plain)(9, 9) == 1.0F);
}

TEST_CASE("float8: a stack has a stack of tables", "[io]") {
  const MatrixPart second{"w[1]", 130, 2, 260};
  const TensorInfo stack = weight({2, 130, 2});
  const BlockScales scales = scales_of(stack, second, table({2, 2, 1}, {1, 2, 3, 4}));
  CHECK(scales.values == std::vector<float>{3, 4});
  CHECK(scales_of(stack, second, table({1, 1, 1}, {7})).values == std::vector<float>{7});
}

TEST_CASE("float8: a table of another shape is refused by its name", "[io]") {
  const MatrixPart part{"w", 200, 300, 0};
  for (const Shape& shape : std::vector<Shape>{{3, 2}, {2}, {300}, {2, 3, 1}, {1, 300}, {0}}) {
    std::size_t count = 1;
    for (const std::int64_t extent : shape) count *= static_cast<std::size_t>(extent);
    const std::string what = message([&] {
      scales_of(weight({200, 300}), part, table(shape, std::vector<float>(count)));
    });
    INFO(what);
    CHECK(contains(what, "f: tensor \"w_scale_inv\": scales of shape " + to_string(shape) +
                             " fit no weight of shape [200, 300]"));
  }
  const std::string what = message([&] {
    scales_of(weight({2, 200, 300}), part, table({2, 3}, std::vector<float>(6)));
  });
  CHECK(contains(what, "fit no weight"));
}

}  // namespace
}  // namespace pion::io
