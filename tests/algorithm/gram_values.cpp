// SPDX-License-Identifier: Apache-2.0
// Spectra through x x^T: within their own bound on hostile spectra, by every engine and its
// algorithm/decompositions.hpp, of which engine/lapack.hpp is one.

#include <cmath>
#include <random>
#include <vector>

#include <pion/pion.hpp>

#if defined(PION_TEST_BLAS)
#include <pion/engine/blas.hpp>
#endif

#include "support/catch.hpp"
#include "support/known.hpp"
#include "support/reference.hpp"

using namespace pion;

namespace {

/// U diag(sigma) V^T for random orthogonal factors, rounded to float.
Eigen::MatrixXf made(const Eigen::VectorXd& sigma, Index rows, Index cols,
                     std::mt19937_64& random) {
  const Eigen::MatrixXd u = known::orthonormal(rows, sigma.size(), random),
                        v = known::orthonormal(cols, sigma.size(), random);
  const Eigen::MatrixXd x = u * sigma.asDiagonal() * v.transpose();
  return x.cast<float>();
}

double entropy_rank(const Eigen::VectorXd& sigma) { return Spectrum(sigma, 1, 1).effective_rank(); }

/// The spectrum and its effective rank are within what it says of itself, which is within `within`.
template <class Engine>
void check(const Eigen::MatrixXf& x, const Eigen::VectorXd& exact, double within) {
  const Spectrum s = spectrum<Engine>(x, within);
  const double slack = 1e-15 * exact(0);  // of the reference, once it is rounded to double
  REQUIRE(s.values().size() == exact.size());
  CHECK((s.values() - exact).cwiseAbs().maxCoeff() <= s.error() + slack);
  CHECK(s.error() <= within * s.largest());
  CHECK(std::fabs(s.effective_rank() / entropy_rank(exact) - 1) <=
        s.effective_rank_error() + 1e-13);
  CHECK(s.effective_rank_error() <= within);
}

void check_all(const Eigen::MatrixXf& x, const Eigen::VectorXd& exact) {
  for (const double within : {1e-6, 1e9}) {  // 1e9: never by an SVD
    check<engine::eigen>(x, exact, within);
    check<DefaultEngine>(x, exact, within);
#if defined(PION_TEST_BLAS)
    check<engine::blas>(x, exact, within);
#endif
  }
  check<DefaultEngine>(x.transpose(), exact, 1e-6);
}

}  // namespace

TEST_CASE("spectra of float matrices are within their bound, and that within 1e-6") {
  std::mt19937_64 random(71);
  const auto falling = [](Index size, auto at) {
    return Eigen::VectorXd(Eigen::VectorXd::NullaryExpr(size, at));
  };
  std::vector<Eigen::MatrixXf> hostile = {
      made(Eigen::Vector2d(1.0, 1e-18), 24, 40, random),
      made(falling(24, [](Index i) { return std::pow(10.0, -0.5 * double(i)); }), 24, 40, random),
      made(falling(24, [](Index i) { return 1.0 / double(1 + i); }), 24, 24, random),
      made(falling(24, [](Index i) { return i < 12 ? 1.0 : 1e-3; }), 24, 30, random),
      Eigen::MatrixXf::NullaryExpr(24, 24,
                                   [](Index i, Index j) { return 1.0F / float(1 + i + j); }),
      1e-30F * made(Eigen::VectorXd::Ones(5), 24, 40, random),  // nineteen that are 0
  };
  hostile.push_back(made(Eigen::VectorXd::LinSpaced(24, 3.0, 1.0), 24, 40, random));
  hostile.back().middleRows(3, 7).setZero();
  for (const Eigen::MatrixXf& x : hostile) {
    check_all(x, reference::svd(x.cast<reference::Real>()).sigma.cast<double>());
  }
}

TEST_CASE("small values of a larger matrix are found without an SVD") {
  std::mt19937_64 random(74);
  const auto check_small = [](const Eigen::MatrixXf& x) {
    const Eigen::VectorXd exact = detail::singular_values<double>(x.cast<double>());
    const double rounding = detail::decomposition_rounding<double>(x.rows(), x.cols());
    const auto look = [&](const Spectrum& s) {
      CHECK(s.error() > 2 * rounding * s.largest());  // an SVD claims less
      CHECK(s.is_within(1e-6));
      const double off = (s.values() - exact).cwiseAbs().maxCoeff();
      CHECK(off <= s.error() + rounding * exact(0));
      CHECK(std::fabs(s.effective_rank() / entropy_rank(exact) - 1) <=
            s.effective_rank_error() + 1e3 * rounding);
      for (Index i = 0; i < exact.size(); ++i) {  // each by its own bound, far below error()
        const double own = s.errors().at(s.values()(i) / s.largest()) + rounding;
        CHECK(std::fabs(s.values()(i) - exact(i)) <= own * s.largest());
      }
    };
    look(spectrum(x));
    look(spectrum<engine::eigen>(x.transpose()));
#if defined(PION_TEST_BLAS)
    look(spectrum<engine::blas>(x));
#endif
  };
  Eigen::MatrixXf fading = reference::random_matrix(160, 200, random, 0).cast<float>();
  for (Index i = 0; i < 160; ++i) fading.row(i) *= std::pow(10.0F, -0.05F * float(i));
  check_small(fading);
  fading.middleRows(40, 9).setZero();
  check_small(fading);
}

TEST_CASE("400 equal values are found equal") {
  // Reflections I - 2 v v^T / 16 with entries that are floats exactly: every singular value is 1.
  Eigen::MatrixXf x = Eigen::MatrixXf::Identity(400, 400);
  for (Index at = 0; at < 400; at += 16) x.block(at, at, 16, 16).array() -= 0.125F;
  check_all(x, Eigen::VectorXd::Ones(400));
  const Spectrum s = spectrum(x);
  CHECK(s.error() <= 1e-11);  // not by way of small values: r = 2 r(n) sqrt(400) + r(400)
  CHECK(s.rank() == 400);
}

TEST_CASE("a long matrix is read in panels of any sizes of entries") {
  std::mt19937_64 random(72);
  const Index cols = 4096 + 100;  // the second panel has a hundred
  Eigen::MatrixXf x = reference::random_matrix(6, cols, random, 0).cast<float>();
  for (const auto& [first, second] : std::vector<std::pair<float, float>>{
           {1.0F, 1.0F}, {1e-20F, 1e15F}, {1e15F, 1e-20F}, {0.0F, 1.0F}, {1.0F, 0.0F}}) {
    Eigen::MatrixXf scaled = x;
    scaled.leftCols(4096) *= first;
    scaled.rightCols(100) *= second;
    const Eigen::VectorXd exact =
        reference::svd(scaled.transpose().cast<reference::Real>()).sigma.cast<double>();
    check<DefaultEngine>(scaled, exact, 1e-6);
    check<engine::eigen>(scaled.transpose(), exact, 1e-6);
  }
  x(3, 4100) = std::nanf("");
  CHECK_THROWS_WITH(spectrum(x), "spectrum: x(3, 4100) is not a number");
  CHECK_THROWS_WITH(spectrum(x.transpose()), "spectrum: x(4100, 3) is not a number");
}

TEST_CASE("what rounding could have made of 0 has no rank, and double keeps its digits") {
  std::mt19937_64 random(73);
  const Eigen::MatrixXf factor = reference::random_matrix(30, 4, random, 0).cast<float>();
  const Eigen::MatrixXd x = (factor * factor.transpose()).cast<double>();
  const Spectrum rough = spectrum(x, 1e9);
  CHECK(rough.values().tail(26).maxCoeff() <= rough.error() * 4);
  const Eigen::MatrixXd exact = Eigen::VectorXd::LinSpaced(30, 0, -12)
                                    .unaryExpr([](double e) { return std::pow(10.0, e); })
                                    .asDiagonal();
  CHECK(spectrum(exact, 1e9).rank() < 30);
  CHECK(spectrum(exact).rank() == 30);
  CHECK(spectrum(exact).error() < 1e-12);
  CHECK(spectrum(Eigen::MatrixXf(exact.cast<float>())).rank() == 30);  // by an SVD
}
