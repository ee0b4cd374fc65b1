// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>  // std::count, std::max_element, std::min_element, std::sort
#include <cstddef>    // std::ptrdiff_t, std::size_t
#include <numeric>    // std::iota
#include <vector>

#include <pion/apply/info.hpp>
#include <pion/apply/plan.hpp>
#include <pion/detail/span.hpp>
#include <pion/distributed/plan.hpp>
#include <pion/filter/heads.hpp>  // Axis

namespace pion::distributed {

/// The shape of a matrix that is cut along an axis.
struct CutShape {
  Index rows = 0;          ///< Of the whole matrix.
  Index cols = 0;          ///< Of the whole matrix.
  Axis axis = Axis::rows;  ///< The one that is cut.

  /// The extent of the axis that is cut.
  Index cut() const { return axis == Axis::rows ? rows : cols; }
  /// The extent of the other axis.
  Index whole() const { return axis == Axis::rows ? cols : rows; }
};

/// What distributed::apply_batch() does with a list of matrices: each has an owner, to which all
/// ranks send their parts, and which filters it and sends the parts of the result back. The figures
/// are those of the rank that has most, where the matrices are cut by chunk().
struct BatchPlan {
  std::vector<int> owners;     ///< Of each matrix.
  double multiply_adds = 0.0;  ///< Of the rank with most.
  double bytes_sent = 0.0;     ///< To other ranks.
  int messages = 0;            ///< Calls of the communicator.
  double seconds = 0.0;        ///< By the Network.
};

/// Deals matrices that cost so much each to ranks: the dearest first, each to the rank that has the
/// least so far. The dearest load is at most 4/3 - 1/(3 P) of the best that there is (Graham 1969).
inline std::vector<int> deal(const std::vector<double>& costs, int ranks,
                             std::vector<double>& loads) {
  std::vector<std::size_t> order(costs.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::sort(order.begin(), order.end(), [&costs](std::size_t i, std::size_t j) {
    return costs[i] != costs[j] ? costs[i] > costs[j] : i < j;
  });
  loads.assign(static_cast<std::size_t>(ranks), 0.0);
  std::vector<int> owners(costs.size());
  for (const std::size_t i : order) {
    const auto least = std::min_element(loads.begin(), loads.end());
    *least += costs[i];
    owners[i] = static_cast<int>(least - loads.begin());
  }
  return owners;
}

/// Plans `f` for a list of matrices of `Scalar` on so many ranks. A matrix of m x n costs 2 m n
/// words in all, but for the parts that its owner has: m n there, m n back.
/// \throws std::invalid_argument as plan() of one matrix.
template <class Scalar = float, class Engine = DefaultEngine>
BatchPlan plan_batch(const Filter& f, Span<const CutShape> shapes, int ranks,
                     Method method = Method::automatic, const Network& network = Network()) {
  detail::require_ranks(ranks);
  const auto by_chain = pion::detail::plan_chain(f.chain, method);
  std::vector<double> costs, loads;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    costs.push_back(
        pion::detail::plan_shape<Scalar, Engine>(f.chain, by_chain, shapes[i].rows, shapes[i].cols)
            .multiply_adds);
  }
  BatchPlan p;
  p.owners = deal(costs, ranks, loads);
  p.multiply_adds = *std::max_element(loads.begin(), loads.end());
  double most = 0.0;
  std::ptrdiff_t most_owned = 0;
  for (int r = 0; r < ranks; ++r) {
    double words = 0.0;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      const auto part = static_cast<double>(chunk(shapes[i].cut(), ranks, r).size);
      const auto others = static_cast<double>(shapes[i].cut()) - part;
      words += (p.owners[i] == r ? others : part) * static_cast<double>(shapes[i].whole());
    }
    most = (std::max)(most, words);
    most_owned = (std::max)(most_owned, std::count(p.owners.begin(), p.owners.end(), r));
  }
  detail::Traffic traffic(ranks);
  traffic.gather(sizeof(detail::Opening));
  traffic.gather(sizeof(Part) * shapes.size());
  traffic.exchange(most * sizeof(Scalar));  // both exchanges: `most` is of there and back
  traffic.exchange(0.0);
  traffic.gather(sizeof(detail::Announcement));
  traffic.gather(sizeof(ApplyInfo) * static_cast<std::size_t>(most_owned));
  traffic.write(p, network);
  return p;
}

}  // namespace pion::distributed
