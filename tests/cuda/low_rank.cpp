// SPDX-License-Identifier: Apache-2.0
// Covers its own header and cuda/tall_skinny.hpp, cuda/tall_skinny_bodies.hpp,
// cuda/warm_start.hpp.
// The low-rank method on a device: what it returns is within the bound that it gives.

#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/QR>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using reference::Real;
using support::Context;
using support::Held;
using support::Order;

namespace {

constexpr Order col = Order::columns, row = Order::rows;
const Filter f{chains::high_pass(2)};

Eigen::MatrixXd orthonormal(Index n, Index k, std::mt19937_64& random) {
  const Eigen::MatrixXd a = reference::random_matrix(n, k, random, 0).cast<double>();
  return Eigen::HouseholderQR<Eigen::MatrixXd>(a).householderQ() * Eigen::MatrixXd::Identity(n, k);
}

reference::Matrix with_spectrum(Index rows, Index cols, const Eigen::VectorXd& sigma,
                                std::mt19937_64& random) {
  const Eigen::MatrixXd u = orthonormal(rows, sigma.size(), random);
  const Eigen::MatrixXd v = orthonormal(cols, sigma.size(), random);
  return Eigen::MatrixXd(u * sigma.normalized().asDiagonal() * v.transpose()).cast<Real>();
}

Eigen::VectorXd spectrum(Index n, double (*at)(double)) {
  return Eigen::VectorXd::LinSpaced(n, 0.0, static_cast<double>(n - 1)).unaryExpr(at);
}

double harmonic(double i) { return 1.0 / (i + 1.0); }
double geometric(double i) { return std::exp(-i / 3.0); }
double rank_three(double i) { return i < 3.0 ? 1.0 + i : 0.0; }
double clusters(double i) { return i < 4.0 ? 1.0 : i < 12.0 ? 0.2 : 0.01; }
double flat(double) { return 1.0; }

Tolerance low_rank(double tolerance, std::uint64_t seed = 0) {
  Tolerance o;
  o.error = tolerance;
  o.method = Method::low_rank;
  o.seed = seed;
  return o;
}

/// f(x) from the reference's SVD.
reference::Matrix exact(const reference::Matrix& x) {
  const reference::Svd s = reference::svd(x / x.norm());
  const reference::Vector gain = s.sigma.unaryExpr([](Real sigma) { return Real(f.chain(sigma)); });
  return s.u * gain.asDiagonal() * s.v.transpose();
}

/// Half the distance from 1 to the next T.
template <class T>
double roundoff() {
  return 0.5 * cuda::Scalar<T>::epsilon;
}

template <class S, class D, Order X, Order Y>
struct Kind {
  using In = S;
  using Out = D;
  static constexpr Order in = X, out = Y;
};

}  // namespace

TEMPLATE_TEST_CASE("on a device, a low-rank result is within the bound that it gives", "",
                   (Kind<double, double, col, row>), (Kind<float, float, row, row>),
                   (Kind<float, double, col, col>), (Kind<cuda::bfloat16, float, row, col>),
                   (Kind<cuda::bfloat16, cuda::bfloat16, row, row>),
                   (Kind<cuda::half, cuda::half, col, row>), (Kind<double, float, row, col>)) {
  using K = TestType;
  using S = typename K::In;
  std::mt19937_64 random(51);
  Context context;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{60, 60}, {50, 90}, {90, 50}}) {
    for (const auto at : {harmonic, geometric, rank_three, clusters, flat}) {
      const Held<S> x(with_spectrum(rows, cols, spectrum(std::min(rows, cols), at), random), K::in);
      const reference::Matrix want = exact(x.get());
      // 16-bit entries are a matrix of full rank: a part of their rounding passes the filter.
      for (const double tolerance : {1e-2, 1e-4}) {
        Held<typename K::Out> y(rows, cols, K::out);
        const ApplyInfo info = apply(f, x.view(), y.view(), context, low_rank(tolerance));
        context.synchronize();
        INFO(detail::shape(rows, cols) << ", " << tolerance << ", " << name(info.method));
        if (at != flat && tolerance == 1e-2) CHECK(info.method == Method::low_rank);
        if (info.method != Method::low_rank) continue;
        REQUIRE(info.bound);
        CHECK(*info.bound <= tolerance);
        const double stored = roundoff<typename K::Out>() * static_cast<double>(want.norm()) +
                              (std::is_same_v<typename K::Out, cuda::half> ? 1e-5 : 0.0);
        const auto away = static_cast<double>(reference::distance(y.get(), want));
        CHECK(away <= *info.bound + stored + 1e-14);
        CHECK(std::fabs(info.output_norm - static_cast<double>(want.norm())) <= *info.bound);
        CHECK(y.gaps_untouched());
      }
    }
  }
}

TEST_CASE("on a device, large matrices are widened and stored panel by panel") {
  std::mt19937_64 random(57);
  Context context;
  const Index rows = 1500, cols = 2900;  // two panels of 2^21 elements, and a part of a third
  const Eigen::Vector3d sigma = Eigen::Vector3d(3, 2, 1).normalized();
  const Eigen::MatrixXd u = orthonormal(rows, 3, random), v = orthonormal(cols, 3, random);
  const Eigen::Vector3d gain = sigma.unaryExpr([](double s) { return f.chain(s); });
  const Eigen::MatrixXd want = u * gain.asDiagonal() * v.transpose();
  const Held<float> x(u * sigma.asDiagonal() * v.transpose(), col);
  Held<cuda::half> y(rows, cols, row);
  const ApplyInfo info = apply(f, x.view(), y.view(), context, low_rank(1e-4));
  context.synchronize();
  REQUIRE(info.method == Method::low_rank);
  // Entries of some 1e-3 lie among half's subnormal numbers: 2^-25 each, and the rounding of x.
  const double stored =
      roundoff<cuda::half>() * gain.norm() + 0x1p-25 * std::sqrt(static_cast<double>(rows * cols));
  const double moved = SlopeBounds(f.chain).steepest() * roundoff<float>();
  CHECK((y.get().cast<double>() - want).norm() <= *info.bound + stored + moved);
}

TEST_CASE("on a device, the output of the low-rank method may be the input") {
  std::mt19937_64 random(52);
  Context context;
  Held<float> x(with_spectrum(40, 70, spectrum(40, harmonic), random), row);
  const reference::Matrix want = exact(x.get());
  const ApplyInfo info = apply(f, x.view(), x.view(), context, low_rank(1e-3));
  context.synchronize();
  REQUIRE(info.method == Method::low_rank);
  CHECK(static_cast<double>(reference::distance(x.get(), want)) <= *info.bound + 1e-6);
}

TEST_CASE("on a device, one seed gives the same bits at every power of two") {
  std::mt19937_64 random(53);
  Context context;
  const Held<float> x(with_spectrum(60, 70, spectrum(60, harmonic), random), row);
  const auto filtered = [&](const Held<float>& from, std::uint64_t seed) {
    Held<float> y(60, 70, row);
    CHECK(apply(f, from.view(), y.view(), context, low_rank(1e-3, seed)).method ==
          Method::low_rank);
    context.synchronize();
    return y.get();
  };
  const reference::Matrix one = filtered(x, 5);
  CHECK(filtered(x, 5) == one);
  CHECK(filtered(x, 6) != one);
  for (const int power : {-20, 20, -100, 100}) {
    CHECK(filtered(Held<float>(x.get() * std::ldexp(Real(1), power), row), 5) == one);
  }
}

TEST_CASE("on a device, a warm start saves sweeps, and a wrong one spoils nothing") {
  std::mt19937_64 random(54);
  Context context;
  const Held<double> x(with_spectrum(128, 96, spectrum(96, harmonic), random), row);
  Held<double> y(128, 96, row);
  cuda::WarmStart<double> start;
  const ApplyInfo cold = apply(f, x.view(), y.view(), context, low_rank(1e-6), &start);
  REQUIRE(cold.method == Method::low_rank);
  CHECK(start.directions() > cold.rank);
  y.poison();
  const ApplyInfo warm = apply(f, x.view(), y.view(), context, low_rank(1e-6), &start);
  REQUIRE(warm.method == Method::low_rank);
  CHECK(warm.multiply_adds < cold.multiply_adds);
  context.synchronize();
  CHECK(static_cast<double>(reference::distance(y.get(), exact(x.get()))) <= *warm.bound + 1e-14);

  const Held<double> other(with_spectrum(128, 96, spectrum(96, geometric), random), row);
  const ApplyInfo wrong = apply(f, other.view(), y.view(), context, low_rank(1e-6), &start);
  REQUIRE(wrong.method == Method::low_rank);
  context.synchronize();
  CHECK(static_cast<double>(reference::distance(y.get(), exact(other.get()))) <=
        *wrong.bound + 1e-14);

  const cuda::Matrix<double> narrow = x.view().block(0, 0, 128, 90);
  CHECK_THROWS_WITH(apply(f, narrow, narrow, context, low_rank(1e-6), &start),
                    "apply: the warm start is for 96 rows, and x has 90 as it lies in memory");
}

TEST_CASE("on a device, what the low-rank method cannot do is left to another, which says so") {
  std::mt19937_64 random(55);
  Context context;
  const Held<float> level(with_spectrum(90, 90, spectrum(90, flat), random), row);
  Held<float> y(90, 90, row);
  ApplyInfo info = apply(f, level.view(), y.view(), context, low_rank(1e-3));
  CHECK(info.method != Method::low_rank);
  CHECK(!info.bound);
  context.synchronize();
  const auto e = reference::expected<float>(f, level.get(), info.method);
  CHECK(reference::distance(y.get(), e.value) <= e.tolerance);
  CHECK(std::fabs(info.output_norm - static_cast<double>(y.get().norm())) <= 1e-6);

  const Held<float> zero(reference::Matrix::Zero(90, 90), row);
  apply(f, zero.view(), y.view(), context, low_rank(1e-3));
  context.synchronize();
  CHECK(y.get().isZero(0));
  const cuda::Matrix<float> empty(nullptr, 0, 5);
  apply(f, empty, empty, context, low_rank(1e-3));
  for (const auto& [rows, cols] : {std::pair<Index, Index>{1, 1}, {1, 7}, {7, 1}, {2, 3}}) {
    const Held<float> ones(reference::Matrix::Ones(rows, cols), row);
    Held<float> out(rows, cols, row);
    apply(f, ones.view(), out.view(), context, low_rank(1e-3));
    context.synchronize();
    CHECK(reference::distance(out.get(), exact(ones.get())) <= 1e-3L);
  }
}

TEST_CASE("on a device, the low-rank method refuses bad entries and bad tolerance") {
  std::mt19937_64 random(56);
  Context context;
  reference::Matrix values = with_spectrum(20, 30, spectrum(20, harmonic), random);
  Held<float> y(values, row);
  const reference::Matrix before = y.get();
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    values(3, 5) = bad;
    CHECK_THROWS_WITH(apply(f, Held<float>(values, row).view(), y.view(), context, low_rank(1e-3)),
                      "apply: x has an entry that is not finite");
  }
  CHECK_THROWS_AS(apply(f, y.view(), y.view(), context, low_rank(0.0)), std::invalid_argument);
  CHECK_THROWS_AS(
      apply({f.chain, Normalizer::spectral}, y.view(), y.view(), context, low_rank(1e-3)),
      std::invalid_argument);

  cudaGraph_t graph = nullptr;
  cuda::check(cudaStreamBeginCapture(context.stream(), cudaStreamCaptureModeRelaxed), "capture");
  CHECK_THROWS_WITH(apply(f, y.view(), y.view(), context, low_rank(1e-3)),
                    "apply: it waits for the device, so no graph can capture it");
  cuda::check(cudaStreamEndCapture(context.stream(), &graph), "capture");
  cudaGraphDestroy(graph);
  CHECK(y.get() == before);
}
