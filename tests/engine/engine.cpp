// SPDX-License-Identifier: Apache-2.0
// Covers detail/settings.hpp, engine/concept.hpp, engine/sweep_large_kernels.hpp,
// engine/default.hpp, engine/eigen.hpp, engine/elementwise.hpp, engine/gemm.hpp,
// engine/host.hpp, engine/packet.hpp, engine/panels.hpp, engine/squares.hpp, engine/sweep.hpp,
// engine/sweep_kernels.hpp, engine/tall_skinny.hpp, engine/transpose.hpp, engine/view.hpp,
// detail/random.hpp.
// The primitives of the host engines, over sizes on both sides of every tile's edge.

#include <random>
#include <vector>

#include <pion/pion.hpp>

#if defined(PION_DEFAULT_ENGINE_OPENMP)
#include <pion/engine/openmp.hpp>
#endif
#if defined(PION_TEST_BLAS)
#include <pion/engine/blas.hpp>
#endif

#include "support/catch.hpp"

using namespace pion;
using engine::View;

namespace {

/// A matrix in memory of its own whose columns lie further apart than they must, with sentinels
/// between them.
template <class T>
struct Padded {
  Padded(Index rows, Index cols)
      : stride(rows + 3), memory(static_cast<std::size_t>(stride * cols + 3), sentinel) {
    view = View<T>(memory.data(), rows, cols, stride);
  }
  auto eigen() const { return engine::as_eigen(view); }
  bool padding_untouched() const {
    for (Index i = 0; i < static_cast<Index>(memory.size()); ++i) {
      const bool inside = i % stride < view.rows && i / stride < view.cols;
      if (!inside && memory[static_cast<std::size_t>(i)] != sentinel) return false;
    }
    return true;
  }

  static constexpr T sentinel = T(-77);
  Index stride;
  std::vector<T> memory;
  View<T> view;
};

template <class T>
Padded<T> random_padded(Index rows, Index cols, unsigned seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> gauss;
  Padded<T> x(rows, cols);
  for (Index j = 0; j < cols; ++j) {
    for (Index i = 0; i < rows; ++i) x.eigen()(i, j) = static_cast<T>(gauss(random));
  }
  return x;
}

template <class E, class T>
struct Engine {
  using Kernels = typename E::template Kernels<T>;
  Engine(Index m, Index n) : arena(workspace, bytes(m, n)), kernels(arena, m, n) {}
  static std::size_t bytes(Index m, Index n) {
    detail::Arena counting;
    Kernels(counting, m, n);
    return counting.used();
  }
  Workspace workspace;
  detail::Arena arena;
  Kernels kernels;
};

/// |got - want| <= k eps |a||b| entry by entry: Higham 2002, eq. (3.13), for inner dimension k.
template <class T>
void close(const Padded<T>& got, const Eigen::MatrixXd& want, const Eigen::MatrixXd& bound,
           Index k) {
  const double e =
      static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(k + 3);
  CHECK(((got.eigen().template cast<double>() - want).cwiseAbs().array() <=
         e * bound.array() + 1e-300)
            .all());
  CHECK(got.padding_untouched());
}

// On both sides of the edges: a register holds up to 64 rows and 6 columns, a part at least 48, a
// block in a cache 512 rows (of float, AVX-512), 256 of the inner dimension, 1020 columns.
const std::vector<std::pair<Index, Index>> sizes = {{0, 0},     {1, 1},    {1, 7},    {3, 2},
                                                    {63, 65},   {64, 64},  {65, 130}, {129, 300},
                                                    {255, 257}, {513, 40}, {530, 70}, {700, 33}};

#if defined(PION_DEFAULT_ENGINE_OPENMP) && defined(PION_TEST_BLAS)
#define PION_ENGINES engine::eigen, engine::openmp, engine::blas
#elif defined(PION_DEFAULT_ENGINE_OPENMP)
#define PION_ENGINES engine::eigen, engine::openmp
#elif defined(PION_TEST_BLAS)
#define PION_ENGINES engine::eigen, engine::blas
#else
#define PION_ENGINES engine::eigen
#endif

template <class E, class T>
void check_primitives() {
  for (const auto& [m, n] : sizes) {
    INFO(m << " x " << n);
    Engine<E, T> engine(m, n);
    const auto x = random_padded<T>(m, n, 1), b = random_padded<T>(n, m, 2);
    const Eigen::MatrixXd xd = x.eigen().template cast<double>();
    const Eigen::MatrixXd bd = b.eigen().template cast<double>();

    Padded<T> r(m, m);
    engine.kernels.gram(x.view, r.view);
    close(r, xd * xd.transpose(), xd.cwiseAbs() * xd.cwiseAbs().transpose(), n);
    CHECK(r.eigen() == r.eigen().transpose());

    Padded<T> c(m, m);
    engine.kernels.multiply(x.view, b.view, c.view);
    close(c, xd * bd, xd.cwiseAbs() * bd.cwiseAbs(), n);

    const Eigen::MatrixXd rd = r.eigen().template cast<double>();
    const Eigen::MatrixXd absolute = rd.cwiseAbs();
    Padded<T> h(m, m), s(m, m);
    for (const OddQuintic& p : {OddQuintic{0.5, -0.25, 2.0}, OddQuintic{1.5, -0.5, 0.0}}) {
      engine.kernels.quadratic(p, r.view, h.view);
      const Eigen::MatrixXd unit = Eigen::MatrixXd::Identity(m, m);
      close(
          h, p.a * unit + p.b * rd + p.c * rd * rd,
          std::fabs(p.a) * unit + std::fabs(p.b) * absolute + std::fabs(p.c) * absolute * absolute,
          m + 2);
      CHECK(h.eigen() == h.eigen().transpose());
    }
    engine.kernels.multiply_commuting(r.view, h.view, s.view);
    const Eigen::MatrixXd hd = h.eigen().template cast<double>();
    // r h and h r agree up to the rounding of h, so the mirrored half has that error too.
    close(s, 0.5 * (rd * hd + hd * rd), absolute * hd.cwiseAbs() + hd.cwiseAbs() * absolute, 2 * m);
    CHECK(s.eigen() == s.eigen().transpose());

    CHECK(std::fabs(engine.kernels.frobenius_norm(x.view) - xd.norm()) <=
          1e-14 * xd.norm() * static_cast<double>(m + n));
  }
}

template <class E, class T, class S>
void check_sweeps() {
  using Kernels = typename E::template TallSkinnyKernels<T>;
  for (const auto& [m, n] : sizes) {
    if (m == 0) continue;
    detail::Arena counting;
    Kernels(counting, m, n, 80);
    Workspace workspace;
    detail::Arena arena(workspace, counting.used());
    const Kernels kernels(arena, m, n, 80);
    const auto x = random_padded<T>(m, n, 3);
    const Eigen::MatrixXd xd = x.eigen().template cast<double>();
    for (const Index width : {1, 4, 5, 6, 7, 8, 9, 16, 24, 33, 70}) {
      INFO(m << " x " << n << ", " << width);
      const auto q = random_padded<T>(m, width, 4);
      Padded<S> z(n, width), y(m, width);
      double norm = 0.0;
      kernels.sweep(0.5, x.view, q.view, z.view, y.view, &norm);
      const Eigen::MatrixXd qd = q.eigen().template cast<double>();
      const Eigen::MatrixXd zd = 0.5 * xd.transpose() * qd;
      const Eigen::MatrixXd z_size = xd.cwiseAbs().transpose() * qd.cwiseAbs();
      close(z, zd, z_size, m);
      close(y, 0.5 * xd * zd, xd.cwiseAbs() * z_size, m + n);
      CHECK(std::fabs(norm - xd.norm()) <= 1e-14 * xd.norm() * static_cast<double>(m + n));
      CHECK(norm == Approx(kernels.frobenius_norm(x.view)).epsilon(1e-13));
      Padded<S> again_z(n, width), again_y(m, width);
      kernels.sweep(0.5, x.view, q.view, again_z.view, again_y.view);
      CHECK(z.eigen() == again_z.eigen());
      CHECK(y.eigen() == again_y.eigen());
    }
  }
}

}  // namespace

TEST_CASE("what lacks a part is no engine, and the first part that is missing is named") {
  using engine::engine_lacks, engine::Lacks;
  STATIC_REQUIRE(engine::is_engine_v<engine::eigen, float>);
  STATIC_REQUIRE(engine::is_engine_v<DefaultEngine, double>);
  struct NoSerial {};
  STATIC_REQUIRE(engine_lacks<NoSerial, float>() == Lacks::serial);
  struct NoWorkers {
    using Serial = NoWorkers;
  };
  STATIC_REQUIRE(engine_lacks<NoWorkers, float>() == Lacks::workers);
  STATIC_REQUIRE(engine::concepts::kernels_lack<engine::Elementwise<float>, float>() ==
                 Lacks::constructor);
  struct NoProducts : engine::Elementwise<float> {
    NoProducts(detail::Arena&, Index, Index) {}
  };
  STATIC_REQUIRE(engine::concepts::kernels_lack<NoProducts, float>() == Lacks::gram);
  struct NoQuadratic : NoProducts {
    using NoProducts::NoProducts;
    void gram(const View<const float>&, const View<float>&) const {}
  };
  STATIC_REQUIRE(engine::concepts::kernels_lack<NoQuadratic, float>() == Lacks::quadratic);
}

TEMPLATE_TEST_CASE("primitives equal their definition, tile by tile", "", PION_ENGINES) {
  check_primitives<TestType, float>();
  check_primitives<TestType, double>();
}

TEMPLATE_TEST_CASE("a sweep is two products and a norm", "", PION_ENGINES) {
  check_sweeps<TestType, float, float>();
  check_sweeps<TestType, float, double>();
  check_sweeps<TestType, double, double>();
}

TEMPLATE_TEST_CASE("a product cut into parts keeps every bit, and so does half of it", "", float,
                   double) {
  const Index rows = 150, cols = 1100, depth = 300;
  const auto a = random_padded<TestType>(rows, depth, 6),
             b = random_padded<TestType>(depth, cols, 7);
  const auto at = random_padded<TestType>(depth, rows, 8),
             bt = random_padded<TestType>(cols, depth, 9);
  engine::transpose<TestType>(a.view, at.view);
  engine::transpose<TestType>(b.view, bt.view);
  CHECK(at.eigen() == a.eigen().transpose());
  CHECK(bt.eigen() == b.eigen().transpose());
  Workspace workspace;
  detail::Arena arena(workspace, std::size_t{1} << 23U);
  const engine::GemmBuffers<TestType> buffers(arena, rows, cols, depth);
  const View<const TestType> left = a.view, right = b.view;

  Padded<TestType> whole(rows, cols);
  const auto product = [&](const auto& into, auto&& call) {
    engine::as_eigen(into).setZero();
    call(into);
  };
  using engine::gemm;
  constexpr engine::Op plain = engine::Op::plain, transposed = engine::Op::transposed;
  product(whole.view, [&](const View<TestType>& c) {
    gemm<plain, plain>(TestType(2), left, right, c, buffers);
  });
  const Eigen::MatrixXd ad = a.eigen().template cast<double>(),
                        bd = b.eigen().template cast<double>();
  close(whole, 2.0 * ad * bd, 2.0 * ad.cwiseAbs() * bd.cwiseAbs(), depth);

  Padded<TestType> other(rows, cols);
  product(other.view, [&](const View<TestType>& c) {
    gemm<transposed, transposed>(TestType(2), View<const TestType>(at.view),
                                 View<const TestType>(bt.view), c, buffers);
  });
  CHECK(other.eigen() == whole.eigen());
  product(other.view, [&](const View<TestType>& c) {
    for (Index i = 0; i < rows; i += 37) {
      for (Index j = 0; j < cols; j += 101) {
        const Index r = std::min<Index>(37, rows - i), k = std::min<Index>(101, cols - j);
        gemm<plain, plain>(TestType(2), left.block(i, 0, r, depth), right.block(0, j, depth, k),
                           c.block(i, j, r, k), buffers);
      }
    }
  });
  CHECK(other.eigen() == whole.eigen());
  engine::as_eigen(other.view).setConstant(std::numeric_limits<TestType>::quiet_NaN());
  gemm<plain, plain>(TestType(2), left, right, other.view, buffers, engine::Write::overwrite);
  CHECK(other.eigen() == whole.eigen());
  gemm<plain, plain>(TestType(2), left.block(0, 0, rows, 0), right.block(0, 0, 0, cols), other.view,
                     buffers, engine::Write::overwrite);
  CHECK(other.eigen().isZero(0));
  product(other.view, [&](const View<TestType>& c) {
    gemm<plain, plain, engine::Triangle::lower>(TestType(2), left, right, c, buffers);
  });
  for (Index j = 0; j < rows; ++j) {
    CHECK(other.eigen().col(j).tail(rows - j) == whole.eigen().col(j).tail(rows - j));
  }
}

TEST_CASE("an inner product of many terms is one chain of blocks") {
  Engine<engine::eigen, float> engine(5, 6000);
  const auto x = random_padded<float>(5, 6000, 3);
  Padded<float> r(5, 5);
  engine.kernels.gram(x.view, r.view);
  const Eigen::MatrixXd xd = x.eigen().cast<double>();
  close(r, xd * xd.transpose(), xd.cwiseAbs() * xd.cwiseAbs().transpose(), 6000);
}

#if defined(PION_DEFAULT_ENGINE_OPENMP)
TEST_CASE("any number of threads gives the serial result, to the last bit") {
  const int before = omp_get_max_threads();
  for (const auto& [rows, cols] : {std::pair<Index, Index>{70, 90}, {300, 700}, {600, 520}}) {
    const auto x = random_padded<float>(rows, cols, 4);
    for (const Filter& f : {Filter{chains::muon()}, Filter{chains::high_pass(2)}}) {
      const Eigen::MatrixXf serial = apply<engine::eigen>(f, x.eigen());
      const Eigen::MatrixXf heads = apply_per_head<engine::eigen>(f, x.eigen(), Heads{10});
      Eigen::MatrixXf compressed(rows, cols), other(rows, cols);
      Tolerance tolerance;
      tolerance.method = Method::low_rank;
      const Eigen::MatrixXf signal = x.eigen() + x.eigen().leftCols(3) * x.eigen().topRows(3);
      CHECK(apply<engine::eigen>({chains::high_pass(2)}, signal, compressed, tolerance).rank == 3);
      for (const int threads : {1, 2, 3, 7}) {
        omp_set_num_threads(threads);
        CHECK(apply<engine::openmp>(f, x.eigen()) == serial);
        CHECK(apply_per_head<engine::openmp>(f, x.eigen(), Heads{10}) == heads);
        apply<engine::openmp>({chains::high_pass(2)}, signal, other, tolerance);
        CHECK(other == compressed);
      }
      omp_set_num_threads(before);
    }
  }
}

TEST_CASE("inside a caller's parallel region the engine keeps to the caller's thread") {
  const auto x = random_padded<float>(80, 120, 5);
  const Filter f{chains::high_pass(2)};
  const Eigen::MatrixXf serial = apply<engine::eigen>(f, x.eigen());
  std::vector<int> right(8, 0), workers(8, 0);
#pragma omp parallel for num_threads(4)
  for (int i = 0; i < 8; ++i) {
    const auto k = static_cast<std::size_t>(i);
    workers[k] = engine::openmp::workers();
    right[k] = apply<engine::openmp>(f, x.eigen()) == serial ? 1 : 0;
  }
  for (std::size_t k = 0; k < 8; ++k) {
    CHECK(workers[k] == 1);
    CHECK(right[k] == 1);
  }
}
#endif

#if defined(PION_TEST_BLAS)
TEST_CASE("a size that the BLAS cannot count is refused before anything is computed") {
  const Index most = std::numeric_limits<int>::max();
  const Filter f{chains::muon()};
  CHECK(plan<float, engine::blas>(f, 1, most).cols == most);
  CHECK_THROWS_WITH((plan<float, engine::blas>(f, most + 1, 1)),
                    "engine::blas: a side of 2147483648 is more than the "
                    "BLAS can count");
}
#endif
