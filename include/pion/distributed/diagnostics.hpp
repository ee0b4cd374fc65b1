// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cmath>      // std::fabs, std::ldexp, std::sqrt
#include <cstddef>    // std::size_t
#include <limits>
#include <utility>  // std::move
#include <vector>

#include <pion/diagnostics/snr.hpp>
#include <pion/diagnostics/spectrum.hpp>
#include <pion/distributed/apply.hpp>
#include <pion/engine/elementwise.hpp>

/// What diagnostics/ says of one matrix, of a matrix that lies on many ranks. Every rank makes the
/// call and has the answer, and a refusal is collective (distributed/agree.hpp).
namespace pion::distributed {
namespace detail {

/// Hands a GramSum the panels of a matrix on many ranks, with the axis that is whole first.
template <class C, class X>
struct PanelsOverRanks {
  const C& comm;
  const Sharded<X>& x;
  const Opening& opening;  ///< Sent before the first sum.
  bool first = true;       ///< Whether that is still to come.

  /// Adds up all panels: the sum is the whole matrix's, on every rank.
  template <class Sum>
  void operator()(Sum& sum) {
    struct Found {
      int exponent;
      bool empty;
    };
    const Index m = x.axis == Axis::rows ? x.cols() : x.rows(), size = m * (m + 1) / 2;
    std::vector<double> triangle, scratch;
    const Trouble trouble = trouble_of([&] {
      sum.panel(0);
      triangle.resize(static_cast<std::size_t>(size));
      scratch.resize(static_cast<std::size_t>(sum_scratch(size, comm.size())));
      pion::detail::add_panels(x.local, x.axis == Axis::rows, x.offset, sum);
    });
    if (first) {
      opened(comm, opening, trouble, x.extent);
      first = false;
    } else {
      require_no_trouble(comm, trouble);
    }
    bool empty = true;
    int exponent = 0;
    for (const Found& found : gathered(comm, Found{sum.exponent(), sum.empty()})) {
      if (found.empty) continue;
      exponent = empty ? found.exponent : (std::max)(exponent, found.exponent);
      empty = false;
    }
    if (empty) return;
    sum_symmetric(comm, sum.in_units_of(exponent), triangle.data(), scratch.data());
  }
};

/// The spectrum of a matrix that rank 0 gathers.
template <class Engine, class C, class X>
Spectrum gathered_spectrum(const C& comm, const Sharded<X>& x, double within,
                           const Opening& opening) {
  using Scalar = typename pion::detail::plain_t<X>::Scalar;
  using Panel = pion::detail::OwnedMatrix<Scalar>;
  const bool by_rows = x.axis == Axis::rows;
  const Index whole = by_rows ? x.cols() : x.rows();
  const std::size_t ranks = static_cast<std::size_t>(comm.size());
  Panel part, all;
  std::vector<Index> sent(ranks + 1, whole * x.part()), received(ranks + 1, 0);
  sent[0] = 0;  // all to rank 0
  const Trouble trouble = trouble_of([&] {
    part = by_rows ? Panel(x.local.transpose()) : Panel(x.local);
    if (comm.rank() == 0) all.resize(whole, x.extent);
  });
  std::vector<Index> offsets = opened(comm, opening, trouble, x.extent).offsets;
  if (comm.rank() == 0) {
    received = std::move(offsets);
    for (Index& offset : received) offset *= whole;
  }
  comm.exchange(part.data(), sent.data(), all.data(), received.data());

  pion::detail::OwnedVector<double> values =
      pion::detail::OwnedVector<double>::Zero((std::min)(x.rows(), x.cols()));
  SpectrumError errors;
  require_no_trouble(comm, trouble_of([&] {
                       if (comm.rank() != 0) return;
                       const Spectrum found = by_rows
                                                  ? pion::spectrum<Engine>(all.transpose(), within)
                                                  : pion::spectrum<Engine>(all, within);
                       values = found.values();
                       errors = found.errors();
                     }));
  comm.broadcast(values.data(), values.size(), 0);
  comm.broadcast(reinterpret_cast<char*>(&errors), static_cast<Index>(sizeof errors), 0);
  return {std::move(values), x.rows(), x.cols(), errors};
}

}  // namespace detail

/// Computes the spectrum of a matrix that lies on many ranks, to the accuracy of pion::spectrum().
///
/// Where the axis that is whole is the shorter one, of m, the local Gram matrices are summed in
/// double, m (m + 1) / 2 words, and every rank finds the eigenvalues. Where that is not exact
/// enough, or the axis is the longer one, rank 0 gathers the matrix (rows x cols words of its
/// scalar, and that much memory there) and takes pion::spectrum().
/// \param within  the same on all ranks.
/// \throws on every rank: std::domain_error if an entry is NaN or infinite, or sigma_1 overflows a
///         double; std::invalid_argument if the ranks' shapes or options differ, or the parts do
///         not make up the whole; std::runtime_error what else a rank has met.
/// Determinism: as distributed::apply().
template <class Engine = DefaultEngine, class C, class X>
Spectrum spectrum(
    const C& comm, const Sharded<X>& x,
    double within = pion::detail::spectrum_accuracy<typename pion::detail::plain_t<X>::Scalar>) {
  require_communicator<C>();
  using Scalar = typename pion::detail::plain_t<X>::Scalar;
  const Index m = x.axis == Axis::rows ? x.cols() : x.rows();
  detail::Hash call;
  call.add(detail::Call::spectrum).add(sizeof(Scalar)).add(within);
  const detail::Opening opening = detail::opening_of(call, Filter{}, x);
  if (within > 0.0 && m > 0 && m <= x.extent) {
    Spectrum found = pion::detail::spectrum_by_gram<Engine>(
        x.rows(), x.cols(), m, x.extent, within, detail::PanelsOverRanks<C, X>{comm, x, opening});
    if (found.is_within(within)) return found;
  }
  return detail::gathered_spectrum<Engine>(comm, x, within, opening);
}

/// Shorthand for the effective rank of one matrix; take a Spectrum for several measures.
/// Cost, accuracy and errors: those of spectrum().
template <class Engine = DefaultEngine, class C, class X>
double effective_rank(const C& comm, const Sharded<X>& x) {
  return spectrum<Engine>(comm, x).effective_rank();
}

/// Computes ||x||_F of a matrix that lies on many ranks, in double; infinity where it overflows.
/// Cost: a copy of the local part in double, and two small messages.
/// \throws on every rank: std::domain_error if an entry is NaN or infinite; std::invalid_argument
///         if the ranks' shapes differ, or the parts do not make up the whole.
template <class C, class X>
double norm(const C& comm, const Sharded<X>& x) {
  require_communicator<C>();
  double part = 0.0;
  const detail::Trouble trouble = detail::trouble_of([&] {
    pion::detail::OwnedMatrix<double> values(x.local.rows(), x.local.cols());
    const engine::View<double> view(values.data(), values.rows(), values.cols());
    const Index before = x.axis == Axis::rows ? 0 : x.offset;
    pion::detail::load("norm", x.local, view, false, before);
    part = engine::Elementwise<double>::frobenius_norm(view);
  });
  detail::opened(comm, detail::opening_of(detail::Hash().add(detail::Call::norm), Filter{}, x),
                 trouble, x.extent);
  return detail::norm_over_ranks(comm, part);
}

namespace detail {

/// The numbers of one rank that the SNR is made of.
struct SnrPart {
  double square = 0.0;       ///< ||g||^2
  double along_mean = 0.0;   ///< <g, mean>
  double from_mean = 0.0;    ///< ||g - mean||^2
  double square_mean = 0.0;  ///< ||mean||^2, of what this rank has of it.
};

/// \throws std::invalid_argument unless gradient and mean have one shape.
inline void require_mean_fits(Index rows, Index cols, Index mean_rows, Index mean_cols) {
  if (rows == mean_rows && cols == mean_cols) return;
  pion::detail::refuse_argument("snr: the mean is " + pion::detail::shape(mean_rows, mean_cols) +
                                " and the gradient is " + pion::detail::shape(rows, cols));
}

}  // namespace detail

/// Estimates the SNR of a stochastic gradient (diagnostics/snr.hpp) from the gradients that
/// data-parallel ranks have of their own samples, and their mean, which training has computed: so
/// it costs two small messages.
///
/// \param gradient  this rank's, whole.
/// \param mean      of the gradients of all ranks, whole; of any scalar.
/// The samples are the ranks: the SNR is that of a gradient averaged over what one rank has seen.
/// \throws on every rank: std::invalid_argument if shapes differ, there is one rank alone, or
///         `mean` is further from the mean than rounding explains; std::domain_error if an entry is
///         NaN or infinite, or a squared norm overflows or vanishes.
template <class C, class G, class M>
Snr snr(const C& comm, const Eigen::MatrixBase<G>& gradient, const Eigen::MatrixBase<M>& mean) {
  require_communicator<C>();
  detail::SnrPart mine;
  const detail::Trouble trouble = detail::trouble_of([&] {
    detail::require_mean_fits(gradient.rows(), gradient.cols(), mean.rows(), mean.cols());
    const pion::detail::OwnedMatrix<double> g = pion::detail::sample("snr", gradient, {}, true),
                                            m = pion::detail::sample("snr", mean, {}, true);
    mine = {g.squaredNorm(), g.cwiseProduct(m).sum(), (g - m).squaredNorm(), m.squaredNorm()};
  });
  detail::Opening opening;
  opening.call = detail::Hash().add(detail::Call::snr).value();
  opening.rows = gradient.rows(), opening.cols = gradient.cols();
  detail::open(comm, opening, trouble);
  const std::vector<detail::SnrPart> parts = detail::gathered(comm, mine);
  const auto ranks = static_cast<double>(parts.size());
  double along = 0.0, squares = 0.0, length = 0.0;
  for (const detail::SnrPart& part : parts) {
    along += part.along_mean / ranks;
    squares += part.from_mean;
    length += std::sqrt(part.square) / ranks;
  }
  // A sum of P terms in the coarser of the two scalars, and its division: entry by entry within
  // P eps mean |g| of the mean.
  constexpr int digits = (std::min)(std::numeric_limits<typename G::Scalar>::digits,
                                    std::numeric_limits<typename M::Scalar>::digits);
  const double eps = std::ldexp(1.0, 1 - digits);  // (Eigen's own of half is too small)
  const double square_mean = parts.front().square_mean;
  if (std::fabs(along - square_mean) > ranks * eps * length * std::sqrt(square_mean)) {
    pion::detail::refuse_argument(
        "snr: `mean` is not the mean of the ranks' gradients: divide their sum by the number of "
        "ranks");
  }
  return pion::detail::snr_of_samples(square_mean, squares, static_cast<Index>(parts.size()));
}

/// The same where each rank has its part of the mean alone, as a reduce-scatter leaves it: from
/// sum ||g||^2 - P ||mean||^2, P being the number of ranks.
///
/// The rounding of `mean` shows in the noise where the ratio is large. That `mean` is the mean is
/// not checked.
template <class C, class G, class M>
Snr snr(const C& comm, const Eigen::MatrixBase<G>& gradient, const Sharded<M>& mean) {
  require_communicator<C>();
  detail::SnrPart mine;
  const detail::Trouble trouble = detail::trouble_of([&] {
    detail::require_mean_fits(gradient.rows(), gradient.cols(), mean.rows(), mean.cols());
    mine.square = pion::detail::sample("snr", gradient, {}, true).squaredNorm();
    mine.square_mean = pion::detail::sample("snr", mean.local, {}, true).squaredNorm();
  });
  const detail::Hash call = detail::Hash().add(detail::Call::snr);
  detail::opened(comm, detail::opening_of(call, Filter{}, mean), trouble, mean.extent);
  double squares = 0.0, square_mean = 0.0;
  for (const detail::SnrPart& part : detail::gathered(comm, mine)) {
    squares += part.square;
    square_mean += part.square_mean;
  }
  squares -= comm.size() * square_mean;
  return pion::detail::snr_of_samples(square_mean, (std::max)(0.0, squares), comm.size());
}

}  // namespace pion::distributed
