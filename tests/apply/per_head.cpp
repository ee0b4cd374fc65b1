// SPDX-License-Identifier: Apache-2.0
// Covers its own header and filter/heads.hpp.
// The per-head mode: every head as if it were alone, and no layout that does not fit.

#include <limits>
#include <random>
#include <string>
#include <vector>

#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

const Filter high_pass{chains::high_pass(2)};

template <class T>
Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> sample(Index rows, Index cols, unsigned seed = 5) {
  std::mt19937_64 random(seed);
  return reference::random_matrix(rows, cols, random).cast<T>();
}

std::vector<Index> handed_out;  // the tasks of each call of Backwards::for_each()

/// An engine of three workers that begins at the end.
struct Backwards : engine::eigen {
  static constexpr int workers() { return 3; }

  template <class Task>
  static void for_each(int workers, Index count, const Task& task) {
    handed_out.push_back(count);
    for (Index i = count; i-- > 0;) task(i, static_cast<int>(i % workers));
  }
};

}  // namespace

TEMPLATE_TEST_CASE("heads together are the heads one by one, to the last bit", "", float,
                   Eigen::bfloat16) {
  using Matrix = Eigen::Matrix<TestType, Eigen::Dynamic, Eigen::Dynamic>;
  // Tall, wide and square matrices whose heads are tall, wide and square themselves.
  for (const auto& [rows, cols] : {std::pair<Index, Index>{24, 60}, {60, 24}, {24, 24}, {6, 240}}) {
    const Matrix x = sample<TestType>(rows, cols);
    for (const Index count : {1, 2, 3, 6}) {
      const Matrix y = apply_per_head(high_pass, x, Heads{count, Axis::rows});
      const Matrix z = apply_per_head(high_pass, x, Heads{count, Axis::cols});
      for (Index h = 0; h < count; ++h) {
        const Index r = rows / count, c = cols / count;
        CHECK(y.middleRows(h * r, r) == apply(high_pass, x.middleRows(h * r, r)));
        CHECK(z.middleCols(h * c, c) == apply(high_pass, x.middleCols(h * c, c)));
      }
    }
    CHECK(apply_per_head(high_pass, x, Heads{1}) == apply(high_pass, x));
  }
}

TEST_CASE("heads are tasks of an engine's workers, in whatever order and on whichever worker") {
  const Eigen::MatrixXf x = sample<float>(24, 60);
  Eigen::MatrixXf y(24, 60);
  Workspace workspace;
  handed_out.clear();
  apply_per_head<Backwards>(high_pass, x, Heads{6}, y, workspace);
  CHECK(handed_out == std::vector<Index>{6});
  CHECK(y == apply_per_head<engine::eigen>(high_pass, x, Heads{6}));
}

TEST_CASE("each head is normalised by itself") {
  Eigen::MatrixXf x = sample<float>(12, 20);
  const Eigen::MatrixXf y = apply_per_head(high_pass, x, Heads{3});
  x.middleRows(4, 4) *= 1024.0F;
  CHECK(apply_per_head(high_pass, x, Heads{3}) == y);
}

TEST_CASE("fused projections are split by their sizes, grouped-query attention included") {
  const Index head = 4, q = 6, kv = 2;
  const Eigen::MatrixXf x = sample<float>((q + 2 * kv) * head, 30);
  const Eigen::MatrixXf y = apply_per_head(high_pass, x, fused_qkv(q, kv, head));
  CHECK(y.topRows(q * head) == apply_per_head(high_pass, x.topRows(q * head), Heads{q}));
  CHECK(y.middleRows(q * head, kv * head) ==
        apply_per_head(high_pass, x.middleRows(q * head, kv * head), Heads{kv}));
  CHECK(y.bottomRows(kv * head) == apply_per_head(high_pass, x.bottomRows(kv * head), Heads{kv}));

  // Segments whose heads differ in size and in method, along the columns of a tall matrix.
  REQUIRE(plan(high_pass, 50, 4).method != plan(high_pass, 50, 50).method);
  const Eigen::MatrixXf w = sample<float>(50, 62);
  const FusedHeads mixed{{{12, 3}, {50, 1}}, Axis::cols};
  const Eigen::MatrixXf v = apply_per_head(high_pass, w, mixed);
  CHECK(v.leftCols(12) == apply_per_head(high_pass, w.leftCols(12), Heads{3, Axis::cols}));
  CHECK(v.rightCols(50) == apply(high_pass, w.rightCols(50)));
}

TEST_CASE("the info adds up, and names the head that died") {
  Eigen::MatrixXf x = Eigen::MatrixXf::Identity(16, 16);              // flat: killed by kp = 0
  x.topRows(8) = sample<float>(8, 1) * Eigen::RowVectorXf::Ones(16);  // rank one: kept
  Eigen::MatrixXf y(16, 16);
  Workspace workspace;
  ApplyInfo each[2];
  const PerHeadInfo info = apply_per_head(Filter{chains::high_pass(0)}, x, Heads{2}, y, workspace,
                                          Method::automatic, each);
  CHECK(info.heads == 2);
  CHECK(info.dead == 1);
  CHECK(!each[0].dead);
  CHECK(each[1].dead);
  CHECK(std::fabs(info.output_norm - static_cast<double>(y.norm())) <= 1e-6);
  CHECK(std::fabs(each[0].output_norm - 1.0) <= 1e-5);
  // Norms that are not 1; the sum of 320 squares rounds by as many eps at most.
  const Eigen::MatrixXd whole = sample<double>(16, 20);
  Eigen::MatrixXd filtered(16, 20);
  const double norm =
      apply_per_head(Filter{chains::muon()}, whole, Heads{2}, filtered, workspace).output_norm;
  CHECK(norm > 2.0);
  CHECK(std::fabs(norm - filtered.norm()) <= 320 * reference::eps<double>() * norm);
}

TEST_CASE("the output may be the input") {
  for (const auto& [rows, cols] : {std::pair<Index, Index>{12, 20}, {20, 12}}) {
    Eigen::MatrixXf x = sample<float>(rows, cols);
    const Eigen::MatrixXf y = apply_per_head(high_pass, x, Heads{4, Axis::cols});
    Workspace workspace;
    apply_per_head(high_pass, x, Heads{4, Axis::cols}, x, workspace);
    CHECK(x == y);
  }
}

TEST_CASE("heads that do not fill the matrix are refused in words, and nothing is written") {
  const Eigen::MatrixXf x = sample<float>(10, 12);
  Eigen::MatrixXf y = Eigen::MatrixXf::Constant(10, 12, 7.0F);
  Workspace workspace;
  const auto refuses = [&](const auto& heads, const std::string& why) {
    CHECK_THROWS_AS(apply_per_head(high_pass, x, heads, y, workspace), std::invalid_argument);
    CHECK_THROWS_WITH(apply_per_head(high_pass, x, heads, y, workspace), "apply_per_head: " + why);
  };
  refuses(Heads{3, Axis::rows}, "10 rows do not divide into 3 heads");
  refuses(Heads{5, Axis::cols}, "12 columns do not divide into 5 heads");
  refuses(Heads{0}, "the number of heads is 0");
  refuses(Heads{-2}, "the number of heads is -2");
  refuses(FusedHeads{{{4, 2}, {4, 2}}, Axis::rows},
          "the segments add up to 8, the matrix has 10 rows");
  refuses(FusedHeads{{{4, 2}, {6, 4}}, Axis::rows}, "6 rows do not divide into 4 heads");
  refuses(FusedHeads{{{-2, 1}, {12, 1}}, Axis::rows}, "a segment of negative size");
  const Index most = (std::numeric_limits<Index>::max)();
  const std::string uncounted = "the segments' sizes or heads add up to more than can be counted";
  refuses(FusedHeads{{{most, 1}, {most, 1}, {12, 1}}, Axis::rows}, uncounted);
  refuses(FusedHeads{{{0, most}, {0, most}, {10, 1}}, Axis::rows}, uncounted);
  CHECK_THROWS_AS(fused_qkv(most / 2, 1, 8), std::invalid_argument);
  CHECK_THROWS_AS(fused_qkv(4, -1, 8), std::invalid_argument);
  refuses(FusedHeads{{}, Axis::rows}, "the segments add up to 0, the matrix has 10 rows");
  CHECK((y.array() == 7.0F).all());
  Eigen::MatrixXf wrong(12, 10);
  CHECK_THROWS_AS(apply_per_head(high_pass, x, Heads{2}, wrong, workspace), std::invalid_argument);
}

TEST_CASE("empty matrices have empty heads") {
  CHECK(apply_per_head(high_pass, Eigen::MatrixXf(0, 5), Heads{3}).cols() == 5);
  CHECK(apply_per_head(high_pass, Eigen::MatrixXf(6, 0), Heads{3}).rows() == 6);
  CHECK(apply_per_head(high_pass, Eigen::MatrixXf(0, 0), Heads{3}).size() == 0);
  CHECK(apply_per_head(high_pass, Eigen::MatrixXf(0, 0), FusedHeads{}).size() == 0);
  ApplyInfo before;
  before.rank = 99;
  std::vector<ApplyInfo> each(3, before);
  Eigen::MatrixXf y(0, 5);
  Workspace workspace;
  apply_per_head(high_pass, Eigen::MatrixXf(0, 5), Heads{3}, y, workspace, Method::automatic, each);
  for (const ApplyInfo& one : each) CHECK(one.rank == 0);
}

TEST_CASE("head norms and their spread") {
  Eigen::MatrixXd x(4, 2);
  x << 3, 0, 0, 4, 0, 0, 6, 8;
  const Eigen::VectorXd by_rows = head_norms(x, Heads{2, Axis::rows});
  CHECK(by_rows(0) == 5.0);
  CHECK(by_rows(1) == 10.0);
  const Spread s = spread(by_rows);
  CHECK(s.mean == 7.5);
  CHECK(s.variance == 6.25);
  CHECK(s.smallest == 5.0);
  CHECK(s.largest == 10.0);
  const Eigen::VectorXd by_cols = head_norms(x, Heads{2, Axis::cols});
  CHECK(std::fabs(by_cols(0) - std::sqrt(45.0)) <= 1e-15 * 7);
  CHECK(head_norms(x, FusedHeads{{{2, 1}, {2, 2}}, Axis::rows}).size() == 3);
  CHECK(head_norms(Eigen::MatrixXf::Constant(1, 4, 3e38F), Heads{1})(0) > 5e38);
  CHECK(head_norms(Eigen::MatrixXd::Constant(1, 4, 0x1p900), Heads{1})(0) == 0x1p901);
  CHECK(head_norms(Eigen::MatrixXd::Constant(1, 4, 0x1p-900), Heads{1})(0) == 0x1p-899);
  CHECK(spread(Eigen::VectorXd(0)).mean == 0.0);
  CHECK_THROWS_WITH(head_norms(x, Heads{3}), "head_norms: 4 rows do not divide into 3 heads");
}
