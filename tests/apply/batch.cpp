// SPDX-License-Identifier: Apache-2.0
// A list of matrices is its matrices one by one, on all cores.

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

using Matrices = std::vector<Eigen::MatrixXf>;
const Filter lift{chains::high_pass(2)};

/// Lists that are shared out in every way: one large matrix, equal ones, many small ones, none.
std::vector<Matrices> lists() {
  std::mt19937_64 random(31);
  const auto draw = [&](Index rows, Index cols) -> Eigen::MatrixXf {
    return reference::random_matrix(rows, cols, random).cast<float>();
  };
  std::vector<Matrices> all(4);
  all[1] = {draw(5, 3), draw(90, 200), draw(0, 7), draw(3, 5)};
  all[2] = {draw(60, 70), draw(60, 70), draw(60, 70)};
  for (Index i = 0; i < 20; ++i) all[3].push_back(draw(8 + i % 5, 40 - i));
  return all;
}

Matrices like(const Matrices& xs) {
  Matrices ys;
  for (const auto& x : xs) ys.emplace_back(Eigen::MatrixXf::Constant(x.rows(), x.cols(), -7.0F));
  return ys;
}

}  // namespace

TEST_CASE("a batch is its matrices one by one, to the last bit, with their infos") {
  BatchWorkspace workspace;  // one for all, as it grows
  for (Matrices& xs : lists()) {
    Matrices ys = like(xs);
    std::vector<ApplyInfo> infos(xs.size());
    apply_batch(lift, xs, ys, workspace, Method::automatic, infos);
    for (std::size_t i = 0; i < xs.size(); ++i) {
      Eigen::MatrixXf y = like(xs)[i];
      const ApplyInfo info = apply<engine::eigen>(lift, xs[i], y);
      CHECK(ys[i] == y);
      CHECK(infos[i].output_norm == info.output_norm);
      CHECK(infos[i].dead == info.dead);
    }
    apply_batch(lift, xs, xs, workspace);  // in place
    CHECK(xs == ys);
  }
}

TEST_CASE("a batch within a tolerance compresses where that pays, from a warm start for each") {
  Matrices xs = lists()[1];
  std::mt19937_64 random(32);
  for (const Index side : {600, 700}) {
    const Eigen::MatrixXf a = reference::random_matrix(side, 3, random).cast<float>();
    xs.emplace_back(a * a.transpose());
  }
  const Tolerance tolerance;
  std::vector<ApplyInfo> infos(xs.size());
  std::vector<WarmStart<float>> starts(xs.size()), alone(xs.size());
  BatchWorkspace workspace;
  Workspace own;
  for (int round = 0; round < 2; ++round) {
    Matrices ys = like(xs);
    apply_batch(lift, xs, ys, workspace, tolerance, infos, starts);
    for (std::size_t i = 0; i < xs.size(); ++i) {
      Eigen::MatrixXf y = like(xs)[i];
      const ApplyInfo info = apply<engine::eigen>(lift, xs[i], y, own, tolerance, &alone[i]);
      CHECK(ys[i] == y);
      CHECK(infos[i].method == info.method);
      CHECK((info.method == Method::low_rank) == (xs[i].rows() >= 600));
      CHECK(infos[i].multiply_adds == info.multiply_adds);
      CHECK(starts[i].values() == alone[i].values());
    }
    Matrices cold = like(xs);
    apply_batch(lift, xs, cold, workspace, tolerance);
    CHECK(xs.size() == cold.size());
    if (round == 0) CHECK(cold == ys);
  }
}

TEST_CASE("a batch of maps of a framework's memory") {
  using Tensor = Eigen::Map<Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;
  Eigen::VectorXf memory = Eigen::VectorXf::LinSpaced(100, -1.0F, 2.0F).array().square();
  const Eigen::VectorXf before = memory;
  std::vector<Tensor> tensors = {Tensor(memory.data(), 4, 10), Tensor(memory.data() + 40, 12, 5)};
  BatchWorkspace workspace;
  apply_batch(lift, tensors, tensors, workspace);
  Eigen::VectorXf alone = before;
  Tensor first(alone.data(), 4, 10), second(alone.data() + 40, 12, 5);
  apply(lift, first, first);
  apply(lift, second, second);
  CHECK(memory == alone);
}

TEST_CASE("a matrix that is refused is named and left alone, and the others are done") {
  for (const std::size_t bad : {std::size_t{0}, std::size_t{7}, std::size_t{19}}) {
    Matrices xs = lists()[3];
    xs[bad](1, 2) = std::numeric_limits<float>::quiet_NaN();
    Matrices ys = like(xs);
    BatchWorkspace workspace;
    CHECK_THROWS_WITH(
        apply_batch(lift, xs, ys, workspace),
        "apply_batch: matrix " + std::to_string(bad) + ": apply: x(1, 2) is not a number");
    for (std::size_t i = 0; i < xs.size(); ++i) {
      CHECK(ys[i] == (i == bad ? like(xs)[i] : apply(lift, xs[i])));
    }
  }
}

TEST_CASE("lists and shapes that do not fit are refused before anything is done") {
  Matrices xs = lists()[2], ys = like(xs);
  const Matrices before = ys;
  BatchWorkspace workspace;
  ys[2].resize(70, 60);
  CHECK_THROWS_WITH(apply_batch(lift, xs, ys, workspace),
                    "apply_batch: matrix 2: y is 70x60 and x is 60x70; they must have one shape");
  CHECK(ys[0] == before[0]);
  ys.pop_back();
  CHECK_THROWS_WITH(apply_batch(lift, xs, ys, workspace), "apply_batch: 3 matrices in, 2 out");
  CHECK(ys[0] == before[0]);
}

TEST_CASE("the schedule: together where one worker would end late, apart where it would not") {
  using Items = std::vector<BatchWorkspace::Item>;
  std::vector<double> two(2), one(1);
  const auto items = [](std::initializer_list<double> costs) {
    Items all;
    for (const double cost : costs) {
      all.push_back({all.size(), {}, {}});
      all.back().plan.multiply_adds = cost;
    }
    return all;
  };
  CHECK(detail::makespan(items({3, 2, 2}), 0, two) == 4.0);
  CHECK(detail::makespan(items({3, 2, 2}), 1, two) == 2.0);
  CHECK(detail::done_together({}, two) == 0);
  CHECK(detail::done_together(items({1}), two) == 1);
  CHECK(detail::done_together(items({1, 1}), two) == 0);
  CHECK(detail::done_together(items({1, 1, 1}), two) == 1);
  CHECK(detail::done_together(items({8, 1, 1, 1, 1}), two) == 1);
  CHECK(detail::done_together(items({8, 4, 1}), one) == 0);
}

TEST_CASE("the largest matrices of a batch come first, equal ones in their order") {
  Matrices xs = {Eigen::MatrixXf(5, 3), Eigen::MatrixXf(20, 30), Eigen::MatrixXf(5, 3),
                 Eigen::MatrixXf(9, 40)};
  BatchWorkspace workspace;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    workspace.items.push_back({i, plan<float>(lift, xs[i].rows(), xs[i].cols()), {}});
  }
  std::vector<std::size_t> order;
  detail::share_out<engine::eigen>(xs.size(), workspace,
                                   [&](auto /*engine*/, const BatchWorkspace::Item& item,
                                       Workspace& /*own*/) { order.push_back(item.index); });
  CHECK(order == std::vector<std::size_t>{1, 3, 0, 2});
}

#if defined(PION_DEFAULT_ENGINE_OPENMP)
TEST_CASE("a batch inside a caller's parallel region stays on the caller's thread") {
  const Matrices xs = lists()[3];
  Matrices expected = like(xs);
  BatchWorkspace workspace;
  apply_batch(lift, xs, expected, workspace);
  std::vector<Matrices> ys(4, like(xs));
  std::vector<BatchWorkspace> own(4);
#pragma omp parallel for num_threads(4)
  for (int i = 0; i < 4; ++i) {
    const auto k = static_cast<std::size_t>(i);
    apply_batch(lift, xs, ys[k], own[k]);
  }
  for (std::size_t k = 0; k < 4; ++k) {
    CHECK(ys[k] == expected);
    CHECK(own[k].workers.size() == 1);
  }
}
#endif
