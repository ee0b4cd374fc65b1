// SPDX-License-Identifier: Apache-2.0
// Covers detail/check.hpp, detail/finite.hpp, detail/traits.hpp, engine/assign.hpp,
// engine/load_store.hpp.
// What a caller may pass: layouts, expressions and overlap on one side, what is refused on the
// other.

#include <limits>
#include <random>
#include <string>

#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using RowMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

namespace {

const Filter high_pass_3{chains::high_pass(3)};

Eigen::MatrixXf sample(Index rows, Index cols, unsigned seed = 5) {
  std::mt19937_64 random(seed);
  return reference::random_matrix(rows, cols, random).cast<float>();
}

constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("a strided or row-major matrix gives what its copy gives") {
  const Eigen::MatrixXf x = sample(9, 13);
  const Eigen::MatrixXf y = apply(high_pass_3, x);

  const RowMatrix by_rows = x;
  CHECK(apply(high_pass_3, by_rows) == y);

  Eigen::MatrixXf large = sample(20, 40, 6);
  large.block(3, 5, 9, 13) = x;
  CHECK(apply(high_pass_3, large.block(3, 5, 9, 13)) == y);

  // Foreign memory with both strides, in either storage order.
  using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  std::vector<float> memory(9 * 13 * 6, not_a_number);
  Eigen::Map<Eigen::MatrixXf, 0, Stride> spread(memory.data(), 9, 13, Stride(9 * 6, 3));
  spread = x;
  CHECK(apply(high_pass_3, spread) == y);
  Eigen::Map<RowMatrix, 0, Stride> rows_spread(memory.data(), 9, 13, Stride(13 * 6, 2));
  rows_spread = x;
  CHECK(apply(high_pass_3, rows_spread) == y);
}

TEST_CASE("an expression is evaluated once and gives what its value gives") {
  const Eigen::MatrixXf x = sample(9, 13), z = sample(9, 13, 7);
  CHECK(apply(high_pass_3, x + 2 * z) == apply(high_pass_3, Eigen::MatrixXf(x + 2 * z)));
  CHECK(apply(high_pass_3, x * z.transpose()) ==
        apply(high_pass_3, Eigen::MatrixXf(x * z.transpose())));
  int calls = 0;
  const auto counted = Eigen::MatrixXf::NullaryExpr(9, 13, [&](Index i, Index j) {
    ++calls;
    return x(i, j);
  });
  CHECK(apply(high_pass_3, counted) == apply(high_pass_3, x));
  CHECK(calls == 9 * 13);
}

TEST_CASE("any writable layout takes the result, and nothing beside it is touched") {
  const Eigen::MatrixXf x = sample(9, 13);
  const Eigen::MatrixXf y = apply(high_pass_3, x);

  RowMatrix by_rows(9, 13);
  apply(high_pass_3, x, by_rows);
  CHECK(by_rows == y);

  Eigen::MatrixXf large = Eigen::MatrixXf::Constant(20, 40, 7.0F);
  apply(high_pass_3, x, large.block(3, 5, 9, 13));
  CHECK(large.block(3, 5, 9, 13) == y);
  large.block(3, 5, 9, 13).setConstant(7.0F);
  CHECK((large.array() == 7.0F).all());

  using Stride = Eigen::Stride<Eigen::Dynamic, Eigen::Dynamic>;
  std::vector<float> memory(9 * 13 * 6, 7.0F);
  Eigen::Map<RowMatrix, 0, Stride> spread(memory.data(), 9, 13, Stride(13 * 6, 2));
  apply(high_pass_3, x, spread);
  CHECK(spread == y);
  spread.setConstant(7.0F);
  for (const float v : memory) CHECK(v == 7.0F);

  Eigen::Matrix<Eigen::bfloat16, Eigen::Dynamic, Eigen::Dynamic> small(9, 13);
  apply(high_pass_3, x, small);
  CHECK(small == y.cast<Eigen::bfloat16>());
}

TEST_CASE("the output may be the input, its transpose's memory, or overlap it") {
  const Eigen::MatrixXf x = sample(9, 13), square = sample(11, 11);
  const Eigen::MatrixXf y = apply(high_pass_3, x), square_y = apply(high_pass_3, square);

  Eigen::MatrixXf in_place = x;
  apply(high_pass_3, in_place, in_place);
  CHECK(in_place == y);

  Eigen::MatrixXf turned = square;
  apply(high_pass_3, turned.transpose(), turned);
  CHECK(turned == apply(high_pass_3, square.transpose()));

  Eigen::MatrixXf large = sample(20, 40, 6);
  large.block(2, 3, 9, 13) = x;
  apply(high_pass_3, large.block(2, 3, 9, 13), large.block(4, 7, 9, 13));
  CHECK(large.block(4, 7, 9, 13) == y);
}

TEST_CASE("a result does not depend on what the workspace held before") {
  Workspace workspace;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{30, 40}, {3, 4}, {40, 30}, {17, 90}}) {
    const Eigen::MatrixXf x = sample(rows, cols);
    Eigen::MatrixXf y(rows, cols);
    apply(high_pass_3, x, y, workspace);
    CHECK(y == apply(high_pass_3, x));
    std::fill_n(reinterpret_cast<unsigned char*>(workspace.data()), workspace.capacity(), 0xFF);
    apply(high_pass_3, x, y, workspace);
    CHECK(y == apply(high_pass_3, x));
  }
  const std::size_t grown = workspace.capacity();
  workspace.reserve(1);
  CHECK(workspace.capacity() == grown);
}

TEST_CASE("an entry that is not finite is named, and the output stays as it was") {
  for (const bool tall : {false, true}) {
    for (const float bad : {not_a_number, infinite, -infinite}) {
      Eigen::MatrixXf x = sample(tall ? 13 : 9, tall ? 9 : 13);
      x(7, 3) = bad;
      Eigen::MatrixXf y = Eigen::MatrixXf::Constant(x.rows(), x.cols(), 7.0F);
      const std::string why = bad == bad ? "infinite" : "not a number";
      CHECK_THROWS_AS(apply(high_pass_3, x, y), std::domain_error);
      CHECK_THROWS_WITH(apply(high_pass_3, x, y), "apply: x(7, 3) is " + why);
      CHECK_THROWS_WITH(apply_svd(high_pass_3, x, y), "apply_svd: x(7, 3) is " + why);
      CHECK_THROWS_AS(apply_per_head(high_pass_3, x, Heads{1}), std::domain_error);
      CHECK_THROWS_AS(polar_factor(x, Leading{2}, y), std::domain_error);
      CHECK_THROWS_AS(effective_rank(x), std::domain_error);
      CHECK_THROWS_AS(head_norms(x, Heads{1}), std::domain_error);
      CHECK_THROWS_AS(SnrSamples().add(x), std::domain_error);
      CHECK((y.array() == 7.0F).all());
    }
  }
}

TEST_CASE("finite is what has an exponent below the highest, at any place of a row of numbers") {
  const auto check = [](auto zero) {
    using T = decltype(zero);
    using Limits = std::numeric_limits<T>;
    const T finite[] = {T(0), -T(0), Limits::denorm_min(), Limits::min(), -Limits::max(), T(1)};
    const T others[] = {Limits::infinity(), -Limits::infinity(), Limits::quiet_NaN(),
                        -Limits::quiet_NaN(), Limits::signaling_NaN()};
    for (const T x : finite) CHECK((detail::is_finite(x) && !detail::is_nan(x)));
    for (const T x : others) CHECK((!detail::is_finite(x) && detail::is_nan(x) == !(x == x)));
    for (const int size : {0, 1, 31, 32, 33, 70}) {
      std::vector<T> row(static_cast<std::size_t>(size), -Limits::max());
      CHECK(detail::all_finite(row.data(), size));
      for (T& place : row) {
        for (const T x : others) {
          place = x;
          CHECK(!detail::all_finite(row.data(), size));
        }
        place = Limits::denorm_min();
      }
    }
  };
  check(0.0F);
  check(0.0);
}

TEST_CASE("a result that overflows is refused, and the output stays as it was") {
  const Filter raw{chains::muon(), Normalizer::none};
  Eigen::MatrixXf y = Eigen::MatrixXf::Constant(4, 4, 7.0F);
  const Eigen::MatrixXf large = Eigen::MatrixXf::Identity(4, 4) * 1e9F;
  CHECK_THROWS_AS(apply(raw, large, y, Method::dense), std::domain_error);
  CHECK_THROWS_AS(apply(raw, large, y, Method::gram), std::domain_error);
  CHECK_THROWS_AS(apply_svd(raw, large, y), std::domain_error);
  Workspace workspace;
  CHECK_THROWS_AS(apply_per_head(raw, large, Heads{2}, y, workspace), std::domain_error);
  // Fits the scalar computed in, but not the one stored.
  Eigen::Matrix<Eigen::half, Eigen::Dynamic, Eigen::Dynamic> narrow(4, 4);
  narrow.setConstant(Eigen::half(7.0F));
  const Filter times_ten{Chain{{10, 0, 0}}, Normalizer::none};
  CHECK_THROWS_AS(apply(times_ten, Eigen::MatrixXf::Identity(4, 4) * 1e4F, narrow),
                  std::domain_error);
  CHECK((narrow.cast<float>().array() == 7.0F).all());
  CHECK((y.array() == 7.0F).all());
}

TEST_CASE("shapes that do not match are refused with both shapes") {
  const Eigen::MatrixXf x = sample(9, 13);
  Eigen::MatrixXf y = Eigen::MatrixXf::Constant(13, 9, 7.0F);
  CHECK_THROWS_AS(apply(high_pass_3, x, y), std::invalid_argument);
  CHECK_THROWS_WITH(apply(high_pass_3, x, y),
                    "apply: y is 13x9 and x is 9x13; they must have one shape");
  CHECK_THROWS_AS(polar_factor(x, Leading{2}, y), std::invalid_argument);
  CHECK((y.array() == 7.0F).all());
}

TEST_CASE("zero, empty and one-entry matrices") {
  for (const Normalizer n : all_normalizers) {
    const Filter g{chains::muon(), n};
    CHECK(apply_svd(g, Eigen::MatrixXf::Zero(5, 3)).isZero(0));
    CHECK(apply_svd(g, Eigen::MatrixXf(0, 4)).cols() == 4);
    for (const Method method : {Method::automatic, Method::dense, Method::gram}) {
      CHECK(apply(g, Eigen::MatrixXf::Zero(5, 3), method).isZero(0));
      CHECK(apply(g, Eigen::MatrixXf(0, 0), method).size() == 0);
      CHECK(apply(g, Eigen::MatrixXf(0, 4), method).cols() == 4);
      CHECK(apply(g, Eigen::MatrixXf(4, 0), method).rows() == 4);
      Eigen::MatrixXf one(1, 1);
      one << -0.5F;
      const double s = n == Normalizer::none ? 0.5 : 1.0;
      // A normaliser that bounds from above may divide by up to 2 % more.
      const double slack = n == Normalizer::spectral ? 0.02 * 4 : 1e-5;
      CHECK(std::fabs(apply(g, one, method)(0, 0) + g.chain(s)) <= slack);
    }
  }
}

TEST_CASE("an empty matrix costs nothing, however long its other side") {
  const Index huge = Index(1) << 40;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{0, huge}, {huge, 0}}) {
    CHECK(apply(high_pass_3, Eigen::MatrixXf(rows, cols)).cols() == cols);
    CHECK(apply_svd(high_pass_3, Eigen::MatrixXf(rows, cols)).cols() == cols);
    CHECK(apply_per_head(high_pass_3, Eigen::MatrixXf(rows, cols), Heads{2, Axis::rows}).cols() ==
          cols);
    CHECK(polar_factor(Eigen::MatrixXf(rows, cols), Leading{2}).cols() == cols);
    CHECK(effective_rank(Eigen::MatrixXf(rows, cols)) == 0.0);
    CHECK(head_norms(Eigen::MatrixXf(rows, cols), Heads{2}).isZero(0));
  }
}

TEST_CASE("without a normaliser, size is neither lost in the info nor taken for a dead update") {
  const Filter as_it_is{Chain{}, Normalizer::none};
  for (const double size : {1e-200, 1.0, 1e200}) {
    const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(3, 3, size);
    Eigen::MatrixXd y(3, 3);
    const ApplyInfo info = apply(as_it_is, x, y);
    CHECK(y == x);
    CHECK(std::fabs(info.output_norm / size - 3.0) <= 1e-14);
    CHECK(!info.dead);
  }
  Eigen::MatrixXd y(3, 3);
  CHECK(apply({chains::high_pass(2), Normalizer::none}, Eigen::MatrixXd::Constant(3, 3, 1e-4), y)
            .dead);
}

TEST_CASE("polar_factor is U_k V_k^T with k_eff = min(k, rank)") {
  std::mt19937_64 random(9);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{8, 14}, {14, 8}, {10, 10}}) {
    reference::Matrix x = reference::random_matrix(rows, cols, random, 1.0);
    const reference::Svd s = reference::svd(x);
    // Rank 6: the rest of the spectrum is dropped.
    x = s.u.leftCols(6) * s.sigma.head(6).asDiagonal() * s.v.leftCols(6).transpose();
    for (const Index k : {1, 3, 6, 7, 100}) {
      const Index k_eff = std::min<Index>(k, 6);
      Eigen::MatrixXd y(rows, cols);
      const ApplyInfo info = polar_factor(x.cast<double>(), Leading{k}, y);
      CHECK(info.rank == k_eff);
      CHECK(info.survivors == k_eff);
      CHECK(info.output_norm == std::sqrt(static_cast<double>(k_eff)));
      // A singular subspace turns by the rounding of x over the gap that separates it.
      const reference::Real gap =
          s.sigma(k_eff - 1) - (k_eff < 6 ? s.sigma(k_eff) : reference::Real(0));
      const reference::Real turn = static_cast<reference::Real>(rows + cols) * 16 *
                                   reference::eps<double>() * s.sigma(0) / gap;
      CHECK(reference::distance(y, s.u.leftCols(k_eff) * s.v.leftCols(k_eff).transpose()) <= turn);
    }
  }
  Eigen::MatrixXd y(2, 3);
  CHECK(polar_factor(Eigen::MatrixXd::Zero(2, 3), Leading{2}, y).rank == 0);
  CHECK(y.isZero(0));
  // What rounding can have made is measured by sigma_1, here 50 times the largest entry.
  Eigen::MatrixXd ones = Eigen::MatrixXd::Ones(50, 50), of_ones(50, 50);
  ones.topLeftCorner(25, 25).array() += 40.0 * std::numeric_limits<double>::epsilon();
  CHECK(polar_factor(ones, Leading{2}, of_ones).rank == 1);
  CHECK(polar_factor(Eigen::MatrixXf(0, 3), Leading{2}).size() == 0);
  CHECK_THROWS_AS(polar_factor(y, Leading{0}), std::invalid_argument);
}
