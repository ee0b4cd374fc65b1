// SPDX-License-Identifier: Apache-2.0
// Covers distributed/plan.hpp, distributed/sharded.hpp, distributed/concept.hpp,
// distributed/one_rank.hpp, distributed/measure_network.hpp: what needs no MPI.
#include <chrono>
#include <cstddef>
#include <limits>
#include <thread>
#include <vector>

#include <pion/distributed.hpp>
#include <pion/distributed/measure_network.hpp>
#include <pion/filter/chains.hpp>

#include "support/catch.hpp"

using namespace pion;
using distributed::Way;

namespace {

struct NoBroadcast {
  static int rank() { return 0; }
  static int size() { return 1; }
  template <class T>
  static void gather(T*, const Index*) {}
  template <class T>
  static void exchange(const T*, const Index*, T*, const Index*) {}
};

/// Three ranks, of which this is one: what it sends takes its time, and what it gets is its own.
struct Slow {
  static constexpr double latency = 2e-4, bytes_per_second = 1e8;

  static int rank() { return 0; }
  static int size() { return 3; }
  template <class T>
  static void gather(T* all, const Index* offsets) {
    wait(2.0 * static_cast<double>(offsets[1]) * sizeof(T));
    std::copy_n(all, offsets[1], all + offsets[1]);
    std::copy_n(all, offsets[1], all + offsets[2]);
  }
  template <class T>
  static void exchange(const T*, const Index* offsets, T*, const Index*) {
    wait(static_cast<double>(offsets[3] - offsets[1]) * sizeof(T));
  }
  template <class T>
  static void broadcast(T*, Index, int) {}
  template <class T>
  static void sum(T*, Index, T*) {}

 private:
  static void wait(double bytes) {
    // Not a sleep, which some systems end too early.
    const std::chrono::duration<double> length(2 * latency + bytes / bytes_per_second);
    const auto begin = std::chrono::steady_clock::now();
    while (std::chrono::steady_clock::now() - begin < length) std::this_thread::yield();
  }
};

}  // namespace

static_assert(distributed::is_communicator_v<distributed::OneRank>);
static_assert(distributed::is_communicator_v<Slow>);
static_assert(distributed::communicator_lacks<NoBroadcast>() == distributed::Lacks::broadcast);
static_assert(distributed::communicator_lacks<int>() == distributed::Lacks::rank);

TEST_CASE("chunk() cuts as torch.chunk() does, with shorter and empty parts at the end") {
  const auto sizes = [](Index extent, int ranks) {
    std::vector<Index> all;
    Index end = 0;
    for (int r = 0; r < ranks; ++r) {
      const distributed::Part p = distributed::chunk(extent, ranks, r);
      CHECK(p.offset == end);
      all.push_back(p.size);
      end += p.size;
    }
    CHECK(end == extent);
    return all;
  };
  CHECK(sizes(10, 4) == std::vector<Index>{3, 3, 3, 1});
  CHECK(sizes(2, 7) == std::vector<Index>{1, 1, 0, 0, 0, 0, 0});
  CHECK(sizes(0, 3) == std::vector<Index>{0, 0, 0});
  CHECK(sizes(9, 1) == std::vector<Index>{9});
}

TEST_CASE("pieces of a sum differ by one at most, and its words are the least there are") {
  for (const Index count : {0, 1, 5, 6, 1000}) {
    for (const int ranks : {1, 2, 3, 7}) {
      const auto offsets = distributed::even_offsets(count, ranks);
      CHECK(offsets.front() == 0);
      CHECK(offsets.back() == count);
      for (std::size_t r = 1; r < offsets.size(); ++r) {
        const Index size = offsets[r] - offsets[r - 1];
        CHECK((size == count / ranks || size == count / ranks + 1));
      }
      // 2 (P - 1) / P of the words, and what the rounding to whole pieces adds.
      const auto words = static_cast<double>(distributed::sum_sent(count, ranks));
      CHECK(words >= 2.0 * (ranks - 1) / ranks * static_cast<double>(count));
      CHECK(words <= 2.0 * (ranks - 1) / ranks * static_cast<double>(count) + ranks);
    }
  }
}

TEST_CASE("a plan sends no more than the short side's Gram matrices where the long axis is cut") {
  const Filter f{chains::muon()};
  const auto p = distributed::plan<float>(f, 1024, 4096, Axis::cols, 4, Method::dense);
  CHECK(p.way == Way::gram);
  CHECK(p.messages == 2 * 5 + 3);
  const double words = 5 * 1024.0 * 1025.0 * 3 / 4;  // 2 (P - 1) / P of the triangle, five times
  // Besides them three gathers of small things, and what is left over of whole pieces.
  CHECK(p.bytes_sent >= 4 * words);
  CHECK(p.bytes_sent <= 4 * words + 3 * 3 * sizeof(distributed::detail::Opening) + 5 * 4 * 4);
  const auto longer = distributed::plan<float>(f, 1024, 65536, Axis::cols, 4, Method::dense);
  CHECK(longer.bytes_sent == p.bytes_sent);
  CHECK(distributed::plan<float>(f, 1024, 4096, Axis::cols, 1).bytes_sent == 0.0);
}

TEST_CASE("where the short axis is cut, a plan exchanges parts if that is the quicker way") {
  const Filter f{chains::muon()};
  CHECK(distributed::plan<float>(f, 64, 4096, Axis::rows, 4).way == Way::exchanged);
  // Nearly square: the long side's Gram matrix costs less than sending the matrix around.
  CHECK(distributed::plan<float>(f, 4094, 4096, Axis::rows, 4).way == Way::gram);
  // AOL scales the rows of the short side, whose Gram matrix only the exchange gives.
  const Filter aol{chains::aol(), Normalizer::aol};
  CHECK(distributed::plan<float>(aol, 4090, 4096, Axis::rows, 4).way == Way::exchanged);
  CHECK(distributed::plan<float>(aol, 64, 64, Axis::rows, 4).way == Way::exchanged);
  CHECK(distributed::plan<float>(aol, 64, 64, Axis::cols, 4).way == Way::gram);
}

TEST_CASE("a plan refuses what cannot be") {
  const Filter f{chains::muon()};
  CHECK_THROWS_WITH(distributed::plan<float>(f, 4, 4, Axis::rows, 0), "plan: there are 0 ranks");
  CHECK_THROWS_AS(distributed::plan<float>(f, -1, 4, Axis::rows, 2), std::invalid_argument);
  CHECK_THROWS_AS(distributed::plan<float>(f, 4, 4, Axis::rows, 2, Method::svd),
                  std::invalid_argument);
}

TEST_CASE("a network is measured no faster than it is, and its figures go into plans") {
  const distributed::Network network = distributed::measure_network(Slow());
  CHECK(network.latency >= Slow::latency);  // a wait may be longer than asked for, not shorter
  // What the small messages took is taken off: ten times their part of the large ones at most.
  CHECK(network.bytes_per_second <= 10 * Slow::bytes_per_second);
  CHECK(network.bytes_per_second > 0.0);
  CHECK(network.multiply_adds_per_second > 0.0);
  CHECK(detail::is_finite(network.multiply_adds_per_second));
  const auto planned = [](const distributed::Network& n) {
    return distributed::plan<float>({chains::muon()}, 64, 256, Axis::cols, 3, Method::gram, n);
  };
  CHECK(planned(network).seconds > planned(distributed::Network()).seconds);

  const distributed::Network alone = distributed::measure_network(distributed::OneRank());
  CHECK(alone.latency == distributed::Network().latency);
  CHECK(alone.bytes_per_second == distributed::Network().bytes_per_second);
}
