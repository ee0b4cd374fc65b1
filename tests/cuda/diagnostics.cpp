// SPDX-License-Identifier: Apache-2.0
// Covers cuda/head_norms.hpp, cuda/measure.hpp, cuda/snr.hpp, cuda/snr_bodies.hpp, cuda/svd.hpp,
// cuda/svd_bodies.hpp, cuda/svd_solver.hpp.
// LRMuon and the diagnostics on a device are the host's.

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <pion/cuda/svd.hpp>
#include <pion/diagnostics/head_norms.hpp>
#include <pion/diagnostics/snr.hpp>

#include "support.hpp"
#include "support/catch.hpp"

using namespace pion;
using reference::Real;
using support::Array;
using support::Context;
using support::Held;
using support::Info;
using support::Order;

namespace {

constexpr Order col = Order::columns, row = Order::rows;

/// Singular values 1, 1/2, 1/4, ... with gaps that leave no doubt about U_k V_k^T, `rank` of them.
reference::Matrix halving(Index rows, Index cols, Index rank, std::mt19937_64& random) {
  const reference::Svd s = reference::svd(reference::random_matrix(rows, cols, random, 0));
  reference::Vector sigma = reference::Vector::Zero(s.sigma.size());
  for (Index i = 0; i < std::min(rank, sigma.size()); ++i) {
    sigma(i) = std::ldexp(Real(1), static_cast<int>(-i));
  }
  return s.u * sigma.asDiagonal() * s.v.transpose();
}

template <class S, class D, Order X, Order Y>
struct Kind {
  using In = S;
  using Out = D;
  static constexpr Order in = X, out = Y;
};

}  // namespace

TEMPLATE_TEST_CASE("on a device, LRMuon's direction is U_k V_k^T", "",
                   (Kind<double, double, row, col>), (Kind<float, float, row, row>),
                   (Kind<cuda::bfloat16, float, col, row>),
                   (Kind<float, cuda::bfloat16, col, col>)) {
  using K = TestType;
  using S = typename K::In;
  using Out = typename K::Out;
  std::mt19937_64 random(71);
  Context context;
  Array<Info> info(1);
  for (const auto& [rows, cols] :
       {std::pair<Index, Index>{9, 14}, {14, 9}, {8, 8}, {1, 1}, {1, 5}, {5, 1}}) {
    for (const Index k : {1, 3, 20}) {
      const Index rank = std::min<Index>(5, std::min(rows, cols));
      const Held<S> x(halving(rows, cols, rank, random), K::in);
      Held<Out> y(rows, cols, K::out);
      polar_factor(x.view(), Leading{k}, y.view(), context, info.data());
      context.synchronize();
      INFO(detail::shape(rows, cols) << ", k = " << k);
      const reference::Svd s = reference::svd(x.get());
      const Info told = info.get()[0];
      CHECK(told.status == Info::done);
      // Entries of 16 bits make a matrix of full rank, whose smallest directions are not known
      // well.
      if (sizeof(S) == 2 && k > rank) continue;
      const Index kept = std::min(k, rank);
      CHECK(told.rank == kept);
      CHECK(told.output_norm == std::sqrt(static_cast<double>(kept)));
      const reference::Matrix want = s.u.leftCols(kept) * s.v.leftCols(kept).transpose();
      // A backward error of some (m + n) 8 eps turns the direction of sigma_i by as much over the
      // gap to the next, 2^-kept at least.
      const Real u = static_cast<Real>(cuda::Scalar<cuda::sum_t<S>>::epsilon);
      const Real turned = std::ldexp(Real(2 * (rows + cols) * 8) * u, static_cast<int>(kept));
      const Real stored = static_cast<Real>(cuda::Scalar<Out>::epsilon) * want.norm();
      CHECK(reference::distance(y.get(), want) <= turned + stored);
      CHECK(y.gaps_untouched());
    }
  }
}

TEMPLATE_TEST_CASE("on a device, LRMuon by compression is within its bound", "",
                   (Kind<double, double, row, col>), (Kind<float, float, row, row>),
                   (Kind<cuda::bfloat16, float, col, row>)) {
  using K = TestType;
  using S = typename K::In;
  std::mt19937_64 random(76);
  Context context;
  Tolerance tolerance;
  tolerance.method = Method::low_rank;
  tolerance.error = 1e-2;
  for (const auto& [rows, cols] : {std::pair<Index, Index>{60, 90}, {90, 60}}) {
    const Held<S> x(halving(rows, cols, 12, random), K::in);
    for (const Index k : {1, 4}) {
      Held<typename K::Out> y(rows, cols, K::out);
      cuda::WarmStart<cuda::sum_t<S>> start;
      for (int call = 0; call < 2; ++call) {
        y.poison();
        const ApplyInfo info =
            polar_factor(x.view(), Leading{k}, y.view(), context, tolerance, &start);
        context.synchronize();
        REQUIRE(info.method == Method::low_rank);
        REQUIRE(info.bound);
        CHECK(info.rank == k);
        CHECK(*info.bound <= tolerance.error);
        const reference::Svd s = reference::svd(x.get());
        const reference::Matrix want = s.u.leftCols(k) * s.v.leftCols(k).transpose();
        CHECK(static_cast<double>(reference::distance(y.get(), want)) <= *info.bound + 1e-13);
      }
    }
  }
  // No gap: the SVD, which says so.
  const Held<S> level(reference::Matrix::Identity(60, 60), K::in);
  Held<typename K::Out> y(60, 60, K::out);
  const ApplyInfo info = polar_factor(level.view(), Leading{5}, y.view(), context, tolerance);
  context.synchronize();
  CHECK(info.method == Method::svd);
  CHECK(!info.bound);
  CHECK(info.rank == 5);
  CHECK(std::fabs(static_cast<double>(y.get().norm()) - std::sqrt(5.0)) <= 1e-5);
  reference::Matrix bad = level.get();
  bad(3, 4) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(
      polar_factor(Held<S>(bad, K::in).view(), Leading{5}, y.view(), context, tolerance),
      std::domain_error);
}

TEST_CASE("on a device, LRMuon of a zero, an empty and a bad matrix") {
  std::mt19937_64 random(72);
  Context context;
  Array<Info> info(1);
  const Held<float> zero(reference::Matrix::Zero(4, 6), row);
  Held<float> y(4, 6, row);
  polar_factor(zero.view(), Leading{2}, y.view(), context, info.data());
  context.synchronize();
  CHECK(y.get().isZero(0));
  CHECK(info.get()[0].rank == 0);
  const cuda::Matrix<float> empty(nullptr, 0, 5);
  polar_factor(empty, Leading{2}, empty, context);
  reference::Matrix values = reference::random_matrix(4, 6, random);
  values(1, 2) = std::numeric_limits<float>::quiet_NaN();
  polar_factor(Held<float>(values, row).view(), Leading{2}, y.view(), context, info.data());
  context.synchronize();
  CHECK(info.get()[0].status == Info::not_finite);
  CHECK(y.get().isZero(0));
  CHECK_THROWS_AS(polar_factor(zero.view(), Leading{0}, y.view(), context), std::invalid_argument);
  CHECK_THROWS_AS(effective_rank(Held<float>(values, row).view(), context), std::domain_error);
}

TEST_CASE("on a device, the diagnostics are the host's") {
  std::mt19937_64 random(73);
  Context context;
  const auto check = [&](const auto& held) {
    const Eigen::MatrixXd x = held.get().template cast<double>();
    const Spectrum here = spectrum(x), there = spectrum(held.view(), context);
    const double tolerance = 1e-13 * static_cast<double>(x.rows() + x.cols());
    const auto close = [&](double a, double b) { return std::fabs(a - b) <= tolerance * b; };
    CHECK((there.values() - here.values()).norm() <= tolerance * here.values().norm());
    CHECK(there.rank() == here.rank());
    CHECK(close(effective_rank(held.view(), context), here.effective_rank()));
    CHECK(close(stable_rank(held.view(), context), here.stable_rank()));
    CHECK(close(nuclear_rank(held.view(), context), here.nuclear_rank()));
    CHECK(close(participation_ratio(held.view(), context), here.participation_ratio()));
    CHECK(close(there.concentration(), here.concentration()));
  };
  for (const auto& [rows, cols] : reference::shapes(random, 2)) {
    check(Held<float>(reference::random_matrix(rows, cols, random), row));
    check(Held<cuda::bfloat16>(reference::random_matrix(rows, cols, random), col));
    check(Held<double>(reference::random_matrix(rows, cols, random) * 1e200L, row));
  }
  check(Held<float>(reference::Matrix::Zero(5, 3), row));
}

TEST_CASE("on a device, SNR is the host's, and a bad sample does not count") {
  std::mt19937_64 random(75);
  Context context;
  const reference::Matrix signal = reference::random_matrix(7, 11, random);
  const auto compare = [&](auto there, auto here, const char* name) {
    CHECK_THROWS_WITH(there.estimate(context),
                      std::string(name) + ": 0 samples; the noise shows from two on");
    for (int i = 0; i < 6; ++i) {
      reference::Matrix values = signal + reference::random_matrix(7, 11, random, 0);
      const Held<float> g(values, i % 2 == 0 ? row : col);
      there.add(g.view(), context);
      here.add(g.get());
      values(6, 10) = std::numeric_limits<float>::infinity();
      there.add(Held<float>(values, row).view(), context);
      const Held<cuda::bfloat16> narrow(signal, row);
      there.add(narrow.view(), context);
      here.add(narrow.get());
    }
    const Snr a = there.estimate(context), b = here.estimate();
    CHECK(a.count == b.count);
    // Sums of 77 terms in another order; signal and noise are differences of the two averages.
    const double rounding = 1e-13 * (b.signal + b.noise);
    CHECK(std::fabs(a.signal - b.signal) <= rounding);
    CHECK(std::fabs(a.noise - b.noise) <= rounding);
    CHECK_THROWS_AS(there.add(Held<float>(2, 3, row).view(), context), std::invalid_argument);
  };
  compare(cuda::SnrSamples(7, 11, context), SnrSamples(), "SnrSamples");
  compare(cuda::SnrStream(0.8, 7, 11, context), SnrStream(0.8), "SnrStream");
  CHECK_THROWS_AS(cuda::SnrStream(1.0, 7, 11, context), std::invalid_argument);
  CHECK_THROWS_AS(cuda::SnrStream(0.8, -1, 11, context), std::invalid_argument);
}

TEST_CASE("on a device, the norms of heads are the host's") {
  std::mt19937_64 random(74);
  Context context;
  const auto check = [&](const auto& held, const auto& heads) {
    const Eigen::VectorXd want = head_norms(held.get().template cast<double>(), heads);
    Array<double> norms(want.size());
    head_norms(held.view(), heads, norms.data(), context);
    context.synchronize();
    const std::vector<double> got = norms.get();
    for (Index i = 0; i < want.size(); ++i) {
      CHECK(std::fabs(got[static_cast<std::size_t>(i)] - want(i)) <= 1e-14 * want(i));
    }
  };
  for (const Order order : {row, col}) {
    const Held<float> x(reference::random_matrix(12, 140, random), order);
    check(x, Heads{3});
    check(x, Heads{70, Axis::cols});  // more than a table holds
    check(Held<double>(reference::random_matrix(12, 140, random) * 1e-200L, order), Heads{4});
    check(Held<cuda::half>(reference::random_matrix(16, 5, random), order), fused_qkv(4, 2, 2));
  }
  const Held<float> none(0, 6, row);
  check(none, Heads{2, Axis::cols});
}
