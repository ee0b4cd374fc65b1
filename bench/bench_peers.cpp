// SPDX-License-Identifier: Apache-2.0
// What people use instead: LRMuon by an SVD, and one AdamW step on the same matrix. (PyTorch's Muon
// is in peers/.) Beside them pion's own LRMuon, by compression.
#include <pion/apply/polar.hpp>

#if defined(PION_BENCH_LAPACKE)
#include <lapacke.h>
#endif

#include "common.hpp"

namespace {

using namespace bench;
constexpr Index kept = 16;

void eigen_bdcsvd(benchmark::State& state, Index n) {
  const Matrix<float> x = momentum<float>(n, n);
  for (auto _ : state) {
    const auto svd = pion::detail::thin_svd<float>(x);
    const Matrix<float> y = svd.matrixU().leftCols(kept) * svd.matrixV().leftCols(kept).transpose();
    benchmark::DoNotOptimize(y.data());
  }
}

#if defined(PION_BENCH_LAPACKE)
void lapack_gesdd(benchmark::State& state, Index n) {
  const Matrix<float> x = momentum<float>(n, n);
  Matrix<float> a(n, n), u(n, n), vt(n, n), y(n, n);
  Eigen::VectorXf s(n);
  const auto size = static_cast<lapack_int>(n);
  for (auto _ : state) {
    a = x;
    LAPACKE_sgesdd(LAPACK_COL_MAJOR, 'S', size, size, a.data(), size, s.data(), u.data(), size,
                   vt.data(), size);
    y.noalias() = u.leftCols(kept) * vt.topRows(kept);
    benchmark::DoNotOptimize(y.data());
  }
}
#endif

/// Within 1e-2, from a cold start: the gap after direction 16 is .003 ||x||_F, and no float SVD
/// knows these directions to 1e-4 either.
void compressed(benchmark::State& state, Index n) {
  const Matrix<float> x = momentum<float>(n, n);
  Matrix<float> y(n, n);
  pion::Workspace workspace;
  pion::Tolerance tolerance;
  tolerance.method = pion::Method::low_rank;
  tolerance.error = 1e-2;
  pion::ApplyInfo info;
  for (auto _ : state) info = pion::polar_factor(x, pion::Leading{kept}, y, workspace, tolerance);
  if (info.method != pion::Method::low_rank) state.SkipWithError("not certified");
  state.counters["bound"] = info.bound.value_or(0.0);
}

/// One fused AdamW step (Loshchilov and Hutter 2019): reads w, g, m, v and writes w, m, v once.
void adamw(benchmark::State& state, Index n) {
  const Index size = n * n;
  Eigen::ArrayXf w = Eigen::ArrayXf::Random(size), g = Eigen::ArrayXf::Random(size);
  Eigen::ArrayXf m = Eigen::ArrayXf::Zero(size), v = Eigen::ArrayXf::Zero(size);
  const float b1 = 0.9F, b2 = 0.95F, rate = 1e-3F, decay = 0.1F, epsilon = 1e-8F;
  const float c1 = 1.0F / (1.0F - b1), c2 = 1.0F / (1.0F - b2);
  constexpr Index piece = 4096;  // in L1, so that each array passes through memory once
  for (auto _ : state) {
#pragma omp parallel for schedule(static)
    for (Index i = 0; i < size; i += piece) {
      const Index n_here = std::min(piece, size - i);
      auto wi = w.segment(i, n_here), mi = m.segment(i, n_here), vi = v.segment(i, n_here);
      const auto gi = g.segment(i, n_here);
      mi = b1 * mi + (1.0F - b1) * gi;
      vi = b2 * vi + (1.0F - b2) * gi.square();
      wi = (1.0F - rate * decay) * wi - rate * (c1 * mi) / ((c2 * vi).sqrt() + epsilon);
    }
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * size * 28);
}

const bool registered = [] {
  for (const Index n : {1024, 2048, 4096}) {
    const std::string shape = Shape{n, n}.name();
    add("peer/AdamW/step/eigen/" + shape + "/float",
        [n](benchmark::State& state) { adamw(state, n); });
    add("polar/LRMuon/lowrank/default/" + shape + "/float",
        [n](benchmark::State& state) { compressed(state, n); });
    if (n > 1024) continue;  // minutes
    add("peer/LRMuon/BDCSVD/eigen/" + shape + "/float",
        [n](benchmark::State& state) { eigen_bdcsvd(state, n); });
#if defined(PION_BENCH_LAPACKE)
    add("peer/LRMuon/gesdd/blas/" + shape + "/float",
        [n](benchmark::State& state) { lapack_gesdd(state, n); });
#endif
  }
  return true;
}();

}  // namespace
