// SPDX-License-Identifier: Apache-2.0
// Covers its own header, algorithm/restarts.hpp and algorithm/rounding_growth.hpp.
// Gram space: where the iteration goes back to the matrix, why there, and that it may anywhere.

#include <algorithm>
#include <array>
#include <bitset>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

#include <pion/pion.hpp>

#include "support/catch.hpp"
#include "support/reference.hpp"

using namespace pion;
using algorithm::Restarts;
using reference::Real;

namespace {

/// gram_growth() from its definition, on a grid of its own: with q(s^2) = f(s) / s for the steps
/// [from, to) of a chain, s |q'(s^2)| = |f'(s) - q| / (2 s), and q(0) = f'(0).
Real growth(const Chain& chain, int from, int to, int samples) {
  const Chain f(std::vector<OddQuintic>(chain.steps().begin() + from, chain.steps().begin() + to));
  Real most = 0;
  for (int i = 0; i <= samples; ++i) {
    const Real s = std::pow(Real(10), Real(-5) * i / samples);
    const Real q = f(s) / s;
    most = std::max(
        {most, std::fabs(f.derivative(s) - q) / (2 * s), std::fabs(q - f.derivative(Real(0))) / s});
  }
  return most;
}

/// Whether the steps [from, to) may share a Gram matrix: an eigenvalue that rounding has made
/// negative, 2^-20 in float, stays above -2^-6 as long as one of them looks at it.
bool contained(const Chain& f, int from, int to) {
  Real r = -std::ldexp(Real(1), -20);
  for (int k = from; k + 1 < to; ++k) {
    const OddQuintic& p = f.steps()[static_cast<std::size_t>(k)];
    const Real h = p.a + p.b * r + p.c * r * r;
    r *= h * h;
    if (r < -std::ldexp(Real(1), -6)) return false;
  }
  return true;
}

/// Chains of every temper: p(1) = 1 keeps their compositions of moderate size.
std::vector<Chain> chains_with_restarts(std::mt19937_64& random) {
  std::vector<Chain> all = reference::chain_zoo();
  for (const int steps : {2, 3, 8, Restarts::max_steps}) all.push_back(chains::muon(steps));
  all.push_back(chains::polar_express());
  std::uniform_real_distribution<double> coefficient(-3.0, 3.0);
  for (int trial = 0; trial < 40; ++trial) {
    std::vector<OddQuintic> steps;
    for (int k = 0; k < 1 + trial % 7; ++k) {
      const double a = coefficient(random), b = coefficient(random);
      steps.push_back({a, b, 1.0 - a - b});
    }
    all.emplace_back(steps);
  }
  return all;
}

/// Both algorithms on a matrix with its short side first, as they are, without a plan.
template <class T>
struct Both {
  using Matrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

  Both(const Chain& chain, const Matrix& x)
      : f(chain),
        start(x),
        arena(workspace,
              detail::Filtering<engine::eigen, T>::workspace(Method::gram, x.rows(), x.cols())),
        b(arena, Method::gram, x.rows(), x.cols()) {}

  Matrix gram(const Restarts& restarts) {
    load();
    algorithm::gram(b.kernels, f, restarts, b.x, b.y, b.r, b.h, b.q, b.t);
    return engine::as_eigen(b.x);
  }
  Matrix dense() {
    load();
    algorithm::dense(b.kernels, f, b.x, b.y, b.r, b.h);
    return engine::as_eigen(b.x);
  }

 private:
  void load() {
    engine::as_eigen(b.x) = start;
    b.kernels.gram(b.x, b.r);
  }

  Chain f;
  Matrix start;
  Workspace workspace;
  detail::Arena arena;
  detail::Buffers<engine::eigen, T> b;
};

}  // namespace

TEST_CASE("restarts are as few as leave rounding at the dense chain's size, found by trying all") {
  std::mt19937_64 random(41);
  std::array<int, 8> met{};
  for (const Chain& f : chains_with_restarts(random)) {
    const Restarts restarts = algorithm::gram_restarts(f);
    CHECK(!restarts.before(0));
    for (int k = f.size(); k < Restarts::max_steps; ++k) CHECK(!restarts.before(k));
    if (f.size() > 8) continue;
    const auto steepest = [&f](int from) {
      const Chain rest(std::vector<OddQuintic>(f.steps().begin() + from, f.steps().end()));
      Real most = 0;
      for (int i = 0; i <= 96; ++i) {
        most = std::max(most, std::fabs(rest.derivative(std::pow(Real(10), Real(-5) * i / 96))));
      }
      return most;
    };
    // What is left of all segments' errors, restarts[k] being bit k.
    const auto left = [&](unsigned set) {
      Real sum = 0;
      for (int k = 0, end = 1; k < f.size(); k = end, ++end) {
        while (end < f.size() && (set >> end & 1U) == 0) ++end;
        if (!contained(f, k, end)) return Real(HUGE_VALL);
        sum += growth(f, k, end, 96) * steepest(end);
      }
      return sum;
    };
    const auto count = [](unsigned set) { return std::bitset<32>(set).count(); };
    const unsigned everywhere = f.size() < 2 ? 0U : (1U << f.size()) - 2U;
    const Real limit = std::max<Real>(256, 4 * left(everywhere));
    if (limit > 1e100L) continue;  // near where double's numbers end
    unsigned best = everywhere, taken = 0;
    for (unsigned set = 0; set <= everywhere; set += 2) {
      if (!(left(set) <= limit)) continue;
      const bool as_few = count(set) == count(best);
      if (count(set) < count(best) || (as_few && left(set) < left(best))) best = set;
    }
    for (int k = 1; k < f.size(); ++k) taken |= static_cast<unsigned>(restarts.before(k)) << k;
    INFO(f.size() << " steps, taken " << taken << ", best " << best);
    CHECK(count(taken) == count(best));
    CHECK(left(taken) <= (1 + 1e-6L) * left(best));
    ++met[count(best)];
  }
  for (const std::size_t often : {0U, 1U, 2U}) CHECK(met[often] >= 2);
  // What overflows is begun again before every step.
  const std::vector<OddQuintic> wild(20, OddQuintic{1e100, 0.0, 0.0});
  CHECK(algorithm::gram_restarts(Chain(wild)).count() == 19);
}

TEST_CASE("the growth of errors in Gram space is the definition's, and what its comment says") {
  std::mt19937_64 random(42);
  for (const Chain& f : chains_with_restarts(random)) {
    if (f.size() > 8) continue;
    for (int from = 0; from < f.size(); ++from) {
      for (int to = from + 1; to <= f.size(); ++to) {
        const Real own = algorithm::gram_growth(f, from, to);
        const Real same_grid = growth(f, from, to, 96);
        if (same_grid > 1e100L) continue;  // near where double's numbers end
        INFO(f.size() << " steps, from " << from << " to " << to << ": "
                      << static_cast<double>(own));
        // q and q(0) cancel: each product of the chain is rounded, and its error divided by s.
        const Real rounding = 64 * (to - from) * reference::eps<double>() * 1e5L;
        CHECK(std::fabs(own - same_grid) <= rounding * (1 + same_grid));
      }
    }
  }
  // To the digits given; and a grid twenty times finer finds little more.
  const auto is = [](const Chain& f, int steps, Real least, Real most) {
    const Real own = algorithm::gram_growth(f, 0, steps);
    INFO(steps << " steps: " << static_cast<double>(own));
    CHECK(own >= least);
    CHECK(own < most);
    CHECK(growth(f, 0, steps, 2000) <= 1.15L * own);
  };
  for (int kp = 0; kp <= 5; ++kp) is(chains::high_pass(kp), 5, 10, 144);
  is(chains::muon(), 2, 31, 32);
  is(chains::muon(), 3, 372, 374);
  is(chains::muon(), 5, 5.15e4L, 5.25e4L);
  for (const int steps : {1, 2, 3, 5, 8}) is(chains::polar_express(), steps, 10, 1.1e7L);
}

TEMPLATE_TEST_CASE("Gram space may go back to the matrix before any step", "", float, double) {
  using T = TestType;
  using Matrix = typename Both<T>::Matrix;
  std::mt19937_64 random(43);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{9, 30}, {14, 14}, {1, 5}}) {
    const reference::Matrix drawn = reference::random_matrix(rows, cols, random);
    const Matrix x = (drawn / drawn.norm()).cast<T>();
    const reference::Svd s = reference::svd(x.template cast<Real>());
    for (const Chain& f : {chains::muon(), chains::high_pass(2), chains::high_pass(4)}) {
      const reference::Vector gain = s.sigma.unaryExpr([&f](Real v) { return Real(f(v)); });
      const reference::Matrix exact = s.u * gain.asDiagonal() * s.v.transpose();
      Both<T> both(f, x);
      for (unsigned set = 0; set < 1U << (f.size() - 1); ++set) {
        Restarts restarts;
        for (int k = 1; k < f.size(); ++k) {
          if ((set >> (k - 1) & 1U) != 0) restarts.add(k);
        }
        INFO(rows << "x" << cols << ", restarts " << set);
        reference::Arithmetic arithmetic;
        arithmetic.sum = reference::eps<T>();
        const Real bound =
            reference::rounding(f, s.sigma, rows, cols, arithmetic, Method::gram, restarts, false);
        const Matrix y = both.gram(restarts);
        CHECK(reference::distance(y, exact) <= bound);
        // Back before every step, it is the dense chain.
        if (restarts.count() == f.size() - 1) CHECK(y == both.dense());
      }
    }
  }
}

TEST_CASE(
    "restarts keep Gram space as accurate as the dense chain, where it would blow up without") {
  // Singular values down to 1e-6, below what rounding leaves of the Gram matrix's eigenvalues, and
  // slopes at 0 up to 3.4445^10. The first-order bound of reference.hpp grows with the product of
  // the steps' slopes and says nothing here; but the dense chain meets the same slopes, so it is
  // the measure: all segments together leave at most 4 times what one Gram matrix a step leaves.
  std::mt19937_64 random(23);
  for (const int steps : {5, 8, 10}) {
    for (const double decades : {3.0, 4.0, 6.0}) {
      const reference::Svd s = reference::svd(reference::random_matrix(24, 60, random, 0));
      reference::Vector sigma(24);
      for (Index i = 0; i < 24; ++i) {
        sigma(i) = std::pow(Real(10), static_cast<Real>(-decades * static_cast<double>(i) / 23));
      }
      const Eigen::MatrixXf x = (s.u * sigma.asDiagonal() * s.v.transpose()).cast<float>();
      const Filter f{chains::muon(steps)};
      const reference::Matrix exact =
          reference::expected<float>(f, x.cast<Real>(), Method::dense).value;
      const Real dense = reference::distance(apply(f, x, Method::dense), exact);
      const Real gram = reference::distance(apply(f, x, Method::gram), exact);
      CHECK(gram <= 8 * (dense + reference::eps<float>() * exact.norm()));
    }
  }
}

TEST_CASE("a chain of many steps does not leave its range in Gram space where it stays in dense") {
  std::mt19937_64 random(45);
  std::uniform_int_distribution<int> entry(-3, 3);
  for (int trial = 0; trial < 10; ++trial) {
    Eigen::VectorXf left(4);
    Eigen::RowVectorXf right(40);
    for (float& value : left) value = static_cast<float>(entry(random));
    for (float& value : right) value = static_cast<float>(entry(random));
    left(0) = right(0) = 2.0F;
    const Eigen::MatrixXf x = left * right;
    for (const Chain& f : {chains::polar_express(34), chains::polar_express(60),
                           repeat({1.875, -1.25, 0.375}, 40), chains::muon(30)}) {
      for (const Method method : {Method::automatic, Method::dense, Method::gram}) {
        Eigen::MatrixXf y(4, 40);
        const ApplyInfo info = apply(Filter{f}, x, y, method);
        // Four directions, each with a gain of at most 1.3 and rounding.
        CHECK(y.norm() <= 1.5F * 2.0F);
        CHECK(*info.rounding > 0.1);
      }
    }
  }
}

TEST_CASE("rounding in the result is what the info estimates, for every size of singular value") {
  std::mt19937_64 random(46);
  for (const double decades : {1.0, 4.0, 8.0}) {
    const reference::Svd s = reference::svd(reference::random_matrix(24, 36, random, 0));
    reference::Vector sigma(24);
    for (Index i = 0; i < 24; ++i) {
      sigma(i) = std::pow(Real(10), static_cast<Real>(-decades * static_cast<double>(i) / 23));
    }
    const Eigen::MatrixXf x = (s.u * sigma.asDiagonal() * s.v.transpose()).cast<float>();
    for (const Chain& f :
         {chains::high_pass(1), chains::high_pass(3), chains::muon(2), chains::muon(5),
          chains::muon(8), chains::polar_express(8), repeat({1.875, -1.25, 0.375}, 12)}) {
      const reference::Matrix exact =
          reference::expected<float>(Filter{f}, x.cast<Real>(), Method::dense).value;
      for (const Method method : {Method::dense, Method::gram}) {
        Eigen::MatrixXf y(24, 36);
        const ApplyInfo info = apply(Filter{f}, x, y, method);
        // Of 24 directions, none has more. Gram space may have 8 times as much as dense.
        const Real most = 8 * std::sqrt(Real(24)) * static_cast<Real>(*info.rounding);
        CHECK(reference::distance(y, exact) <= most * 1.3L);
      }
    }
  }
  const auto estimate = [](const Chain& f) { return algorithm::rounding_growth(f); };
  constexpr double float_epsilon = 0x1p-23, double_epsilon = 0x1p-52;
  CHECK(estimate(chains::muon(5)) * float_epsilon < 1e-3);
  CHECK(estimate(chains::muon(15)) * float_epsilon > 1.0);
  CHECK(estimate(chains::muon(15)) * double_epsilon < 1e-6);
  CHECK(estimate(repeat({1.875, -1.25, 0.375}, 40)) * float_epsilon > 1.0);
  for (int kp = 0; kp <= 5; ++kp) CHECK(estimate(chains::high_pass(kp)) < 150.0);
  CHECK(estimate(Chain{}) == 1.0);
  CHECK(estimate({{0.0, 0.0, 0.0}}) == 0.0);
  CHECK(std::isinf(estimate(repeat({1e200, 0.0, 0.0}, 4))));
}
