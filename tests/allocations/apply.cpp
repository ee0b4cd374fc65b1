// SPDX-License-Identifier: Apache-2.0
// Nothing is allocated once the workspace is warm.

#include <pion/pion.hpp>

#include "counter.hpp"
#include "support/catch.hpp"

using namespace pion;

TEST_CASE("the counter counts") {
  CHECK(count([] { ::operator delete(::operator new(8)); }) == 1);
  CHECK(count([] { Eigen::MatrixXf x(300, 300); }) >= 1);
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(600, 600);
  Eigen::MatrixXf c(600, 600);
  CHECK(count([&] { c.noalias() = a * a; }) >= 1);  // Eigen's packing buffers
}

TEST_CASE("a warm call allocates nothing, for this size and smaller ones") {
  Workspace workspace;
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(160, 350);
  Eigen::MatrixXf y(160, 350);
  for (const Normalizer n : all_normalizers) {
    const Filter f{chains::high_pass(2), n};
    for (const Method method : {Method::automatic, Method::dense, Method::gram}) {
      Workspace fresh;
      CHECK(count([&] { apply(f, x * 1e-3F, y, fresh, method); }) > 0);
      CHECK(count([&] { apply(f, x * 1e-3F, y, fresh, method); }) == 0);
      apply(f, x * 1e-3F, y, workspace, method);
      const auto planned = plan<float>(f, 160, 350, method);
      CHECK(count([&] { apply(planned, x * 1e-3F, y, fresh); }) == 0);
    }
    CHECK(count([&] { apply(f, x.topRows(100) * 1e-3F, y.topRows(100), workspace); }) == 0);
    CHECK(count([&] { apply(f, x.leftCols(99) * 1e-3F, y.leftCols(99), workspace); }) == 0);
  }
}

TEST_CASE("a warm low-rank call allocates nothing, with and without a warm start") {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(150, 3) * Eigen::MatrixXf::Random(3, 200) +
                            1e-3F * Eigen::MatrixXf::Random(150, 200);
  Eigen::MatrixXf y(150, 200);
  const Filter f{chains::high_pass(2)};
  Tolerance tolerance;
  tolerance.method = Method::low_rank;
  Workspace workspace;
  WarmStart<float> start;
  ApplyInfo info;
  const auto cold = [&] { info = apply(f, x, y, workspace, tolerance); };
  const auto warm = [&] { info = apply(f, x, y, workspace, tolerance, &start); };
  CHECK(count(cold) > 0);
  CHECK(count(cold) == 0);
  CHECK(info.method == Method::low_rank);
  warm();
  CHECK(count(warm) == 0);
  CHECK(info.method == Method::low_rank);

  tolerance.error = 1e-3;
  const auto polar = [&] { info = polar_factor(x, AtLeast{0.5}, y, workspace, tolerance); };
  polar();
  CHECK(count(polar) == 0);
  CHECK(info.method == Method::low_rank);
}

TEST_CASE("a warm per-head call allocates nothing") {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(320, 256);
  Eigen::MatrixXf y(320, 256);
  const Filter f{chains::high_pass(2)};
  const FusedHeads fused = fused_qkv(4, 2, 40);
  Workspace workspace;
  const auto heads = [&] { apply_per_head(f, x, Heads{8, Axis::cols}, y, workspace); };
  const auto all = [&] { apply_per_head(f, x, fused, y, workspace); };
  heads();
  all();
  CHECK(count(heads) == 0);
  CHECK(count(all) == 0);
}

TEST_CASE("a warm batch allocates nothing, whichever worker gets which matrix") {
  std::vector<Eigen::MatrixXf> xs;
  for (Index i = 0; i < 30; ++i) xs.emplace_back(Eigen::MatrixXf::Random(20 + 3 * i, 100));
  std::vector<Eigen::MatrixXf> ys = xs;
  const Filter f{chains::high_pass(2)};
  BatchWorkspace workspace;
  const auto batch = [&] { apply_batch(f, xs, ys, workspace); };
  batch();
  for (int repeat = 0; repeat < 10; ++repeat) CHECK(count(batch) == 0);
  Tolerance tolerance;
  tolerance.method = Method::low_rank;
  std::vector<WarmStart<float>> starts(xs.size());
  const auto within = [&] { apply_batch(f, xs, ys, workspace, tolerance, {}, starts); };
  for (int repeat = 0; repeat < 3; ++repeat) within();
  CHECK(count(within) == 0);
}
