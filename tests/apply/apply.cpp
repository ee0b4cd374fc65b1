// SPDX-License-Identifier: Apache-2.0
// Covers its own header and apply/info.hpp, apply/svd.hpp, algorithm/dense.hpp,
// algorithm/normalize.hpp, algorithm/power_bound.hpp, algorithm/svd.hpp, filter/normalizer.hpp,
// engine/workspace.hpp, detail/svd.hpp.
// The laws of apply(), for every scalar, storage order, engine, normaliser, method and chain.

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <pion/pion.hpp>

#if defined(PION_TEST_BLAS)
#include <pion/engine/blas.hpp>
#endif

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using reference::Real;

namespace {

/// What a law is instantiated over.
template <class S, int Order, class E>
struct Kind {
  using Scalar = S;
  using Engine = E;
  using Compute = detail::compute_t<S>;
  using Matrix = Eigen::Matrix<S, Eigen::Dynamic, Eigen::Dynamic, Order>;
};

constexpr int col = Eigen::ColMajor;
constexpr int row = Eigen::RowMajor;
using Serial = engine::eigen;

#if defined(PION_DEFAULT_ENGINE_OPENMP)
using Threaded = engine::openmp;
#else
using Threaded = engine::eigen;
#endif
#if defined(PION_TEST_BLAS)
#define PION_BLAS_KIND , (Kind<float, row, engine::blas>)
#else
#define PION_BLAS_KIND
#endif
#if defined(PION_COMPILED)
#define PION_KINDS                                                                       \
  (Kind<float, col, Serial>), (Kind<float, row, Threaded>), (Kind<double, row, Serial>), \
      (Kind<double, col, Threaded>), (Kind<Eigen::half, row, Serial>),                   \
      (Kind<Eigen::bfloat16, col, Threaded>)PION_BLAS_KIND
#else  // compiled here, which takes long: each scalar, order and engine once
#define PION_KINDS \
  (Kind<float, row, Threaded>), (Kind<double, col, Serial>), (Kind<Eigen::bfloat16, row, Serial>)
#endif

constexpr Method methods[] = {Method::dense, Method::gram, Method::svd, Method::automatic};

/// Method::automatic may choose either; the looser bound holds for both.
Method bound_for(Method m) { return m == Method::automatic ? Method::gram : m; }

std::string describe(const Filter& f, Index rows, Index cols, Method m) {
  return std::string(name(f.normalizer)) + ", " + std::to_string(f.chain.size()) + " steps, " +
         detail::shape(rows, cols) + ", " + std::string(name(m));
}

/// f(x) by any method.
template <class K>
typename K::Matrix filtered(const Filter& f, const typename K::Matrix& x, Method method) {
  if (method == Method::svd) return apply_svd(f, x);
  return apply<typename K::Engine>(f, x, method);
}

/// f(x) against the reference, by the bound that reference.hpp derives.
template <class K>
void agrees_with_reference(const Filter& f, const typename K::Matrix& x, Method method) {
  INFO(describe(f, x.rows(), x.cols(), method));
  const auto expected = reference::expected<typename K::Compute, typename K::Scalar>(
      f, x.template cast<Real>(), bound_for(method));
  CHECK(reference::distance(filtered<K>(f, x, method), expected.value) <= expected.tolerance);
}

/// A random matrix whose singular values are below 1, for the filters without a normaliser.
template <class K>
typename K::Matrix draw(Index rows, Index cols, Normalizer n, std::mt19937_64& random) {
  reference::Matrix x = reference::random_matrix(rows, cols, random);
  if (n == Normalizer::none && x.size() > 0) x /= x.norm();
  return x.template cast<typename K::Scalar>();
}

}  // namespace

TEMPLATE_TEST_CASE("apply is U f(S) V^T", "", PION_KINDS) {
  using K = TestType;
  std::mt19937_64 random(11);
  for (const Normalizer n : all_normalizers) {
    for (const Chain& chain : reference::chain_zoo()) {
      for (const auto& [rows, cols] : reference::shapes(random, 2)) {
        const auto x = draw<K>(rows, cols, n, random);
        for (const Method method : methods) agrees_with_reference<K>({chain, n}, x, method);
      }
    }
  }
}

TEMPLATE_TEST_CASE("a transposed matrix gives the transposed result", "", PION_KINDS) {
  using K = TestType;
  std::mt19937_64 random(12);
  for (const Normalizer n : all_normalizers) {
    for (const auto& [rows, cols] : reference::shapes(random)) {
      // Inside, both are the same matrix with its short side first: equal to the last bit. (AOL
      // scales the rows of a square matrix, so that a square matrix and its transpose differ.)
      if (rows == cols && n == Normalizer::aol) continue;
      const Filter f{chains::high_pass(3), n};
      const auto x = draw<K>(rows, cols, n, random);
      const typename K::Matrix y = apply<typename K::Engine>(f, x);
      const typename K::Matrix z = apply<typename K::Engine>(f, x.transpose());
      if (rows != cols) {
        CHECK(z == y.transpose());
      } else {
        const auto expected = reference::expected<typename K::Compute, typename K::Scalar>(
            f, x.template cast<Real>(), Method::gram);
        CHECK(reference::distance(z.transpose(), y.template cast<Real>()) <=
              2 * expected.tolerance);
      }
    }
  }
}

TEMPLATE_TEST_CASE("orthogonal factors pass through a filter", "", PION_KINDS) {
  using K = TestType;
  using T = typename K::Compute;
  std::mt19937_64 random(13);
  for (const Normalizer n :
       {Normalizer::frobenius, Normalizer::schatten4, Normalizer::spectral, Normalizer::none}) {
    for (const auto& [rows, cols] : {std::pair<Index, Index>{6, 15}, {12, 12}, {17, 4}}) {
      const Filter f{chains::high_pass(2), n};
      reference::Matrix x = reference::random_matrix(rows, cols, random, 1.0);
      x /= x.norm();
      const reference::Matrix p = reference::svd(reference::random_matrix(rows, rows, random, 0)).u;
      const reference::Matrix q = reference::svd(reference::random_matrix(cols, cols, random, 0)).u;
      const typename K::Matrix rotated = (p * x * q).template cast<typename K::Scalar>();
      const typename K::Matrix y = apply<typename K::Engine>(f, rotated);
      const auto expected = reference::expected<T, typename K::Scalar>(f, x, Method::gram);
      // Rounding p x q to the scalar moves x by eps ||x||, and f's slope is below 17 on [0, 1].
      const Real moved = 17 * reference::eps<typename K::Scalar>() /
                         (n == Normalizer::none ? Real(1) : reference::svd(x).sigma(0));
      CHECK(reference::distance(y, p * expected.value * q) <= expected.tolerance + moved);
    }
  }
}

TEMPLATE_TEST_CASE("powers of two leave the result as it is, to the last bit", "", PION_KINDS) {
  using K = TestType;
  std::mt19937_64 random(14);
  for (const Normalizer n : all_normalizers) {
    if (n == Normalizer::none) continue;
    const Filter f{chains::high_pass(3), n};
    for (const auto& [rows, cols] : reference::shapes(random)) {
      // Few decades and moderate powers, so that no entry of a 16-bit type is rounded in scaling.
      const typename K::Matrix x = reference::random_matrix(rows, cols, random, 0.3)
                                       .unaryExpr([](Real v) { return v + (v < 0 ? -1 : 1); })
                                       .template cast<typename K::Scalar>();
      const typename K::Matrix y = apply<typename K::Engine>(f, x);
      for (const int power : {-9, -1, 1, 7}) {
        const typename K::Matrix scaled = (x.template cast<double>() * std::ldexp(1.0, power))
                                              .template cast<typename K::Scalar>();
        CHECK(apply<typename K::Engine>(f, scaled) == y);
      }
    }
  }
}

TEMPLATE_TEST_CASE("any other factor changes rounding alone, and a sign changes the sign", "",
                   PION_KINDS) {
  using K = TestType;
  using S = typename K::Scalar;
  std::mt19937_64 random(15);
  for (const Normalizer n : all_normalizers) {
    const Filter f{chains::high_pass(2), n};
    for (const auto& [rows, cols] : reference::shapes(random)) {
      const auto x = draw<K>(rows, cols, n, random);
      const typename K::Matrix y = apply<typename K::Engine>(f, x);
      CHECK(apply<typename K::Engine>(f, typename K::Matrix(-x)) == -y);
      if (n == Normalizer::none || x.size() == 0) continue;
      const typename K::Matrix scaled = (x.template cast<double>() * 1.7).template cast<S>();
      agrees_with_reference<K>(f, scaled, Method::automatic);
    }
  }
}

TEMPLATE_TEST_CASE("one filter after the other is the filter of the composition", "", PION_KINDS) {
  using K = TestType;
  using S = typename K::Scalar;
  std::mt19937_64 random(16);
  const Chain first = chains::high_pass(2, 2), then = chains::high_pass(0, 3);
  for (const auto& [rows, cols] : reference::shapes(random)) {
    const auto x = draw<K>(rows, cols, Normalizer::frobenius, random);
    const typename K::Matrix once = apply<typename K::Engine>(Filter{first.then(then)}, x);
    const typename K::Matrix half_way = apply<typename K::Engine>(Filter{first}, x);
    const typename K::Matrix twice =
        apply<typename K::Engine>(Filter{then, Normalizer::none}, half_way);
    const auto at_once = reference::expected<typename K::Compute, S>(
        {first.then(then)}, x.template cast<Real>(), Method::gram);
    const auto second = reference::expected<typename K::Compute, S>(
        {then, Normalizer::none}, half_way.template cast<Real>(), Method::gram);
    const auto one =
        reference::expected<typename K::Compute, S>({first}, x.template cast<Real>(), Method::gram);
    // The error of the first filter grows by the slope of the second: at most 1.875^3 for three
    // suppression steps, whose slope peaks at 7.5 / 4 = 1.875 each.
    const Real slope = 1.875L * 1.875L * 1.875L;
    CHECK(reference::distance(twice, once.template cast<Real>()) <=
          at_once.tolerance + second.tolerance + slope * one.tolerance);
  }
}

TEMPLATE_TEST_CASE("entries of any size neither overflow nor vanish", "", float, double) {
  using T = TestType;
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;
  std::mt19937_64 random(17);
  const reference::Matrix shape = reference::random_matrix(9, 14, random, 1.0);
  const Real top = shape.cwiseAbs().maxCoeff();
  const auto largest = static_cast<Real>(std::numeric_limits<T>::max());
  const auto smallest = static_cast<Real>(std::numeric_limits<T>::min());
  for (const Normalizer n : all_normalizers) {
    if (n == Normalizer::none) continue;
    for (const Real size : {Real(1e-38L), Real(1e-30L), Real(1), Real(1e30L), Real(1e38L),
                            smallest * 1e4L, largest / 2}) {
      INFO(name(n) << " at " << static_cast<double>(size));
      const Matrix x = (shape * (size / top)).template cast<T>();
      for (const Method method : methods) {
        const Filter f{chains::high_pass(3), n};
        const auto expected = reference::expected<T>(f, x.template cast<Real>(), bound_for(method));
        const Matrix y = filtered<Kind<T, col, DefaultEngine>>(f, x, method);
        CHECK(reference::distance(y, expected.value) <= expected.tolerance);
      }
    }
  }
  // All subnormal: the values are exact, and so is their scaling.
  const T tiny = std::numeric_limits<T>::denorm_min();
  Matrix x(2, 3);
  x << T(3), T(-5), T(8), T(0), T(7), T(1);
  CHECK(apply(Filter{chains::high_pass(2)}, Matrix(x * tiny)) ==
        apply(Filter{chains::high_pass(2)}, x));
}

TEST_CASE("methods agree with each other, and the info says which one ran") {
  std::mt19937_64 random(18);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{20, 20}, {8, 40}, {40, 8}}) {
    const Eigen::MatrixXd x = reference::random_matrix(rows, cols, random).cast<double>();
    Eigen::MatrixXd y(rows, cols);
    for (const Filter& f : {Filter{chains::muon()}, Filter{chains::high_pass(2)}}) {
      for (const Method method : {Method::dense, Method::gram, Method::svd}) {
        const ApplyInfo info = method == Method::svd ? apply_svd(f, x, y) : apply(f, x, y, method);
        CHECK(info.method == method);
        CHECK(info.rank == std::min(rows, cols));
        CHECK(!info.dead);
        CHECK(std::fabs(info.output_norm - y.norm()) <= 1e-12 * y.norm());
        CHECK(info.survivors.has_value() == (method == Method::svd));
      }
      const ApplyInfo info = apply(f, x, y);
      CHECK(info.method == plan<double>(f, rows, cols).method);
    }
  }
}

TEST_CASE("the SVD method counts rank and survivors") {
  std::mt19937_64 random(19);
  const reference::Svd s = reference::svd(reference::random_matrix(12, 20, random, 0));
  reference::Vector sigma = reference::Vector::Zero(12);
  sigma.head(5) << 1, 0.8L, 0.5L, 0.05L, 0.001L;
  const Eigen::MatrixXd x = (s.u * sigma.asDiagonal() * s.v.transpose()).cast<double>();
  Eigen::MatrixXd y(12, 20);
  const Filter f{chains::high_pass(2)};
  // Over ||x||_F = 1.376 the values are .727, .581, .363, .036, .0007; gain 1e-6 begins at .1184.
  ApplyInfo info = apply_svd(f, x, y);
  CHECK(info.rank == 5);
  CHECK(info.survivors == 3);
  CHECK(spectrum(x).rank() == 5);
  CHECK(spectrum(x).survivors(f) == 3);
  info = apply_svd(f, x, y, 0.997);  // of the three gains the last is .9953
  CHECK(info.survivors == 2);
}

TEST_CASE("an update that the filter kills is reported, whatever the method") {
  std::mt19937_64 random(20);
  std::normal_distribution<float> gauss;
  Eigen::MatrixXf flat(256, 256);
  for (Index i = 0; i < flat.size(); ++i) flat(i) = gauss(random);
  // sigma_1 / ||X||_F is about 2 / sqrt(256) = .125; kp = 0 needs .69 for a gain of 1e-6.
  Eigen::MatrixXf y(256, 256);
  const Filter kills{chains::high_pass(0)}, keeps{chains::high_pass(4)};
  const Filter keeps_too{chains::high_pass(0), Normalizer::spectral};
  for (const Method method : {Method::dense, Method::gram}) {
    CHECK(apply(kills, flat, y, method).dead);
    CHECK(!apply(keeps, flat, y, method).dead);
    CHECK(!apply(keeps_too, flat, y, method).dead);
  }
  CHECK(apply_svd(kills, flat, y).dead);
  CHECK(!apply_svd(keeps, flat, y).dead);
  // The threshold itself, eps sqrt(min(m, n)): a chain that scales ||X||_F = 1 to just either side.
  for (const float side : {0.99F, 1.01F}) {
    const double size = static_cast<double>(side * std::numeric_limits<float>::epsilon() * 16);
    const Filter scales{Chain{{size, 0, 0}}};
    for (const Method method : {Method::dense, Method::gram}) {
      CHECK(apply(scales, flat, y, method).dead == (side < 1));
    }
    CHECK(apply_svd(scales, flat, y).dead == (side < 1));
  }
  const ApplyInfo zero =
      apply(Filter{chains::high_pass(0)}, Eigen::MatrixXf::Zero(3, 5), y.topLeftCorner(3, 5));
  CHECK(!zero.dead);
  CHECK(zero.output_norm == 0.0);
  CHECK(y.topLeftCorner(3, 5).isZero(0));
}

TEST_CASE("the spectral normaliser never undercuts sigma_1 and is at most 2 % above") {
  std::mt19937_64 random(21);
  for (int trial = 0; trial < 40; ++trial) {
    const auto shapes = reference::shapes(random, 6);
    for (const auto& [rows, cols] : shapes) {
      if (rows * cols == 0) continue;
      const Eigen::MatrixXd x =
          reference::random_matrix(rows, cols, random, trial % 4).cast<double>();
      // A filter of no steps returns x over its normaliser.
      const double top = spectrum(apply(Filter{Chain{}, Normalizer::spectral}, x)).largest();
      CHECK(top <= 1.0);
      CHECK(top >= 1.0 / 1.0202);
    }
  }
}

TEST_CASE("AOL takes every matrix into the unit ball of the spectral norm") {
  std::mt19937_64 random(22);
  for (int trial = 0; trial < 20; ++trial) {
    for (const auto& [rows, cols] : reference::shapes(random, 4)) {
      if (rows * cols == 0) continue;
      Eigen::MatrixXd x = reference::random_matrix(rows, cols, random, 1).cast<double>();
      if (trial % 3 == 0) x.row(0).setZero();
      const double top = spectrum(apply(Filter{Chain{}, Normalizer::aol}, x)).largest();
      CHECK(top <= 1.0 + 1e-14 * static_cast<double>(rows + cols));
    }
  }
  // A row whose square is subnormal, and so of no precision, is taken for a zero row.
  Eigen::MatrixXf faint = Eigen::MatrixXf::Zero(2, 8);
  faint(0, 0) = 1.0F;
  faint(1, 1) = 4.55e-23F;
  CHECK(apply(Filter{Chain{}, Normalizer::aol}, faint).row(1).norm() <= 1.0F);
}
