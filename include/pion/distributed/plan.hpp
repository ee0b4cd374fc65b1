// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::max, std::min
#include <cstddef>    // std::size_t
#include <limits>
#include <string>

#include <pion/algorithm/restarts.hpp>
#include <pion/apply/plan.hpp>
#include <pion/distributed/agree.hpp>
#include <pion/distributed/buffers.hpp>
#include <pion/distributed/sharded.hpp>
#include <pion/distributed/sum.hpp>
#include <pion/engine/concept.hpp>
#include <pion/filter/filter.hpp>

namespace pion::distributed {

/// What a plan reckons with: how long a message to one other rank takes, beside its bytes; and how
/// many bytes and multiply-adds a rank sends and does in a second. The defaults are those of a
/// network of 100 Gbit/s and of some ten cores, and need not be exact to choose well. They must be
/// the same on all ranks.
struct Network {
  double latency = 5e-6;                   ///< Seconds for a message to one other rank.
  double bytes_per_second = 12.5e9;        ///< That a rank sends.
  double multiply_adds_per_second = 5e11;  ///< That a rank does.
};

/// What distributed::apply() does with a matrix of a given shape and cut. Of the figures, each is
/// that of the rank that has most, where the matrix is cut by chunk().
struct Plan {
  Way way = Way::gram;            ///< How the work is shared out.
  Method method = Method::dense;  ///< How the filter is applied.
  algorithm::Restarts restarts;   ///< For Method::gram.
  double rounding_growth = 0.0;   ///< algorithm::rounding_growth() of the chain.
  Index rows = 0;                 ///< Of the whole matrix.
  Index cols = 0;                 ///< Of the whole matrix.
  Axis axis = Axis::rows;         ///< The one that is cut.
  int ranks = 1;                  ///< How many there are.
  double multiply_adds = 0.0;     ///< Of the rank with most.
  double bytes_sent = 0.0;        ///< To other ranks.
  int messages = 0;               ///< Calls of the communicator, each of which reaches all ranks.
  double seconds = 0.0;           ///< By the Network.
  std::size_t workspace = 0;      ///< Bytes.

  /// The extent that is cut and the other one, of the caller's matrix.
  Index cut() const { return axis == Axis::rows ? rows : cols; }
  Index whole() const { return axis == Axis::rows ? cols : rows; }
};

/// A filter with its plan, ready to run: apply(comm, planned, x, y, workspace). A plain value.
template <class Scalar, class Engine = DefaultEngine>
struct PlannedFilter : Plan {
  Filter filter;
};

namespace detail {

/// Adds up what each call of the communicator costs a rank.
class Traffic {
 public:
  explicit Traffic(int ranks) : others_(ranks - 1) {}

  /// gather() of so many bytes from each rank.
  void gather(std::size_t bytes) { add(1, static_cast<double>(bytes) * others_); }
  /// sum() of `count` values of `width` bytes.
  void sum(Index count, std::size_t width) {
    add(2, static_cast<double>(sum_sent(count, others_ + 1)) * static_cast<double>(width));
  }
  /// exchange() with so many bytes to others.
  void exchange(double bytes) { add(1, bytes); }

  /// Writes the figures to a plan that has its multiply-adds. A call of the communicator takes a
  /// message to each other rank.
  template <class P>
  void write(P& p, const Network& network) const {
    p.bytes_sent = bytes_;
    p.messages = messages_;
    p.seconds = bytes_ / network.bytes_per_second + messages_ * others_ * network.latency +
                p.multiply_adds / network.multiply_adds_per_second;
  }

 private:
  void add(int messages, double bytes) {
    if (others_ == 0) return;
    messages_ += messages;
    bytes_ += bytes;
  }

  int others_;
  int messages_ = 0;
  double bytes_ = 0.0;
};

/// \throws std::invalid_argument where there is no rank.
inline void require_ranks(int ranks) {
  if (ranks >= 1) return;
  pion::detail::refuse_argument("plan: there are " + std::to_string(ranks) + " ranks");
}

/// The sizes of a planned call on a rank with so large a part.
inline Sizes sizes(const Plan& p, Index given, int rank) {
  return {p.way, p.method, p.ranks, p.whole(), p.cut(), given, rank};
}

/// The figures of one way and method, written to p.
template <class Scalar, class Engine>
void predict(Plan& p, const Filter& f, const Network& network) {
  using T = pion::detail::compute_t<Scalar>;
  const bool exchanged = p.way == Way::exchanged;
  const Index m = exchanged ? p.cut() : p.whole();
  const Index given = chunk(p.cut(), p.ranks, 0).size, part = sizes(p, given, 0).part();
  const double steps = f.chain.size();
  const int segments = f.chain.empty() ? 0 : 1 + p.restarts.count();
  const auto square = static_cast<double>(m) * static_cast<double>(m);
  const double cube = square * static_cast<double>(m), tall = square * static_cast<double>(part);
  const bool gram = p.method == Method::gram;
  p.multiply_adds = gram ? 0.5 * ((4.0 * steps - 3.0 * segments) * cube + 3.0 * segments * tall)
                         : 0.5 * steps * (cube + 3.0 * tall);

  Traffic traffic(p.ranks);
  traffic.gather(sizeof(Opening));
  traffic.gather(sizeof(double));  // the norm of the result
  if (f.normalizer != Normalizer::none) traffic.gather(sizeof(double));
  for (int k = (std::max)(1, gram ? segments : f.chain.size()); k > 0; --k) {
    traffic.sum(m * (m + 1) / 2, sizeof(T));
  }
  for (int k = exchanged ? 2 : 0; k > 0; --k) {  // an even share stays
    const double bytes = static_cast<double>(given) * static_cast<double>(p.whole()) * sizeof(T);
    traffic.exchange(bytes * (p.ranks - 1) / p.ranks);
  }
  traffic.write(p, network);
  p.workspace = static_cast<std::size_t>(Buffers<Engine, OneRank, T>::bytes(sizes(p, given, 0)));
}

}  // namespace detail

/// Plans `f` for rows x cols matrices of `Scalar` that are cut along `axis` over so many ranks.
///
/// Every way and method that keeps the filter is predicted, and the quickest taken. Sharded Gram
/// with the Gram matrix of m rows sends m (m + 1) (P - 1) / P words a Gram matrix, whatever the
/// other extent. Where the short axis is cut, its own Gram matrix needs an exchange, there and back
/// 2 m n (P - 1) / P^2 words; or the long axis's is taken. (AOL scales the rows of the short side,
/// so it may need the exchange.)
/// \throws std::invalid_argument if a size is negative or there is no rank, the bytes cannot be
///         counted, or as pion::plan() for the method.
template <class Scalar = float, class Engine = DefaultEngine>
PlannedFilter<Scalar, Engine> plan(const Filter& f, Index rows, Index cols, Axis axis, int ranks,
                                   Method method = Method::automatic,
                                   const Network& network = Network()) {
  detail::require_ranks(ranks);
  // What the whole would take on one rank refuses what is out of range.
  const auto by_chain = pion::detail::plan_chain(f.chain, method);
  pion::detail::plan_shape<Scalar, Engine>(f.chain, by_chain, rows, cols);
  PlannedFilter<Scalar, Engine> best{{}, f};
  best.seconds = (std::numeric_limits<double>::max)();
  const bool cut_is_long = axis == Axis::cols ? rows <= cols : rows > cols;
  for (const Way way : {Way::gram, Way::exchanged}) {
    if (way == Way::exchanged ? cut_is_long : f.normalizer == Normalizer::aol && !cut_is_long) {
      continue;
    }
    for (const Method one : {Method::dense, Method::gram}) {
      if (by_chain.method != Method::automatic && by_chain.method != one) continue;
      PlannedFilter<Scalar, Engine> p{{}, f};
      p.way = way;
      p.method = one;
      p.restarts = by_chain.restarts;
      p.rounding_growth = by_chain.rounding_growth;
      p.rows = rows;
      p.cols = cols;
      p.axis = axis;
      p.ranks = ranks;
      detail::predict<Scalar, Engine>(p, f, network);
      if (p.seconds < best.seconds) best = p;
    }
  }
  return best;
}

}  // namespace pion::distributed
