// SPDX-License-Identifier: Apache-2.0
// Covers distributed/diagnostics.hpp. What is said of a matrix on many ranks is what diagnostics/
// says of the whole, and the same on every rank.
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <pion/distributed/diagnostics.hpp>

#include "distributed/mpi/counted.hpp"
#include "distributed/parts.hpp"
#include "support/catch.hpp"
#include "support/known.hpp"
#include "support/reference.hpp"

using namespace pion;
using distributed::chunk, distributed::Mpi, distributed::Part, distributed::sharded;

namespace {

template <class M>
Spectrum spectrum_of_part(const Mpi& comm, const M& whole, Axis axis, const Part& part,
                          double within) {
  const M mine = part_of(whole, axis, part);
  const Index extent = axis == Axis::rows ? whole.rows() : whole.cols();
  return distributed::spectrum(comm, sharded(mine, axis, extent, part.offset), within);
}

/// The values are as near to the exact ones as the spectrum says, and all ranks have them.
/// \param known_to  how exact the exact ones are, relative to the largest.
void check(const Mpi& comm, const Spectrum& s, const Eigen::VectorXd& exact, double within,
           double known_to = 1e-15) {
  REQUIRE(s.values().size() == exact.size());
  const double largest = exact.size() > 0 ? exact(0) : 0.0;
  if (exact.size() > 0) {
    CHECK((s.values() - exact).cwiseAbs().maxCoeff() <= s.error() + known_to * largest);
  }
  if (within > 0.0) CHECK(s.error() <= within * largest);
  for (const double value : s.values()) CHECK(same_everywhere(comm, value));
  CHECK(same_everywhere(comm, s.error()));
}

}  // namespace

TEMPLATE_TEST_CASE("the spectrum of a matrix on many ranks is the whole's, wherever it is cut", "",
                   (Eigen::Matrix<float, -1, -1, Eigen::RowMajor>), Eigen::MatrixXd,
                   (Eigen::Matrix<Eigen::bfloat16, -1, -1>)) {
  using M = TestType;
  using S = typename M::Scalar;
  const Mpi comm;
  std::mt19937_64 random(1);
  const std::pair<Index, Index> shapes[] = {{0, 0}, {0, 3}, {1, 1},  {10, 4}, {2, 7},
                                            {9, 9}, {7, 2}, {5, 31}, {31, 5}};
  for (const auto& [rows, cols] : shapes) {
    const M x = reference::random_matrix(rows, cols, random).template cast<S>();
    const Eigen::VectorXd exact =
        reference::svd(x.template cast<reference::Real>()).sigma.template cast<double>();
    for (const Axis axis : {Axis::rows, Axis::cols}) {
      const Index extent = axis == Axis::rows ? rows : cols;
      for (const Part& part :
           {chunk(extent, comm.size(), comm.rank()), random_part(extent, comm, random)}) {
        for (const double within : {1e-6, 1e9, 0.0}) {  // 1e9: never by an SVD; 0: always
          INFO(detail::shape(rows, cols)
               << (axis == Axis::rows ? ", rows, " : ", columns, ") << within);
          check(comm, spectrum_of_part(comm, x, axis, part, within), exact, within);
        }
      }
    }
  }
}

TEST_CASE("values that the Gram matrix cannot show come from the rest, or from rank 0") {
  const Mpi comm;
  std::mt19937_64 random(2);
  for (const bool graded : {true, false}) {
    Eigen::VectorXd sigma(140);
    for (Index i = 0; i < sigma.size(); ++i) {
      const auto k = static_cast<double>(i);
      sigma(i) = graded ? std::pow(10.0, -0.1 * k) : 1e-4 + (i < 20 ? 1.0 : 0.0);
    }
    const known::Known made(140, 150, sigma, random);
    const Eigen::MatrixXd x = made.matrix();
    const Spectrum s =
        spectrum_of_part(comm, x, Axis::cols, chunk(150, comm.size(), comm.rank()), 1e-6);
    check(comm, s, made.sigma, 1e-6, 140 * 2e-16);  // the matrix is a product in double
    CHECK(s.effective_rank_error() <= 1e-6);
  }
}

TEST_CASE("parts of very different size, and zeros, add up to one spectrum and norm") {
  const Mpi comm;
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(4, 3 * comm.size());
  for (Index r = 0; r + 1 < comm.size() || r == 0; ++r) {  // the last rank's is 0
    x(r % 4, 3 * r) = std::ldexp(1.0, static_cast<int>(r % 2 == 0 ? 900 : -900));
  }
  const Part part = chunk(x.cols(), comm.size(), comm.rank());
  const Spectrum s = spectrum_of_part(comm, x, Axis::cols, part, 1e-6);
  check(comm, s, spectrum(x, 0.0).values(), 1e-6);
  const Eigen::MatrixXd mine = part_of(x, Axis::cols, part);
  const double norm = distributed::norm(comm, sharded(mine, Axis::cols, x.cols(), part.offset));
  CHECK(std::fabs(norm / x.stableNorm() - 1.0) < 1e-14);
  CHECK(same_everywhere(comm, norm));
  const Eigen::MatrixXd high = Eigen::MatrixXd::Constant(4, 1, 1e308);
  const auto highest = sharded(high, Axis::cols, comm.size(), comm.rank());
  CHECK(distributed::norm(comm, highest) == std::numeric_limits<double>::infinity());
  const Eigen::MatrixXf zero = Eigen::MatrixXf::Zero(4, 1);
  const auto zeros = sharded(zero, Axis::cols, comm.size(), comm.rank());
  CHECK(distributed::spectrum(comm, zeros).largest() == 0.0);
  CHECK(distributed::effective_rank(comm, zeros) == 0.0);
  CHECK(distributed::norm(comm, zeros) == 0.0);
}

TEST_CASE("the SNR of the ranks' gradients is that of the list of them") {
  const Mpi comm;
  std::mt19937_64 random(3);
  std::vector<Eigen::MatrixXd> all;
  const Eigen::MatrixXd signal = known::gaussian(6, 5, random);
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(6, 5);
  for (int r = 0; r < comm.size(); ++r) {
    all.push_back((signal + known::gaussian(6, 5, random)).cast<float>().cast<double>());
    mean += all.back() / comm.size();
  }
  const Eigen::MatrixXf mine = all[static_cast<std::size_t>(comm.rank())].cast<float>();
  if (comm.size() == 1) {
    CHECK_THAT(line_of([&] { distributed::snr(comm, mine, mean); }), has_text("1 samples"));
    return;
  }
  const Snr right = snr(all);
  const Snr found = distributed::snr(comm, mine, mean);
  // Sums of 30 terms a rank in double, and a difference of two of them.
  const double rounding = 1e-13 * (right.noise + mean.squaredNorm());
  CHECK(std::fabs(found.noise - right.noise) <= rounding);
  CHECK(std::fabs(found.signal - right.signal) <= rounding);
  CHECK(found.count == comm.size());
  CHECK(same_everywhere(comm, found.ratio()));

  // A mean in float is within 2^-24 of it, entry by entry: the noise moves by the square of that.
  const Snr rounded = distributed::snr(comm, mine, Eigen::MatrixXf(mean.cast<float>()));
  CHECK(std::fabs(rounded.noise - right.noise) <= rounding + 1e-12 * mean.squaredNorm());

  const Eigen::Matrix<Eigen::half, -1, -1> short_mean = mean.cast<Eigen::half>();
  CHECK_NOTHROW(distributed::snr(comm, mine, short_mean));

  const Part part = chunk(6, comm.size(), comm.rank());
  const Eigen::MatrixXd mean_here = part_of(mean, Axis::rows, part);
  const Snr of_part = distributed::snr(comm, mine, sharded(mean_here, Axis::rows, 6, part.offset));
  CHECK(std::fabs(of_part.noise - right.noise) <= 10 * rounding);
  CHECK(std::fabs(of_part.signal - right.signal) <= 10 * rounding);

  const Eigen::MatrixXd sum = comm.size() * mean;
  CHECK_THAT(line_of([&] { distributed::snr(comm, mine, sum); }), has_text("divide their sum"));
}

TEST_CASE("a diagnostic that one rank refuses, all refuse in its words") {
  const Mpi comm;
  const int last = comm.size() - 1;
  const std::string rank = "rank " + std::to_string(last) + ": ";
  Eigen::MatrixXf x = Eigen::MatrixXf::Random(2, 3), mean = x;
  if (comm.rank() == last) x(1, 2) = std::nanf("");
  const auto part = sharded(x, Axis::cols, 3 * comm.size(), 3 * comm.rank());
  const std::string place = "x(1, " + std::to_string(3 * last + 2) + ") is not a number";
  CHECK(line_of([&] { distributed::spectrum(comm, part); }) == rank + "spectrum: " + place);
  CHECK(line_of([&] { distributed::norm(comm, part); }) == rank + "norm: " + place);
  CHECK_THAT(line_of([&] { distributed::snr(comm, x, mean); }),
             has_text(rank + "snr: a sample has an entry that is not finite"));
  if (last == 0) return;
  const double within = comm.rank() == last ? 1e-3 : 1e-6;
  x.setOnes();
  CHECK_THAT(line_of([&] { distributed::spectrum(comm, part, within); }),
             has_text("rank " + std::to_string(last) + " makes another call than rank 0"));
}
