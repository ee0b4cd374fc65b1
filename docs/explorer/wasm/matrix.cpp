// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <pion/apply.hpp>
#include <pion/detail/random.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <stdexcept>

#include "calls.hpp"

namespace pion::explorer {
namespace {

using Pixels = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>;

/// Independent normal numbers, by the method of Box and Muller.
Eigen::MatrixXd normal(Index rows, Index cols, std::uint64_t seed) {
  Eigen::MatrixXd x(rows, cols);
  for (Index i = 0; i < x.size(); ++i) {
    const auto place = 2 * static_cast<std::uint64_t>(i);
    const auto unit = [&](std::uint64_t k) {
      return (static_cast<double>(detail::random_bits(seed, place + k) >> 11U) + 0.5) * 0x1p-53;
    };
    x.data()[i] = std::sqrt(-2.0 * std::log(unit(0))) * std::cos(2.0 * M_PI * unit(1));
  }
  return x;
}

Eigen::MatrixXd orthonormal(Index rows, Index cols, std::uint64_t seed) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(normal(rows, cols, seed));
  return qr.householderQ() * Eigen::MatrixXd::Identity(rows, cols);
}

/// `rank` random directions of equal strength, with ||signal||_F^2 = snr.
Eigen::MatrixXd signal_of(Index rows, Index cols, Index rank, double snr, std::uint64_t seed) {
  if (rank < 1 || rank > (std::min)(rows, cols) || !(snr >= 0.0)) {
    throw std::invalid_argument("a signal has a rank from 1 to the matrix's, and an SNR from 0 on");
  }
  const double sigma = std::sqrt(snr / static_cast<double>(rank));
  return sigma * orthonormal(rows, rank, seed) * orthonormal(cols, rank, seed + 1).transpose();
}

Json or_null(bool known, double value) { return known ? Json(value) : Json(); }

/// What is measured of a matrix with the spectrum `s`. An empty signal: none is known.
Json measures(const Eigen::Ref<const Eigen::MatrixXd>& x, const Spectrum& s,
              const Eigen::MatrixXd& signal) {
  const double norms = x.norm() * signal.norm();
  const double inner = norms > 0.0 ? x.cwiseProduct(signal).sum() : 0.0;
  return {{"values", std::vector<double>(s.values().begin(), s.values().end())},
          {"effective_rank", s.effective_rank()},
          {"stable_rank", s.stable_rank()},
          {"cosine", or_null(norms > 0.0, inner / norms)}};
}

}  // namespace

Json matrix(const Json& request, std::vector<double>& numbers) {
  constexpr Index most_entries = Index(1) << 22U, most_rows = 1024;
  const auto rows = request.at("rows").get<Index>(), cols = request.at("cols").get<Index>();
  if (rows < 1 || cols < 1 || (std::min)(rows, cols) > most_rows || cols > most_entries / rows) {
    throw std::invalid_argument(
        "the shorter side of a matrix here is 1 to 1024, and there are up to 4 million entries; "
        "the "
        "tool takes larger ones (pion inspect)");
  }
  const Json& filters = request.at("filters");
  const auto size = static_cast<std::size_t>(rows * cols);
  const bool planted = request.contains("rank");
  if (!planted && numbers.size() != size) {
    throw std::invalid_argument("the matrix has another number of entries than rows times columns");
  }
  numbers.resize(size * (1 + filters.size()));
  Pixels x(numbers.data(), rows, cols);
  Eigen::MatrixXd signal(planted ? rows : 0, planted ? cols : 0);
  if (planted) {
    const auto seed = 3 * request.at("seed").get<std::uint64_t>();
    signal =
        signal_of(rows, cols, request["rank"].get<Index>(), request.at("snr").get<double>(), seed);
    x = signal + normal(rows, cols, seed + 2) / std::sqrt(static_cast<double>(rows * cols));
  }
  const Spectrum before = spectrum(x);
  Json columns = Json::array({measures(x, before, signal)});
  for (std::size_t i = 0; i < filters.size(); ++i) {
    const Filter f = filter_of(filters[i]);
    Pixels y(numbers.data() + (i + 1) * size, rows, cols);
    apply(f, x, y);
    Json column = measures(y, spectrum(y), signal);
    // AOL changes the singular vectors, so that no direction can be followed through it.
    if (f.normalizer != Normalizer::aol) {
      column["survivors"] = before.survivors(f, request.at("gain").get<double>());
    }
    columns.push_back(column);
  }
  return {{"columns", columns}};
}

}  // namespace pion::explorer
