// SPDX-License-Identifier: Apache-2.0
// Covers distributed/mpi.hpp, distributed/sum.hpp: what each member of a communicator promises.
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <pion/distributed/concept.hpp>

#include "distributed/mpi/counted.hpp"
#include "support/catch.hpp"

using namespace pion;
using distributed::Mpi;

static_assert(distributed::is_communicator_v<Mpi>);

TEST_CASE("gather gives every rank the piece of each, also where pieces are empty") {
  const Mpi comm;
  std::vector<Index> offsets = {0};
  for (int r = 0; r < comm.size(); ++r) offsets.push_back(offsets.back() + r * r % 3);
  std::vector<std::uint64_t> all(static_cast<std::size_t>(offsets.back()), 99);
  const auto mine = static_cast<std::size_t>(comm.rank());
  for (Index i = offsets[mine]; i < offsets[mine + 1]; ++i) {
    all[static_cast<std::size_t>(i)] = static_cast<std::uint64_t>(10 * comm.rank() + i);
  }
  comm.gather(all.data(), offsets.data());
  for (std::size_t r = 0; r + 1 < offsets.size(); ++r) {
    for (Index i = offsets[r]; i < offsets[r + 1]; ++i) {
      CHECK(all[static_cast<std::size_t>(i)] == 10 * r + static_cast<std::size_t>(i));
    }
  }
}

TEST_CASE("exchange brings piece r to rank r, and broadcast the root's to all") {
  const Mpi comm;
  const int ranks = comm.size();
  std::vector<Index> out = {0}, in = {0};  // rank p sends (p + r) % 3 floats to rank r
  for (int r = 0; r < ranks; ++r) {
    out.push_back(out.back() + (comm.rank() + r) % 3);
    in.push_back(in.back() + (comm.rank() + r) % 3);
  }
  std::vector<float> from(static_cast<std::size_t>(out.back()), static_cast<float>(comm.rank()));
  std::vector<float> to(static_cast<std::size_t>(in.back()), -1.0F);
  comm.exchange(from.data(), out.data(), to.data(), in.data());
  for (int r = 0; r < ranks; ++r) {
    const auto p = static_cast<std::size_t>(r);
    for (Index i = in[p]; i < in[p + 1]; ++i) {
      CHECK(to[static_cast<std::size_t>(i)] == static_cast<float>(r));
    }
  }
  std::string text = comm.rank() == ranks - 1 ? "last" : "....";
  comm.broadcast(text.data(), 4, ranks - 1);
  CHECK(text == "last");
}

TEMPLATE_TEST_CASE("a sum is added in the order of the ranks, to the last bit", "", float, double) {
  using T = TestType;
  const Mpi comm;
  for (const Index count : {0, 1, 2, 6, 1000}) {
    std::vector<T> expected(static_cast<std::size_t>(count)), mine, scratch;
    for (int r = 0; r < comm.size(); ++r) {
      std::mt19937_64 random(static_cast<std::uint64_t>(r));
      std::normal_distribution<double> gauss(0.0, std::pow(10.0, r));
      std::vector<T> theirs(expected.size());
      for (T& value : theirs) value = static_cast<T>(gauss(random));
      for (std::size_t i = 0; i < theirs.size(); ++i) {
        expected[i] = r == 0 ? theirs[i] : static_cast<T>(expected[i] + theirs[i]);
      }
      if (r == comm.rank()) mine = theirs;
    }
    scratch.resize(static_cast<std::size_t>(distributed::sum_scratch(count, comm.size())));
    sent() = {};
    comm.sum(mine.data(), count, scratch.data());
    CHECK(mine == expected);
    const auto most = static_cast<double>(distributed::sum_sent(count, comm.size()));
    CHECK(sent().bytes <= most * sizeof(T));
    CHECK(sent().bytes >= (most - comm.size()) * sizeof(T));
  }
}

TEST_CASE("what MPI cannot count is refused by name before anything is sent") {
  const Mpi comm;
  const Index many = Index(1) << 31;
  const std::vector<Index> offsets(static_cast<std::size_t>(comm.size()) + 1, many);
  float none = 0.0F;
  sent() = {};
  CHECK_THROWS_WITH(comm.broadcast(&none, many, 0),
                    "mpi: 2147483648 entries are more than the 2147483647 that a call of MPI 3 "
                    "moves");
  CHECK_THROWS_AS(comm.gather(&none, offsets.data()), std::invalid_argument);
  CHECK_THROWS_AS(comm.exchange(&none, offsets.data(), &none, offsets.data()),
                  std::invalid_argument);
  CHECK(sent().messages == 0);
}

TEST_CASE("what MPI reports is thrown where the communicator returns errors") {
  MPI_Comm own = MPI_COMM_NULL;
  MPI_Comm_dup(MPI_COMM_WORLD, &own);
  MPI_Comm_set_errhandler(own, MPI_ERRORS_RETURN);
  const Mpi comm(own);
  char text = 'a';
  CHECK_THROWS_AS(comm.broadcast(&text, 1, comm.size()), std::runtime_error);  // there is no such
  MPI_Comm_free(&own);
}
